// The phases of a block's forward pass.
#ifndef PVS_CPU_BATCHNORM_FORWARD_H
#define PVS_CPU_BATCHNORM_FORWARD_H

#include "batchnorm.h"
#include "batchnorm_scratch.h"
#include "mbconv_forward.h"

// expansion recomputes a panel of an image's expansion, before its BatchNorm.
static void expansion(const phase_block *o, int c, int i, float *to) {
	const pvs_matrix *e = &o->b->expand;
	pointwise_panel(vectors_at(&o->s, c), o->x + (long)i * o->s.in_positions * e->in, o->s.in_positions, e->in,
		e->weights + (long)c * e->in, no_bias, pvs_linear, to, 0);
}

// expand_partial_sums sums the outputs of the expansion for its BatchNorm.
static void expand_partial_sums(const phase_task *k, const phase_block *o) {
	for (int c = 0; c < o->s.filled; c += panel)
		for (int i = 0; i < k->count; i++) {
			expansion(o, c, i, k->m.panel);
			batchnorm_sums(k->m.panel, o->s.in_positions, vectors_at(&o->s, c) * lanes, o->batchnorms[0].mean + c,
				o->batchnorms[0].channels, k->partial_sums + c);
		}
}

// pad_input recomputes a panel of an image's depthwise input between zeros, leaves the expansion's output in
// m->panel, and writes the activation's derivatives unless derivatives is null.
PVS_TARGET static void pad_input(const phase_task *k, const phase_block *o, int c, int i, float *derivatives) {
	const shape *s = &o->s;
	const phase_scratch *m = &k->m;
	int width = vectors_at(s, c) * lanes;
	float *to = m->padded + (s->zeros.before * s->padded + s->zeros.before) * width;
	if (i == 0)
		zero_padding(s, c, m->padded);
	if (!o->b->expand.weights) {
		strip rows = {.width = s->side, .padded = s->padded, .left = s->zeros.before, .rows = s->side};
		fill(&rows, vectors_at(s, c), pvs_linear, o->b, c, o->x + (long)i * s->in_positions * s->in, to, 0);
		return;
	}
	expansion(o, c, i, m->panel);
	for (int y = 0; y < s->side; y++) {
		long at = (long)y * s->side * width;
		batchnorm_activate(&o->batchnorms[0], c, k->act, m->panel + at, s->side, width, to + (long)y * s->padded * width,
			width, width, derivatives ? derivatives + at : 0);
	}
}

// expand_depthwise_phase computes the depthwise convolution, and sums its outputs for its BatchNorm.
PVS_TARGET static void expand_depthwise_phase(const phase_task *k, const phase_block *o) {
	const shape *s = &o->s;
	for (int c = 0; c < s->filled; c += panel) {
		int width = vectors_at(s, c) * lanes;
		for (int i = 0; i < k->count; i++) {
			float *to = o->depthwise + ((long)c * k->count + (long)i * width) * s->positions;
			pad_input(k, o, c, i, 0);
			depthwise_panel(o->b, s, c, pvs_linear, k->m.padded, to, 0);
			batchnorm_sums(to, s->positions, width, o->batchnorms[1].mean + c, o->batchnorms[1].channels, k->partial_sums + c);
		}
	}
}

// activate_depthwise computes the activated depthwise output of n images from the one numbered first on, the
// activation's derivatives unless derivatives is null, and the gates.
static void activate_depthwise(const phase_task *k, const phase_block *o, int first, int n, float *derivatives) {
	const shape *s = &o->s;
	const saved *g = &k->m.squeeze;
	for (int c = 0; c < s->filled; c += panel) {
		int width = vectors_at(s, c) * lanes;
		long from = ((long)c * k->count + (long)first * width) * s->positions, to = (long)c * n * s->positions;
		batchnorm_activate(&o->batchnorms[1], c, k->act, o->depthwise + from, n * s->positions, width, k->m.activated + to,
			width, width, derivatives ? derivatives + to : 0);
		for (int i = 0; i < n; i++)
			average(k->m.activated + to + (long)i * s->positions * width, s->positions, width, width,
				g->means + (long)i * s->filled + c);
	}
	for (int i = 0; o->b->squeeze.weights && i < n; i++) {
		gate_of(o->b, 1, g->means + (long)i * s->filled, k->m.gate.squeezed, g->gate + (long)i * s->filled);
		zero_gate_tail(s, g->gate + (long)i * s->filled);
	}
}

// project_phase computes the projection, and sums its outputs for its BatchNorm.
static void project_phase(const phase_task *k, const phase_block *o) {
	const shape *s = &o->s;
	int batch = batch_of(s->positions, k->count);
	for (int first = 0; first < k->count; first += batch) {
		int n = k->count - first < batch ? k->count - first : batch, rows = n * s->positions;
		float *out = o->projected + (long)first * s->positions * o->out;
		activate_depthwise(k, o, first, n, 0);
		memset(out, 0, sizeof(float) * rows * o->out);
		for (int c = 0; c < s->filled; c += panel) {
			int width = vectors_at(s, c) * lanes;
			float *x = k->m.activated + (long)c * rows;
			for (int i = 0; o->b->squeeze.weights && i < n; i++)
				scale(x + (long)i * s->positions * width, s->positions, width, k->m.squeeze.gate + (long)i * s->filled + c);
			// Channels that pad the last vector have no weights.
			add_panel_products(&o->b->project, c, 1, x, rows, width, out);
		}
		batchnorm_sums(out, rows, o->out, o->batchnorms[2].mean, o->batchnorms[2].channels, k->partial_sums);
	}
}

// bn_residual_output computes the block's output: BatchNorm of the projection, times the branch factor, plus the
// residual.
PVS_TARGET static void bn_residual_output(const phase_task *k, const phase_block *o) {
	const pvs_batchnorm *n = &o->batchnorms[2];
	for (int i = 0; i < k->count; i++) {
		float factor = o->factors && o->b->residual ? o->factors[i * k->t->network->block_count] : 1;
		for (int c = 0; c < o->out; c += lanes) {
			mask m = lanes_of(o->out - c);
			vec scale = load(n->scale + c) * factor, shift = load(n->shift + c) * factor;
			for (int p = 0; p < o->s.positions; p++) {
				long at = ((long)i * o->s.positions + p) * o->out + c;
				vec v = load_part(o->projected + at, m) * scale + shift;
				if (o->b->residual)
					v += load_part(o->x + at, m);
				store_part(o->y + at, v, m);
			}
		}
	}
}

#endif
