// The forward pass of an MBConv block in inference.
#ifndef PVS_CPU_MBCONV_H
#define PVS_CPU_MBCONV_H

#include "elementwise.h"
#include "inference_scratch.h"
#include "matrix_product.h"
#include "squeeze_excite.h"

// mbconv_batch computes an MBConv block of images that go through it at once, from x to y. Factors are this block's
// branch factors, one every blocks values, or null.
static void mbconv_batch(const pvs_block *b, int count, int side, int act, const float *factors, int blocks,
		const value *x, value *y, const inference_scratch *m) {
	expand_depthwise(b, x, count, side, side, act, m->depthwise, m->sums, m->buffer);
	int out = output_side(side, b->depthwise.stride), positions = out * out;
	pvs_matrix project = b->project;
	const value *residual = b->residual ? x : 0;
	int gated = 0;
	if (b->squeeze.weights) {
		gate_of_sums(b, count, positions, m->sums, m->squeezed, m->gate);
		to_values(m->gate, count * project.in, m->factors);
		// The gate multiplies whichever has fewer values: the projection's weights or their input.
		gated = positions > project.out;
		for (int i = 0; i < count && !gated; i++)
			scale(m->depthwise + (long)i * positions * project.in, positions, project.in, m->factors + (long)i * project.in);
	}
	if (!gated && !factors) {
		matrix_product(&project, m->depthwise, count * positions, pvs_linear, 1, residual, y);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (gated) {
			scale_weights(&b->project, m->factors + (long)i * project.in, m->weights);
			project.weights = m->weights;
		}
		long at = (long)i * positions;
		matrix_product(&project, m->depthwise + at * project.in, positions, pvs_linear, factors ? factors[i * blocks] : 1,
		             residual ? residual + at * project.out : 0, y + at * project.out);
	}
}

// mbconv computes a block of all images, batch by batch.
static void mbconv(const pvs_block *b, int count, int side, int act, const float *factors, int blocks, const value *x,
		value *y, const inference_scratch *m) {
	int out = output_side(side, b->depthwise.stride), n = batch_of(out * out, count);
	long before = (long)side * side * (b->expand.weights ? b->expand.in : b->depthwise.channels),
		after = (long)out * out * b->project.out;
	for (int i = 0; i < count; i += n)
		mbconv_batch(b, count - i < n ? count - i : n, side, act, factors ? factors + (long)i * blocks : 0, blocks,
			x + i * before, y + i * after, m);
}

#endif
