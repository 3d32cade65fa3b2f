// The backward pass of an MBConv block.
#ifndef PVS_CPU_MBCONV_BACKWARD_H
#define PVS_CPU_MBCONV_BACKWARD_H

#include "mbconv_panels.h"
#include "squeeze_excite.h"
#include "weight_gradient.h"

// mbconv_scratch is the scratch memory of a block's backward pass. Panels of all images of a batch follow each other.
typedef struct {
	float *scaled;                        // gradient of the residual branch, [count, positions, out]
	float *padded;                        // a panel of one image's depthwise input, with zeros around it
	float *expanded_gradients;            // activation derivatives there, then gradients, of some panels
	float *depthwise;                     // a panel of the depthwise output, activated
	float *depthwise_derivatives;         // of its activation, all panels
	float *depthwise_gradients;           // of the activated depthwise output, all panels
	float *padded_dy;                     // a panel of one image's depthwise output gradient
	float *gate_gradients;                // [count, filled]
	float *squeezed, *squeezed_gradients; // of one image
} mbconv_scratch;

// recompute_depthwise recomputes a panel of the activated depthwise output, before the gate, and the activation's
// derivatives (activation checkpointing), or activates what is saved.
static void recompute_depthwise(const pvs_block *b, const shape *s, int c, int count, int act, const saved *k,
		const mbconv_scratch *m) {
	int width = vectors_at(s, c) * lanes;
	long at = (long)c * count * s->positions;
	if (s->saves) {
		activate_copy(k->depthwise + at, (long)count * s->positions * width, act, m->depthwise,
			m->depthwise_derivatives + at, 0);
		return;
	}
	zero_padding(s, c, m->padded);
	for (int i = 0; i < count; i++) {
		long image = (long)i * s->positions * width;
		depthwise_input_panel(b, s, c, count, i, act, k, m->padded, 0);
		depthwise_panel(b, s, c, act, m->padded, m->depthwise + image, m->depthwise_derivatives + at + image);
	}
}

// recompute_squeeze recomputes the values between squeeze and excite of an image, and their activation's derivatives.
static void recompute_squeeze(const pvs_block *b, int act, const float *means, const mbconv_scratch *m) {
	se_dense(&b->squeeze, means, 1, m->squeezed);
	differentiate_values(m->squeezed, b->squeeze.out, act, m->squeezed_gradients);
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
	float total = sum_lanes(sum);
	for (; i < n; i++)
		total += x[i] * y[i];
	return total;
}

// branch_gradient is the gradient of a block's residual branch from that of its output, dy: dy itself or, with
// stochastic depth, dy times the branch factors, in to. Factors are this block's, one every blocks values, or null.
static const float *branch_gradient(const pvs_block *b, int count, long each, const float *factors, int blocks,
		const float *dy, float *to) {
	if (!factors || !b->residual)
		return dy;
	memset(to, 0, sizeof(float) * count * each);
	for (int i = 0; i < count; i++)
		add_scaled(dy + i * each, each, factors[i * blocks], to + i * each);
	return to;
}

// squeeze_excite_backward adds the gradients of squeeze and excite's weights, and replaces those of an image's gate
// by the gradient that each position gets through the means.
static void squeeze_excite_backward(const pvs_block *b, const pvs_block_backward *backward, const float *means,
		const float *gate, float *gradients, int positions, const mbconv_scratch *m, float *sums) {
	int expanded = b->excite.out, squeezed = b->squeeze.out;
	for (int c = 0; c < expanded; c++)
		gradients[c] *= gate[c] * (1 - gate[c]);
	if (backward->excite_bias_gradient >= 0)
		add_scaled(gradients, expanded, 1, sums + backward->excite_bias_gradient);
	for (int s = 0; s < squeezed; s++) {
		if (backward->excite_gradient >= 0)
			add_scaled(gradients, expanded, m->squeezed[s], sums + backward->excite_gradient + (long)s * expanded);
		m->squeezed_gradients[s] *= dot(b->excite.weights + (long)s * expanded, gradients, expanded);
		if (backward->squeeze_gradient >= 0)
			add_scaled(means, expanded, m->squeezed_gradients[s], sums + backward->squeeze_gradient + (long)s * expanded);
	}
	if (backward->squeeze_bias_gradient >= 0)
		add_scaled(m->squeezed_gradients, squeezed, 1, sums + backward->squeeze_bias_gradient);
	memset(gradients, 0, sizeof(float) * expanded);
	for (int s = 0; s < squeezed; s++)
		add_scaled(backward->squeeze.weights + (long)s * expanded, expanded, m->squeezed_gradients[s] / positions, gradients);
}

// gate_and_gradient multiplies a panel x of an image by the gate, and computes the gate's gradients, dy being that of
// the product.
PVS_INLINE void gate_and_gradient(int vectors, int positions, const float *dy, const float *gate, float *x,
		float *gradients) {
	for (int j = 0; j < vectors; j++) {
		vec sum = all(0), by = load(gate + lanes * j);
		for (int p = 0; p < positions; p++) {
			float *at = x + (long)p * vectors * lanes + lanes * j;
			vec v = load(at);
			sum += v * load(dy + (long)p * vectors * lanes + lanes * j);
			store(at, v * by);
		}
		store(gradients + lanes * j, sum);
	}
}

PVS_TARGET static void gate_and_gradient_panel(int vectors, int positions, const float *dy, const float *gate,
		float *x, float *gradients) {
	if (vectors == 2)
		gate_and_gradient(2, positions, dy, gate, x, gradients);
	else
		gate_and_gradient(1, positions, dy, gate, x, gradients);
}

// depthwise_dy_panel computes an image's gradient of the depthwise output before the activation: dy, the gradient of
// the projection's input, through the gate and the means unless there is no gate, times the activation's derivative.
PVS_TARGET static void depthwise_dy_panel(int vectors, padded_dy g, const float *dy, const float *gate,
		const float *means, const float *derivatives, float *out) {
	int width = vectors * lanes;
	for (int y = 0; y < g.side; y++)
		for (int i = 0; i < g.side; i++)
			for (int j = 0; j < width; j += lanes) {
				long from = (long)(y * g.side + i) * width + j;
				vec v = load(dy + from);
				if (gate)
					v = v * load(gate + j) + load(means + j);
				store(out + ((long)y * g.row + i) * width + j, v * load(derivatives + from));
			}
}

// project_backward_panel takes a panel of the projection's backward pass. Dy[count, positions, out] is the gradient
// of its output, and activated its input before the gate, which becomes the gated one. It adds the weights'
// gradients, and computes activated_gradients[count, positions, .], those of the gated input, and the gate's.
PVS_TARGET static void project_backward_panel(const pvs_block *b, const pvs_block_backward *backward, const shape *s,
		int c, int count, const float *dy, const float *gate, float *activated, float *activated_gradients,
		float *gate_gradients, float *sums) {
	int out = b->project.out, rows = count * s->positions, vectors = vectors_at(s, c), width = vectors * lanes;
	pointwise_panel(vectors, dy, rows, out, backward->project.weights + (long)c * out, no_bias, pvs_linear,
		activated_gradients, 0);
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		long at = (long)i * s->positions * width, row = (long)i * s->filled + c;
		gate_and_gradient_panel(vectors, s->positions, activated_gradients + at, gate + row, activated + at,
			gate_gradients + row);
	}
	if (backward->project_gradient >= 0)
		add_weight_gradient(vectors, dy, out, rows, activated, sums + backward->project_gradient + (long)c * out);
}

// squeeze_excite_backward_batch is squeeze_excite_backward for all images of a batch. Squeezed values are recomputed:
// scratch holds those of one image.
static void squeeze_excite_backward_batch(const pvs_block *b, const pvs_block_backward *backward, const shape *s,
		int count, int act, const saved *k, const mbconv_scratch *m, float *sums) {
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		long row = (long)i * s->filled;
		recompute_squeeze(b, act, k->means + row, m);
		squeeze_excite_backward(b, backward, k->means + row, k->gate + row, m->gate_gradients + row, s->positions, m, sums);
	}
}

// accumulated_panels_of is how many panels of an expansion's gradients are added to its input's at once: several
// where they are small.
static int accumulated_panels_of(const shape *s) { return s->saves ? accumulated_panels : 1; }

// expand_depthwise_backward adds the weights' gradients of depthwise convolution and expansion to sums and, unless dx
// is null, the gradient of the block's input to dx.
PVS_TARGET static void expand_depthwise_backward(const pvs_block *b, const pvs_block_backward *backward,
		const shape *s, int count, int act, const saved *k, float *dx, const mbconv_scratch *m, float *sums) {
	const pvs_depthwise *d = &b->depthwise;
	padded_dy g = padded_dy_of(d, s->out);
	int rows = count * s->in_positions;
	for (int c = 0, from = 0; c < s->filled; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		float *expanded = m->expanded_gradients + (long)(c - from) * rows;
		const float *weights = d->weights + (long)c * d->size * d->size;
		if (c == 0 || vectors == 1)
			memset(m->padded_dy, 0, sizeof(float) * padded_dy_positions(g) * width);
		zero_padding(s, c, m->padded);
		float *dy = m->padded_dy + (g.before * g.row + g.before) * width;
		for (int i = 0; i < count; i++) {
			long of = ((long)c * count + (long)i * width) * s->positions, row = (long)i * s->filled + c;
			float *to = b->expand.weights ? expanded + (long)i * s->in_positions * width : 0;
			depthwise_input_panel(b, s, c, count, i, act, k, m->padded, to);
			depthwise_dy_panel(vectors, g, m->depthwise_gradients + of, b->squeeze.weights ? k->gate + row : 0,
				m->gate_gradients + row, m->depthwise_derivatives + of, dy);
			if (backward->depthwise_gradient >= 0)
				depthwise_kernel_gradient(d, vectors, m->padded, s->padded, g, dy,
					sums + backward->depthwise_gradient + (long)c * d->size * d->size);
			dx_target into = {.multiply = to, .channels = s->in, .last = lanes_of(s->in - c - width + lanes)};
			if (!to && !dx)
				continue;
			if (!to)
				into.add = dx + (long)i * s->in_positions * s->in + c;
			depthwise_input_gradient(d, vectors, s->side, g, dy, weights, &into);
		}
		if (!b->expand.weights)
			continue;
		if (backward->expand_gradient >= 0)
			add_weight_gradient(vectors, k->x, s->in, rows, expanded, sums + backward->expand_gradient + (long)c * s->in);
		if (accumulation_due(from, c, s->filled, accumulated_panels_of(s))) {
			if (dx)
				add_panel_products(&backward->expand, from, (c - from) / panel + 1, m->expanded_gradients, rows, width, dx);
			from = c + panel;
		}
	}
}

// mbconv_backward adds the gradients of a block's weights to sums and computes the gradient of its input, dx, unless
// that is null, from that of its output, dy. Factors are this block's branch factors, one every blocks values, or
// null.
static void mbconv_backward(const pvs_block *b, const pvs_block_backward *backward, const shape *s, int count, int act,
		const float *factors, int blocks, const saved *k, const float *dy, float *dx, const mbconv_scratch *m, float *sums) {
	long each = (long)s->positions * b->project.out;
	const float *gradients = branch_gradient(b, count, each, factors, blocks, dy, m->scaled);
	for (int c = 0; c < s->filled; c += panel) {
		recompute_depthwise(b, s, c, count, act, k, m);
		project_backward_panel(b, backward, s, c, count, gradients, k->gate, m->depthwise,
			m->depthwise_gradients + (long)c * count * s->positions, m->gate_gradients, sums);
	}
	squeeze_excite_backward_batch(b, backward, s, count, act, k, m, sums);
	if (dx && b->residual)
		memcpy(dx, dy, sizeof(float) * count * each);
	else if (dx)
		memset(dx, 0, sizeof(float) * count * s->in_positions * s->in);
	expand_depthwise_backward(b, backward, s, count, act, k, dx, m, sums);
}

#endif
