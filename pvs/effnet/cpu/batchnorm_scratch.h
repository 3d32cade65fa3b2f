// The memory of a training step with BatchNorms in training mode.
#ifndef PVS_CPU_BATCHNORM_SCRATCH_H
#define PVS_CPU_BATCHNORM_SCRATCH_H

#include "mbconv_backward.h"
#include "training_saved.h"

// phase_scratch is the parts of a core's memory. What has "depthwise", "expanded" or "activated" in its name is in
// panels, each of all its images; the others are rows.
typedef struct {
	// Of all blocks: inputs, and outputs of depthwise convolutions and projections before their BatchNorms.
	float *saved, *depthwise, *projected;
	// Of one block, all images: gradients of the outputs of those BatchNorms, activation derivatives before.
	float *depthwise_gradients, *expanded_gradients;
	float *dx, *dy;                 // of one block, all images
	float *panel, *panel_gradients; // a panel of all images' top, or of one image's expansion or stem
	float *padded, *padded_dy;      // of one image
	float *lines, *patches;
	float *gradients;               // of the projection's output, of a batch
	float *activated, *activated_derivatives, *activated_gradients; // the depthwise output, of a batch
	saved squeeze;                  // means and gate, of a batch
	mbconv_scratch gate;            // gate_gradients, squeezed, squeezed_gradients
} phase_scratch;

// input_at is where the saved inputs of a block begin.
static long input_at(const pvs_network *n, int count, int block) {
	long at = 0;
	for (int i = 0; i < block; i++)
		at += count * feature_map_size(block_input(n, i));
	return at;
}

// lay_out_phases divides memory for count images, and returns how many values it takes.
static long lay_out_phases(const pvs_training *t, int count, float *scratch, phase_scratch *m) {
	const pvs_network *n = t->network;
	feature_map p = stem_output(n);
	int side = p.side;
	long depthwise = 0, projected = 0, most_depthwise = 0, most_expanded = 0, most_block_io = feature_map_size(p),
		panels = (long)side * panel, padded = 0, padded_dy = 0, activated = 0, gradients = 0, channels = 0, squeezed = 0;
	for (int b = 0; b < n->block_count; b++) {
		const pvs_block *block = &n->blocks[b];
		shape s = shape_of(block, p.side);
		int batch = batch_of(s.positions, count);
		p = block_output(block, p);
		depthwise += (long)count * s.positions * s.filled;
		projected += count * feature_map_size(p);
		most_depthwise = most(most_depthwise, (long)count * s.positions * s.filled);
		if (block->expand.weights)
			most_expanded = most(most_expanded, (long)count * s.in_positions * s.filled);
		most_block_io = most(most_block_io, feature_map_size(p));
		panels = most(panels, (long)s.in_positions * panel);
		padded = most(padded, padded_positions(s.padded, s.stride) * panel);
		padded_dy = most(padded_dy, padded_dy_positions(padded_dy_of(&block->depthwise, s.out)) * panel);
		activated = most(activated, (long)batch * s.positions * s.filled);
		gradients = most(gradients, batch * feature_map_size(p));
		channels = most(channels, (long)batch * s.filled);
		squeezed = most(squeezed, block->squeeze.out);
	}
	panels = most(panels, (long)count * p.side * p.side * panel);
	scratch_part parts[] = {
		{&m->saved, input_at(n, count, n->block_count + 1)}, {&m->depthwise, depthwise}, {&m->projected, projected},
			{&m->depthwise_gradients, most_depthwise}, {&m->expanded_gradients, most_expanded},
		{&m->dx, count * most_block_io}, {&m->dy, count * most_block_io}, {&m->panel, panels}, {&m->panel_gradients, panels},
			{&m->padded, padded}, {&m->padded_dy, padded_dy},
		{&m->lines, lines_of(n)}, {&m->patches, (long)side * pvs_patch_row}, {&m->gradients, gradients},
		{&m->activated, activated}, {&m->activated_derivatives, activated}, {&m->activated_gradients, activated},
		{&m->squeeze.means, channels}, {&m->squeeze.gate, channels}, {&m->gate.gate_gradients, channels},
			{&m->gate.squeezed, squeezed}, {&m->gate.squeezed_gradients, squeezed},
	};
	return lay_out_parts(parts, sizeof parts / sizeof *parts, scratch);
}

static long phases_scratch_of(const pvs_training *t, int count) {
	float begin;
	phase_scratch m;
	return lay_out_phases(t, count, &begin, &m);
}

// phase_task is a core's part of a phase.
typedef struct {
	const pvs_training *t;
	int count, act;
	const float *images, *factors;
	float *features;        // written by the last phase of the forward pass
	const float *dfeatures; // read by the first phase of the backward pass
	float *sums;            // of gradients
	float *partial_sums;    // of a BatchNorm: [2, channels]
	phase_scratch m;
} phase_task;

// phase_block is a block as a phase sees it.
typedef struct {
	const pvs_block *b;
	const pvs_block_backward *backward;
	const pvs_batchnorm *batchnorms; // of expansion, depthwise convolution and projection
	shape s;
	int number, out; // channels of the output
	const float *x, *factors;
	float *y, *depthwise, *projected;
} phase_block;

static phase_block phase_block_of(const phase_task *k, int number) {
	const pvs_network *n = k->t->network;
	feature_map p = stem_output(n);
	phase_block o = {.b = &n->blocks[number], .backward = &k->t->blocks[number],
		.batchnorms = k->t->batchnorms + 1 + 3 * number, .number = number, .depthwise = k->m.depthwise,
		.projected = k->m.projected};
	for (int b = 0; b < number; b++) {
		shape s = shape_of(&n->blocks[b], p.side);
		p = block_output(&n->blocks[b], p);
		o.depthwise += (long)k->count * s.positions * s.filled;
		o.projected += k->count * feature_map_size(p);
	}
	o.s = shape_of(o.b, p.side);
	o.out = o.b->project.out;
	o.x = k->m.saved + input_at(n, k->count, number);
	o.y = k->m.saved + input_at(n, k->count, number + 1);
	o.factors = k->factors ? k->factors + number : 0;
	return o;
}

#endif
