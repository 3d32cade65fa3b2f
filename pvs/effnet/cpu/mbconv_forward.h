// The forward pass of an MBConv block in training.
#ifndef PVS_CPU_MBCONV_FORWARD_H
#define PVS_CPU_MBCONV_FORWARD_H

#include "mbconv.h"
#include "mbconv_panels.h"
#include "weight_gradient.h"

// bias_and_residual initialises a block's output with the projection's bias and the residual; the projection is added
// to it.
PVS_TARGET static void bias_and_residual(const pvs_block *b, int positions, float factor, const float *x, float *y) {
	int out = b->project.out;
	for (int p = 0; p < positions; p++, x += out, y += out)
		for (int c = 0; c < out; c += lanes) {
			mask m = lanes_of(out - c);
			vec v = load(b->project.bias + c) * factor;
			if (b->residual)
				v += load_part(x + c, m);
			store_part(y + c, v, m);
		}
}

// forward_scratch is the scratch memory of training's forward pass.
typedef struct {
	inference_scratch inference;
	float *expanded, *convolved; // before the activation: a panel of a batch, and of one image
	float *padded, *activated;   // activated: a padded panel of one image, and all panels of a batch
} forward_scratch;

// mbconv_batch_saving is mbconv_batch that works in panels and saves the outputs of expansion and depthwise
// convolution.
PVS_TARGET static void mbconv_batch_saving(const pvs_block *b, const shape *s, int count, int act,
		const float *factors, int blocks, const saved *k, float *y, const forward_scratch *m) {
	int rows = count * s->positions, whole = s->filled / panel;
	for (int c = 0; c < s->filled; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		pointwise_panel(vectors, k->x, count * s->in_positions, s->in, b->expand.weights + (long)c * s->in,
			b->expand.bias + c, pvs_linear, m->expanded, 0);
		zero_padding(s, c, m->padded);
		for (int i = 0; i < count; i++) {
			long in = (long)i * s->in_positions * width, out = ((long)c * count + (long)i * width) * s->positions;
			pad_activated(s, width, act, m->expanded + in, m->padded, 0, k->expanded + (long)c * count * s->in_positions + in);
			depthwise_panel(b, s, c, pvs_linear, m->padded, m->convolved, 0);
			activate_copy(m->convolved, (long)s->positions * width, act, m->activated + out, 0, k->depthwise + out);
			average(m->activated + out, s->positions, width, width, k->means + (long)i * s->filled + c);
		}
	}
	if (b->squeeze.weights)
		gate_of(b, count, k->means, m->inference.squeezed, k->gate);
	for (int i = 0; i < count; i++) {
		float factor = factors && b->residual ? factors[i * blocks] : 1, *by = m->inference.gate;
		for (int c = 0; c < s->filled; c++)
			by[c] = b->squeeze.weights ? k->gate[(long)i * s->filled + c] * factor : factor;
		for (int c = 0; c < s->filled; c += panel) {
			int width = vectors_at(s, c) * lanes;
			scale(m->activated + ((long)c * count + (long)i * width) * s->positions, s->positions, width, by + c);
		}
		bias_and_residual(b, s->positions, factor, k->x + (long)i * s->in_positions * s->in,
			y + (long)i * s->positions * b->project.out);
	}
	add_panel_products(&b->project, 0, whole, m->activated, rows, panel, y);
	if (whole * panel < s->filled)
		add_panel_products(&b->project, whole * panel, 1, m->activated + (long)whole * panel * rows, rows,
			s->filled - whole * panel, y);
}

#endif
