// The gradients of a block.
#ifndef PVS_NATIVE_SLOPES_H
#define PVS_NATIVE_SLOPES_H

#include "cross.h"
#include "depthwise.h"
#include "gate.h"

// What is between expansion and depthwise convolution is kept for the way back if that of the
// images that go together has at most so many values, and computed anew otherwise: it would not stay in the cache.
enum { most_kept = 1 << 20 };

// work is the working memory of a block's gradients. Wide panels of all images follow each other.
typedef struct {
	float *scaled;                              // the branch's gradient, [count, places, out]
	float *expanded, *expanded_slopes;          // the depthwise convolution's input, with zeros around it, and the derivatives
	float *wide, *wide_slopes, *wide_gradients; // its output
	float *inner;                               // a panel of one image's output gradient
	float *means, *gate, *gate_gradients;       // [count, wide], rows filled up to whole vectors
	float *squeezed, *squeezed_slopes;          // of one image
} work;

// shape is the sizes of a block's gradients.
typedef struct {
	int side, inputs, padded, out, places; // of one image: sides and places before and after, side with zeros
	int in, wide, all;                     // channels; wide ones filled up to whole vectors
	int keeps;
	padding zeros;
	inner inner;
} shape;

static shape shape_of(const pvs_block *b, int side) {
	const pvs_kernels *d = &b->depthwise;
	shape s = {.side = side, .inputs = side * side, .out = halved(side, d->stride), .wide = d->channels, .all = vectors_of(d->channels) * lanes};
	s.places = s.out * s.out;
	s.zeros = same(side, d->size, d->stride);
	s.padded = s.zeros.before + side + s.zeros.after;
	s.in = b->expand.weights ? b->expand.in : d->channels;
	s.keeps = (long)together_of(s.places, pvs_together) * s.padded * s.padded * s.all <= most_kept;
	s.inner = inner_of(d, s.out);
	return s;
}

// expanded_of is how many values there are of one image's expansion, or of a panel if it is not kept.
static long expanded_of(const shape *s, int places) { return (long)places * (s->keeps ? s->all : panel); }

// vectors_at is how many vectors the panel has that begins at channel c.
static int vectors_at(const shape *s, int c) { return wide_vectors(s->all - c); }

// expand computes a panel of the depthwise convolution's input from channel c on.
static void expand(const pvs_block *b, const shape *s, int c, int count, int act, const float *x, float *expanded, float *slopes) {
	int vectors = vectors_at(s, c), width = vectors * lanes;
	strip rows = {.width = s->side, .padded = s->padded, .left = s->zeros.before, .rows = s->side};
	// Zeros around the places stay while panels are equally wide.
	if (s->keeps || c == 0 || vectors == 1)
		memset(expanded, 0, sizeof(float) * count * s->padded * s->padded * width);
	for (int i = 0; i < count; i++, x += (long)s->inputs * s->in, expanded += (long)s->padded * s->padded * width, slopes += (long)s->inputs * width)
		fill(&rows, vectors, act, b, c, x, expanded + (s->zeros.before * s->padded + s->zeros.before) * width, b->expand.weights ? slopes : 0);
}

// widen_again computes the block's first half with all derivatives.
PVS_TARGET static void widen_again(const pvs_block *b, const shape *s, int count, int act, const float *x, const work *m) {
	const pvs_kernels *d = &b->depthwise;
	strip rows = {.padded = s->padded, .out_rows = s->out, .out_width = s->out};
	memset(m->means, 0, sizeof(float) * count * s->all);
	for (int c = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes, at = s->keeps ? c : 0;
		float *expanded = m->expanded + (long)at * count * s->padded * s->padded;
		expand(b, s, c, count, act, x, expanded, m->expanded_slopes + (long)at * count * s->inputs);
		for (int i = 0; i < count; i++) {
			long to = (long)c * count * s->places + (long)i * s->places * width;
			convolved out = {.act = act, .channels = width, .last = lanes_of(lanes), .out = m->wide + to, .sums = m->means + (long)i * s->all + c, .slopes = m->wide_slopes + to};
			convolution_of(d)(&rows, vectors, expanded + (long)i * s->padded * s->padded * width, d->weights + (long)c * d->size * d->size, d->bias + c, &out);
		}
	}
}

// squeeze_again computes what is between squeeze and excite, and the activation's derivatives.
static void squeeze_again(const pvs_block *b, int act, const float *means, const work *m) {
	apply(&b->squeeze, means, 1, m->squeezed);
	derive(m->squeezed, b->squeeze.out, act, m->squeezed_slopes);
}

// gate_again computes squeeze and excite's factors of an image.
static void gate_again(const pvs_block *b, int act, const float *means, const work *m, float *gate) {
	squeeze_again(b, act, means, m);
	apply(&b->excite, m->squeezed, 1, gate);
	sigmoid_of(gate, b->excite.out);
}

// add_scaled adds factor * x[n] to y.
PVS_TARGET static void add_scaled(const float *x, int n, float factor, float *y) {
	int i = 0;
	for (; i + lanes <= n; i += lanes)
		store(y + i, load(y + i) + load(x + i) * factor);
	for (; i < n; i++)
		y[i] += x[i] * factor;
}

PVS_TARGET static float dot(const float *x, const float *y, int n) {
	vec sum = all(0);
	int i = 0;
	for (; i + lanes <= n; i += lanes)
		sum += load(x + i) * load(y + i);
	float total = total_of(sum);
	for (; i < n; i++)
		total += x[i] * y[i];
	return total;
}

// branch_of is the gradient of a block's branch from that of its output, dy: that, or in to what
// stochastic depth makes of it. Factors are this block's, one every blocks values, or null.
static const float *branch_of(const pvs_block *b, int count, long each, const float *factors, int blocks, const float *dy, float *to) {
	if (!factors || !b->residual)
		return dy;
	memset(to, 0, sizeof(float) * count * each);
	for (int i = 0; i < count; i++)
		add_scaled(dy + i * each, each, factors[i * blocks], to + i * each);
	return to;
}

// gate_slopes adds the gradients of squeeze and excite's weights, and replaces those of an
// image's gate by those of each place through the means.
static void gate_slopes(const pvs_block *b, const pvs_slopes *back, const float *means, const float *gate, float *gradients, int places, const work *m, float *sums) {
	int wide = b->excite.out, squeezed = b->squeeze.out;
	for (int c = 0; c < wide; c++)
		gradients[c] *= gate[c] * (1 - gate[c]);
	int trains = back->excite_sum >= 0;
	if (trains)
		add_scaled(gradients, wide, 1, sums + back->excite_bias_sum);
	for (int s = 0; s < squeezed; s++) {
		if (trains)
			add_scaled(gradients, wide, m->squeezed[s], sums + back->excite_sum + (long)s * wide);
		m->squeezed_slopes[s] *= dot(b->excite.weights + (long)s * wide, gradients, wide);
		if (trains)
			add_scaled(means, wide, m->squeezed_slopes[s], sums + back->squeeze_sum + (long)s * wide);
	}
	if (trains)
		add_scaled(m->squeezed_slopes, squeezed, 1, sums + back->squeeze_bias_sum);
	memset(gradients, 0, sizeof(float) * wide);
	for (int s = 0; s < squeezed; s++)
		add_scaled(back->squeeze.weights + (long)s * wide, wide, m->squeezed_slopes[s] / places, gradients);
}

// gated takes a panel of an image: gradients are those of the gate, and x is multiplied by it.
PVS_INLINE void gated(int vectors, int places, const float *slopes, const float *gate, float *x, float *gradients) {
	for (int j = 0; j < vectors; j++) {
		vec sum = all(0), by = load(gate + lanes * j);
		for (int p = 0; p < places; p++) {
			float *at = x + (long)p * vectors * lanes + lanes * j;
			vec v = load(at);
			sum += v * load(slopes + (long)p * vectors * lanes + lanes * j);
			store(at, v * by);
		}
		store(gradients + lanes * j, sum);
	}
}

PVS_TARGET static void gate_panel(int vectors, int places, const float *slopes, const float *gate, float *x, float *gradients) {
	if (vectors == 2)
		gated(2, places, slopes, gate, x, gradients);
	else
		gated(1, places, slopes, gate, x, gradients);
}

// inner_panel computes an image's gradient before the second activation: that of what is
// projected through the gate and the means, unless there is no gate, times the derivative.
PVS_TARGET static void inner_panel(int vectors, inner g, const float *slopes, const float *gate, const float *means, const float *derivatives, float *out) {
	int width = vectors * lanes;
	for (int y = 0; y < g.side; y++)
		for (int i = 0; i < g.side; i++)
			for (int j = 0; j < width; j += lanes) {
				long from = (long)(y * g.side + i) * width + j;
				vec v = load(slopes + from);
				if (gate)
					v = v * load(gate + j) + load(means + j);
				store(out + ((long)y * g.row + i) * width + j, v * load(derivatives + from));
			}
}

// project_slopes adds the gradients of the projection and computes those of what it projects,
// gradients[count, places, out] being those of what it gives; the gate's, too.
PVS_TARGET static void project_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, const float *gradients, const work *m, float *sums) {
	int narrow = b->project.out, rows = count * s->places;
	for (int c = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		float *wide = m->wide + (long)c * rows, *to = m->wide_gradients + (long)c * rows;
		onto_panel(vectors, gradients, rows, narrow, back->project.weights + (long)c * narrow, no_bias, pvs_linear, to, 0);
		for (int i = 0; b->squeeze.weights && i < count; i++) {
			long at = (long)i * s->places * width, row = (long)i * s->all + c;
			gate_panel(vectors, s->places, to + at, m->gate + row, wide + at, m->gate_gradients + row);
		}
		if (back->project_sum >= 0)
			cross(vectors, gradients, narrow, rows, wide, sums + back->project_sum + (long)c * narrow);
	}
}

// gates_slopes does so for all images of a block. Squeezed values are computed again: there is
// room for those of one image.
static void gates_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, int act, const work *m, float *sums) {
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		const float *means = m->means + (long)i * s->all;
		squeeze_again(b, act, means, m);
		gate_slopes(b, back, means, m->gate + (long)i * s->all, m->gate_gradients + (long)i * s->all, s->places, m, sums);
	}
}

// widen_slopes adds the gradients of the block's first half to sums and, unless dx is null, those
// of its input to dx.
PVS_TARGET static void widen_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, int act, const float *x, float *dx, const work *m, float *sums) {
	const pvs_kernels *d = &b->depthwise;
	for (int c = 0, from = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes, at = s->keeps ? c : 0;
		float *expanded = m->expanded + (long)at * count * s->padded * s->padded, *slopes = m->expanded_slopes + (long)at * count * s->inputs;
		const float *weights = d->weights + (long)c * d->size * d->size;
		if (!s->keeps)
			expand(b, s, c, count, act, x, expanded, slopes);
		if (c == 0 || vectors == 1)
			memset(m->inner, 0, sizeof(float) * inner_places(s->inner) * width);
		float *inside = m->inner + (s->inner.before * s->inner.row + s->inner.before) * width;
		for (int i = 0; i < count; i++) {
			long of = ((long)c * count + (long)i * width) * s->places, row = (long)i * s->all + c;
			const float *gate = b->squeeze.weights ? m->gate + row : 0;
			inner_panel(vectors, s->inner, m->wide_gradients + of, gate, m->gate_gradients + row, m->wide_slopes + of, inside);
			kernel_slopes(d, vectors, expanded + (long)i * s->padded * s->padded * width, s->padded, s->inner, inside, sums + back->depthwise_sum + (long)c * d->size * d->size);
			backed to = {.channels = s->in, .last = lanes_of(s->in - c - width + lanes)};
			if (b->expand.weights)
				to.times = slopes + (long)i * s->inputs * width;
			else if (dx)
				to.plus = dx + (long)i * s->inputs * s->in + c;
			else
				continue;
			input_slopes(d, vectors, s->side, s->inner, inside, weights, &to);
		}
		if (!b->expand.weights)
			continue;
		cross(vectors, x, s->in, count * s->inputs, slopes, sums + back->expand_sum + (long)c * s->in);
		if (!dx)
			continue;
		if (!s->keeps)
			add_panels(&back->expand, c, 1, slopes, count * s->inputs, width, dx);
		else if (add_now(from, c, s->all)) {
			add_panels(&back->expand, from, (c - from) / panel + 1, m->expanded_slopes + (long)from * count * s->inputs, count * s->inputs, width, dx);
			from = c + panel;
		}
	}
}

// block_slopes adds the gradients of a block's weights to sums and computes those of its input x,
// dx, unless that is null, from those of its output, dy. Factors are this block's, one every
// blocks values, or null.
static void block_slopes(const pvs_block *b, const pvs_slopes *back, int count, int side, int act, const float *factors, int blocks, const float *x, const float *dy, float *dx, const work *m, float *sums) {
	shape s = shape_of(b, side);
	long each = (long)s.places * b->project.out;
	widen_again(b, &s, count, act, x, m);
	for (int c = 0; c < count * s.all; c++)
		m->means[c] /= s.places;
	for (int i = 0; b->squeeze.weights && i < count; i++)
		gate_again(b, act, m->means + (long)i * s.all, m, m->gate + (long)i * s.all);
	project_slopes(b, back, &s, count, branch_of(b, count, each, factors, blocks, dy, m->scaled), m, sums);
	gates_slopes(b, back, &s, count, act, m, sums);
	if (dx && b->residual)
		memcpy(dx, dy, sizeof(float) * count * each);
	else if (dx)
		memset(dx, 0, sizeof(float) * count * s.inputs * s.in);
	widen_slopes(b, back, &s, count, act, x, dx, m, sums);
}

#endif
