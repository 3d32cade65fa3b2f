// The forward pass in inference, from images to features.
#ifndef PVS_CPU_NETWORK_H
#define PVS_CPU_NETWORK_H

#include "generalised_mean.h"
#include "mbconv.h"
#include "stem.h"

// top_features computes the features, the pooled output of the top convolution, from the last block's output.
static void top_features(const pvs_network *n, const value *x, int count, int side, const inference_scratch *m,
		float *out) {
	int positions = side * side;
	matrix_product(&n->top, x, count * positions, n->activation, 1, 0, m->depthwise);
	for (int i = 0; i < count; i++)
		pool(m->depthwise + (long)i * positions * n->top.out, positions, n->top.out, n->top.out, n->exponent,
			out + (long)i * n->top.out, 0, 0);
}

// run computes the input of block number last, or the features.
static void run(const pvs_network *n, const float *images, int count, int last, const float *factors, float *out,
		float *scratch) {
	inference_scratch m;
	lay_out_inference(n, count, 1, (value *)scratch, &m);
	int side = output_side(n->size, stem_stride), channels = n->stem.out;
	for (int i = 0; i < count; i++)
		stem_forward(n, images + (long)i * n->size * n->size * 3, &m, m.x + (long)i * side * side * channels);
	for (int i = 0; i < last; i++) {
		const pvs_block *b = &n->blocks[i];
		mbconv(b, count, side, n->activation, factors ? factors + i : 0, n->block_count, m.x, m.y, &m);
		value *x = m.x;
		m.x = m.y;
		m.y = x;
		side = output_side(side, b->depthwise.stride);
		channels = b->project.out;
	}
	if (last < n->block_count) {
		to_floats(m.x, (long)count * side * side * channels, out);
		return;
	}
	top_features(n, m.x, count, side, &m, out);
}

#endif
