// The phases of a block's backward pass.
#ifndef PVS_CPU_BATCHNORM_BACKWARD_H
#define PVS_CPU_BATCHNORM_BACKWARD_H

#include "batchnorm_forward.h"

// branch_gradient_of_batch is branch_gradient of n images from the one numbered first on.
static const float *branch_gradient_of_batch(const phase_task *k, const phase_block *o, int first, int n) {
	long each = (long)o->s.positions * o->out;
	int blocks = k->t->network->block_count;
	return branch_gradient(o->b, n, each, o->factors ? o->factors + (long)first * blocks : 0, blocks,
		k->m.dy + first * each, k->m.gradients);
}

// project_backward_sums sums for the backward pass of the projection's BatchNorm.
static void project_backward_sums(const phase_task *k, const phase_block *o) {
	int batch = batch_of(o->s.positions, k->count);
	for (int first = 0; first < k->count; first += batch) {
		int n = k->count - first < batch ? k->count - first : batch;
		long at = (long)first * o->s.positions * o->out;
		batchnorm_backward_sums(branch_gradient_of_batch(k, o, first, n), o->projected + at, n * o->s.positions, o->out,
			o->batchnorms[2].mean, o->batchnorms[2].channels, k->partial_sums);
	}
}

// project_backward is the backward pass of the projection and of squeeze and excite, down to the depthwise
// BatchNorm's output, for which it sums.
static void project_backward(const phase_task *k, const phase_block *o) {
	const shape *s = &o->s;
	const phase_scratch *m = &k->m;
	int batch = batch_of(s->positions, k->count);
	for (int first = 0; first < k->count; first += batch) {
		int n = k->count - first < batch ? k->count - first : batch, rows = n * s->positions;
		batchnorm_input_gradient(&o->batchnorms[2], 0, branch_gradient_of_batch(k, o, first, n),
			o->projected + (long)first * s->positions * o->out, rows, o->out, m->gradients, o->out);
		activate_depthwise(k, o, first, n, m->activated_derivatives);
		for (int c = 0; c < s->filled; c += panel)
			project_backward_panel(o->b, o->backward, s, c, n, m->gradients, m->squeeze.gate, m->activated + (long)c * rows,
				m->activated_gradients + (long)c * rows, m->gate.gate_gradients, k->sums);
		squeeze_excite_backward_batch(o->b, o->backward, s, n, k->act, &m->squeeze, &m->gate, k->sums);
		for (int c = 0; c < s->filled; c += panel) {
			int vectors = vectors_at(s, c), width = vectors * lanes;
			for (int i = 0; i < n; i++) {
				long from = ((long)c * n + (long)i * width) * s->positions,
					to = ((long)c * k->count + (long)(first + i) * width) * s->positions, row = (long)i * s->filled + c;
				padded_dy flat = {.side = s->out, .row = s->out};
				depthwise_dy_panel(vectors, flat, m->activated_gradients + from, o->b->squeeze.weights ? m->squeeze.gate + row : 0,
					m->gate.gate_gradients + row, m->activated_derivatives + from, m->depthwise_gradients + to);
				batchnorm_backward_sums(m->depthwise_gradients + to, o->depthwise + to, s->positions, width,
					o->batchnorms[1].mean + c, o->batchnorms[1].channels, k->partial_sums + c);
			}
		}
	}
}

// depthwise_backward is the backward pass of the depthwise convolution and its BatchNorm, down to the output of the
// expansion's BatchNorm, for which it sums.
PVS_TARGET static void depthwise_backward(const phase_task *k, const phase_block *o) {
	const shape *s = &o->s;
	const pvs_depthwise *d = &o->b->depthwise;
	const phase_scratch *m = &k->m;
	padded_dy g = padded_dy_of(d, s->out);
	if (o->b->residual)
		memcpy(m->dx, m->dy, sizeof(float) * k->count * s->in_positions * s->in);
	else
		memset(m->dx, 0, sizeof(float) * k->count * s->in_positions * s->in);
	for (int c = 0; c < s->filled; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		if (c == 0 || vectors == 1)
			memset(m->padded_dy, 0, sizeof(float) * padded_dy_positions(g) * width);
		float *convolution_dy = m->padded_dy + (g.before * g.row + g.before) * width;
		for (int i = 0; i < k->count; i++) {
			long at = ((long)c * k->count + (long)i * width) * s->positions,
				to = ((long)c * k->count + (long)i * width) * s->in_positions;
			for (int y = 0; y < s->out; y++) {
				long row = at + (long)y * s->out * width;
				batchnorm_input_gradient(&o->batchnorms[1], c, m->depthwise_gradients + row, o->depthwise + row, s->out, width,
					convolution_dy + (long)y * g.row * width, width);
			}
			float *expanded = o->b->expand.weights ? m->expanded_gradients + to : 0;
			pad_input(k, o, c, i, expanded);
			if (o->backward->depthwise_gradient >= 0)
				depthwise_kernel_gradient(d, vectors, m->padded, s->padded, g, convolution_dy,
					k->sums + o->backward->depthwise_gradient + (long)c * d->size * d->size);
			dx_target into = {.multiply = expanded, .add = m->dx + (long)i * s->in_positions * s->in + c, .channels = s->in,
				.last = lanes_of(s->in - c - width + lanes)};
			depthwise_input_gradient(d, vectors, s->side, g, convolution_dy, d->weights + (long)c * d->size * d->size, &into);
			if (expanded)
				batchnorm_backward_sums(expanded, m->panel, s->in_positions, width, o->batchnorms[0].mean + c,
					o->batchnorms[0].channels, k->partial_sums + c);
		}
	}
}

// expand_backward is the backward pass of the expansion and its BatchNorm.
static void expand_backward(const phase_task *k, const phase_block *o) {
	const shape *s = &o->s;
	const phase_scratch *m = &k->m;
	int in = o->b->expand.in;
	for (int c = 0; c < s->filled; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		for (int i = 0; i < k->count; i++) {
			float *dy = m->expanded_gradients + ((long)c * k->count + (long)i * width) * s->in_positions;
			expansion(o, c, i, m->panel);
			batchnorm_input_gradient(&o->batchnorms[0], c, dy, m->panel, s->in_positions, width, dy, width);
		}
		float *dy = m->expanded_gradients + (long)c * k->count * s->in_positions;
		if (o->backward->expand_gradient >= 0)
			add_weight_gradient(vectors, o->x, in, k->count * s->in_positions, dy,
				k->sums + o->backward->expand_gradient + (long)c * in);
		add_panel_products(&o->backward->expand, c, 1, dy, k->count * s->in_positions, width, m->dx);
	}
}

#endif
