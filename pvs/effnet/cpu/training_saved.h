// What training saves of all blocks and of the top.
#ifndef PVS_CPU_TRAINING_SAVED_H
#define PVS_CPU_TRAINING_SAVED_H

#include "mbconv_saved.h"
#include "stem.h"

// feature_map is the height and width, and the channels, of a block's input.
typedef struct {
	int side, channels;
} feature_map;

static feature_map stem_output(const pvs_network *n) {
	return (feature_map){output_side(n->size, stem_stride), n->stem.out};
}

static feature_map block_output(const pvs_block *b, feature_map p) {
	return (feature_map){output_side(p.side, b->depthwise.stride), b->project.out};
}

static feature_map block_input(const pvs_network *n, int block) {
	feature_map p = stem_output(n);
	for (int i = 0; i < block; i++)
		p = block_output(&n->blocks[i], p);
	return p;
}

static long feature_map_size(feature_map p) { return (long)p.side * p.side * p.channels; }

// saved_block is a block in training, and what is saved of all images. Its input is written to input.
typedef struct {
	shape shape;
	float *input;
	saved saved;
} saved_block;

// saved_block_of is that of a block, in the memory of count images that train from block first on, whose input is
// `in` unless first is 0. The top, which comes after the last block, has a side and an input.
static saved_block saved_block_of(const pvs_training *t, int count, int first, int block, const float *in,
		float *memory) {
	const pvs_network *n = t->network;
	feature_map p = block_input(n, first);
	for (int b = first; b < n->block_count; b++) {
		saved_block g = {.shape = shape_of(&n->blocks[b], p.side)};
		int given = b == first && first > 0;
		scratch_part input = {&g.input, given ? 0 : count * feature_map_size(p)};
		memory += lay_out_parts(&input, 1, memory);
		memory += lay_out_saved(&g.shape, count, memory, &g.saved);
		g.saved.x = given ? in : g.input;
		if (b == block)
			return g;
		p = block_output(&n->blocks[b], p);
	}
	return (saved_block){{.side = p.side, .in_positions = p.side * p.side, .in = p.channels}, memory, {.x = memory}};
}

// top_derivatives_of is how many activation derivatives of an image's top are saved, in panels of a batch.
static long top_derivatives_of(const pvs_network *n) {
	feature_map p = block_input(n, n->block_count);
	return (long)p.side * p.side * vectors_of(n->top.out) * lanes;
}

// top_derivatives_at is where those of image i begin.
static float *top_derivatives_at(const pvs_network *n, const saved_block *top, int count, int i) {
	return top->input + (long)count * top->shape.in_positions * top->shape.in + i * top_derivatives_of(n);
}

// by_exponent_at is where the derivatives of image i's features by the exponent of pooling begin.
static float *by_exponent_at(const pvs_network *n, const saved_block *top, int count, int i) {
	return top_derivatives_at(n, top, count, count) + (long)i * n->top.out;
}

static long saved_values_of(const pvs_training *t, int count, int first) {
	float begin;
	saved_block top = saved_block_of(t, count, first, t->network->block_count, 0, &begin);
	return by_exponent_at(t->network, &top, count, count) - &begin;
}

#endif
