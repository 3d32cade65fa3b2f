// The scratch memory of the forward pass.
#ifndef PVS_CPU_INFERENCE_SCRATCH_H
#define PVS_CPU_INFERENCE_SCRATCH_H

#include "expand_depthwise.h"

enum { stem_kernel = 3, stem_stride = 2 };

// inference_scratch is the parts of scratch memory of the forward pass.
typedef struct {
	value *lines, *patches;        // of the stem, for one image
	value *x, *y;                  // a block's input and output
	value *depthwise;              // activated output of its depthwise convolution
	value *buffer;                 // of expand_depthwise
	float *sums, *squeezed, *gate; // of squeeze and excite
	value *factors;                // the gate
	value *weights;                // of the projection, times the gate of one image
} inference_scratch;

// float32_values is how many values take as much memory as n float32.
static long float32_values(long n) { return n * (long)(sizeof(float) / sizeof(value)); }

static long most(long a, long b) { return a > b ? a : b; }

// lines_of is how many values the rows of pixels have that one output row of the stem covers.
static long lines_of(const pvs_network *n) { return (long)stem_kernel * (n->size + stem_kernel) * 3; }

// lay_out_inference divides scratch memory for count images, and returns how many values it takes. Unless pass is 1
// there are no x and y: the caller has a block's input and output elsewhere.
static long lay_out_inference(const pvs_network *n, int count, int pass, value *scratch, inference_scratch *m) {
	int side = output_side(n->size, stem_stride);
	long x = (long)side * side * n->stem.out, depthwise = 0, buffer = 0, channels = 0, weights = 0;
	for (int i = 0; i < n->block_count; i++) {
		const pvs_block *b = &n->blocks[i];
		buffer = most(buffer, expand_depthwise_scratch(b, side, side));
		side = output_side(side, b->depthwise.stride);
		depthwise = most(depthwise, (long)batch_of(side * side, count) * side * side * b->depthwise.channels);
		x = most(x, (long)side * side * b->project.out);
		channels = most(channels, b->depthwise.channels);
		weights = most(weights, (long)b->project.in * vectors_of(b->project.out) * lanes);
	}
	depthwise = most(depthwise, (long)count * side * side * n->top.out);
	value *floats;
	scratch_part parts[] = {
		{&m->lines, lines_of(n)}, {&m->patches, (long)output_side(n->size, stem_stride) * n->stem.in},
		{&m->x, pass * count * x}, {&m->y, pass * count * x}, {&m->depthwise, depthwise}, {&m->buffer, buffer},
		{&floats, 3 * float32_values(count * channels)}, {&m->factors, count * channels}, {&m->weights, weights},
	};
	long used = lay_out_parts(parts, sizeof parts / sizeof *parts, scratch);
	m->sums = (float *)floats;
	m->squeezed = m->sums + count * channels;
	m->gate = m->squeezed + count * channels;
	return used;
}

static long scratch_of(const pvs_network *n, int count) {
	value begin;
	inference_scratch m;
	return lay_out_inference(n, count, 1, &begin, &m) / float32_values(1);
}

#endif
