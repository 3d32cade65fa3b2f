// The gradients of a block.
#ifndef PVS_NATIVE_SLOPES_H
#define PVS_NATIVE_SLOPES_H

#include "depthwise.h"
#include "gate.h"
#include "kept.h"

// work is the working memory of a block's gradients. Wide panels of all images follow each other.
typedef struct {
	float *scaled;                       // the branch's gradient, [count, places, out]
	float *padded;                       // a panel of one image's depthwise convolution's input, with zeros around it
	float *expanded_slopes;              // the derivatives there, then gradients, of some panels
	float *wide;                         // a panel of the depthwise convolution's output
	float *wide_slopes, *wide_gradients; // all panels of it
	float *inner;                        // a panel of one image's output gradient
	float *gate_gradients;               // [count, all]
	float *squeezed, *squeezed_slopes;   // of one image
} work;

// projected computes a panel of what is projected, before the gate, and the activation's derivatives.
static void projected(const pvs_block *b, const shape *s, int c, int count, int act, const kept *k, const work *m) {
	int width = vectors_at(s, c) * lanes;
	long at = (long)c * count * s->places;
	if (s->keeps) {
		recall(k->wide + at, (long)count * s->places * width, act, m->wide, m->wide_slopes + at, 0);
		return;
	}
	zeros_around(s, c, m->padded);
	for (int i = 0; i < count; i++) {
		long image = (long)i * s->places * width;
		input_panel(b, s, c, count, i, act, k, m->padded, 0);
		convolve_panel(b, s, c, act, m->padded, m->wide + image, m->wide_slopes + at + image);
	}
}

// squeeze_again computes what is between squeeze and excite, and the activation's derivatives.
static void squeeze_again(const pvs_block *b, int act, const float *means, const work *m) {
	apply(&b->squeeze, means, 1, m->squeezed);
	derive(m->squeezed, b->squeeze.out, act, m->squeezed_slopes);
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
	if (back->excite_bias_sum >= 0)
		add_scaled(gradients, wide, 1, sums + back->excite_bias_sum);
	for (int s = 0; s < squeezed; s++) {
		if (back->excite_sum >= 0)
			add_scaled(gradients, wide, m->squeezed[s], sums + back->excite_sum + (long)s * wide);
		m->squeezed_slopes[s] *= dot(b->excite.weights + (long)s * wide, gradients, wide);
		if (back->squeeze_sum >= 0)
			add_scaled(means, wide, m->squeezed_slopes[s], sums + back->squeeze_sum + (long)s * wide);
	}
	if (back->squeeze_bias_sum >= 0)
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

// project_panel adds the gradients of a panel of the projection, of what it projects, wide, before the
// gate, and computes those of that, slopes[count, places, .], gradients[count, places, out] being those
// of what it gives; the gate's, too.
PVS_TARGET static void project_panel(const pvs_block *b, const pvs_slopes *back, const shape *s, int c, int count, const float *gradients, const float *gate, float *wide, float *slopes, float *gate_gradients, float *sums) {
	int narrow = b->project.out, rows = count * s->places, vectors = vectors_at(s, c), width = vectors * lanes;
	onto_panel(vectors, gradients, rows, narrow, back->project.weights + (long)c * narrow, no_bias, pvs_linear, slopes, 0);
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		long at = (long)i * s->places * width, row = (long)i * s->all + c;
		gate_panel(vectors, s->places, slopes + at, gate + row, wide + at, gate_gradients + row);
	}
	if (back->project_sum >= 0)
		cross(vectors, gradients, narrow, rows, wide, sums + back->project_sum + (long)c * narrow);
}

// gates_slopes is gate_slopes for all images of a block. Squeezed values are computed again: there is
// room for those of one image.
static void gates_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, int act, const kept *k, const work *m, float *sums) {
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		long row = (long)i * s->all;
		squeeze_again(b, act, k->means + row, m);
		gate_slopes(b, back, k->means + row, k->gate + row, m->gate_gradients + row, s->places, m, sums);
	}
}

// added_of is how many panels of an expansion's gradients are added to its input's together: some that
// are small.
static int added_of(const shape *s) { return s->keeps ? added : 1; }

// widen_slopes adds the gradients of the block's first half to sums and, unless dx is null, those
// of its input to dx.
PVS_TARGET static void widen_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, int act, const kept *k, float *dx, const work *m, float *sums) {
	const pvs_kernels *d = &b->depthwise;
	inner g = inner_of(d, s->out);
	int rows = count * s->inputs;
	for (int c = 0, from = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		float *slopes = m->expanded_slopes + (long)(c - from) * rows;
		const float *weights = d->weights + (long)c * d->size * d->size;
		if (c == 0 || vectors == 1)
			memset(m->inner, 0, sizeof(float) * inner_places(g) * width);
		zeros_around(s, c, m->padded);
		float *inside = m->inner + (g.before * g.row + g.before) * width;
		for (int i = 0; i < count; i++) {
			long of = ((long)c * count + (long)i * width) * s->places, row = (long)i * s->all + c;
			float *to = b->expand.weights ? slopes + (long)i * s->inputs * width : 0;
			input_panel(b, s, c, count, i, act, k, m->padded, to);
			inner_panel(vectors, g, m->wide_gradients + of, b->squeeze.weights ? k->gate + row : 0, m->gate_gradients + row, m->wide_slopes + of, inside);
			if (back->depthwise_sum >= 0)
				kernel_slopes(d, vectors, m->padded, s->padded, g, inside, sums + back->depthwise_sum + (long)c * d->size * d->size);
			backed into = {.times = to, .channels = s->in, .last = lanes_of(s->in - c - width + lanes)};
			if (!to && !dx)
				continue;
			if (!to)
				into.plus = dx + (long)i * s->inputs * s->in + c;
			input_slopes(d, vectors, s->side, g, inside, weights, &into);
		}
		if (!b->expand.weights)
			continue;
		if (back->expand_sum >= 0)
			cross(vectors, k->x, s->in, rows, slopes, sums + back->expand_sum + (long)c * s->in);
		if (add_now(from, c, s->all, added_of(s))) {
			if (dx)
				add_panels(&back->expand, from, (c - from) / panel + 1, m->expanded_slopes, rows, width, dx);
			from = c + panel;
		}
	}
}

// block_slopes adds the gradients of a block's weights to sums and computes those of its input,
// dx, unless that is null, from those of its output, dy. Factors are this block's, one every
// blocks values, or null.
static void block_slopes(const pvs_block *b, const pvs_slopes *back, const shape *s, int count, int act, const float *factors, int blocks, const kept *k, const float *dy, float *dx, const work *m, float *sums) {
	long each = (long)s->places * b->project.out;
	const float *gradients = branch_of(b, count, each, factors, blocks, dy, m->scaled);
	for (int c = 0; c < s->all; c += panel) {
		projected(b, s, c, count, act, k, m);
		project_panel(b, back, s, c, count, gradients, k->gate, m->wide, m->wide_gradients + (long)c * count * s->places, m->gate_gradients, sums);
	}
	gates_slopes(b, back, s, count, act, k, m, sums);
	if (dx && b->residual)
		memcpy(dx, dy, sizeof(float) * count * each);
	else if (dx)
		memset(dx, 0, sizeof(float) * count * s->inputs * s->in);
	widen_slopes(b, back, s, count, act, k, dx, m, sums);
}

#endif
