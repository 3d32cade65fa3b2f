// The network, from image to features.
#ifndef PVS_NATIVE_NETWORK_H
#define PVS_NATIVE_NETWORK_H

#include "gate.h"
#include "multiply.h"
#include "widen.h"

enum { stem_kernel = 3, stem_stride = 2, patch = 27 };

// memory is the parts of the working memory. Images go through each block together, so that
// its weights are fetched once for all.
typedef struct {
	float *lines, *patches;               // of the stem, for one image
	float *x, *y;                         // a block's input and output
	float *wide, *sums;                   // output of its first half
	float *buffer;                        // of widen
	float *squeezed, *gate;               // of squeeze and excite
	float *weights;                       // with the gate of one image
} memory;

static long most(long a, long b) { return a > b ? a : b; }

// lines_of is how many values the rows of pixels have that a row of the stem covers.
static long lines_of(const pvs_network *n) { return (long)stem_kernel * (n->size + stem_kernel) * 3; }

// lay_out finds how much of each part is needed for count images, and sets where each begins.
static long lay_out(const pvs_network *n, int count, float *scratch, memory *m) {
	int side = halved(n->size, stem_stride);
	long x = (long)side * side * n->stem.out, wide = 0, buffer = 0, channels = 0, weights = 0;
	for (int i = 0; i < n->block_count; i++) {
		const pvs_block *b = &n->blocks[i];
		buffer = most(buffer, widen_buffer(b, side, side));
		side = halved(side, b->depthwise.stride);
		wide = most(wide, (long)together_of(side * side, count) * side * side * b->depthwise.channels);
		x = most(x, (long)side * side * b->project.out);
		channels = most(channels, b->depthwise.channels);
		weights = most(weights, (long)b->project.in * vectors_of(b->project.out) * lanes);
	}
	wide = most(wide, (long)count * side * side * n->top.out);
	need needs[] = {
		{&m->lines, lines_of(n)}, {&m->patches, (long)halved(n->size, stem_stride) * patch},
		{&m->x, count * x}, {&m->y, count * x}, {&m->wide, wide}, {&m->sums, count * channels}, {&m->buffer, buffer},
		{&m->squeezed, count * channels}, {&m->gate, count * channels}, {&m->weights, weights},
	};
	return place_parts(needs, sizeof needs / sizeof *needs, scratch);
}

static long scratch_of(const pvs_network *n, int count) {
	float begin;
	memory m;
	return lay_out(n, count, &begin, &m);
}

// patches_of writes the pixels that each place in row y of the stem covers, normalised, apart
// values from one patch to the next.
static void patches_of(const pvs_network *n, const float *image, int y, float *lines, int apart, float *patches) {
	int side = halved(n->size, stem_stride), row = 3 * n->size, line = 3 * (n->size + stem_kernel);
	padding zeros = same(n->size, stem_kernel, stem_stride);
	memset(lines, 0, sizeof(float) * lines_of(n));
	for (int k = 0; k < stem_kernel; k++) {
		int from = y * stem_stride - zeros.before + k;
		if (from >= 0 && from < n->size)
			normalize(image + (long)from * row, row, n->factor, n->offset, lines + k * line + 3 * zeros.before);
	}
	for (int i = 0; i < side; i++, patches += apart)
		for (int k = 0; k < stem_kernel; k++)
			memcpy(patches + 3 * stem_kernel * k, lines + k * line + 3 * stem_stride * i, sizeof(float) * 3 * stem_kernel);
}

// stem normalises an image and computes the first convolution as a product with patches.
static void stem(const pvs_network *n, const float *image, const memory *m, float *out) {
	int side = halved(n->size, stem_stride);
	for (int y = 0; y < side; y++) {
		patches_of(n, image, y, m->lines, patch, m->patches);
		product(&n->stem, m->patches, side, n->activation, 1, 0, out + (long)y * side * n->stem.out);
	}
}

// gate computes squeeze and excite's factor of each channel from the sums over places (Hu et
// al. 2018).
static void gate(const pvs_block *b, int count, int places, const memory *m) {
	for (int c = 0; c < count * b->depthwise.channels; c++)
		m->sums[c] /= places;
	apply(&b->squeeze, m->sums, count, m->squeezed);
	swish_of(m->squeezed, count * b->squeeze.out);
	apply(&b->excite, m->squeezed, count, m->gate);
	sigmoid_of(m->gate, count * b->excite.out);
}

// some computes a block of some images from x to y. Factors are this block's, one every blocks
// values.
static void some(const pvs_block *b, int count, int side, int act, const float *factors, int blocks, const float *x, float *y, const memory *m) {
	widen(b, x, count, side, side, act, m->wide, m->sums, m->buffer);
	int out = halved(side, b->depthwise.stride), places = out * out;
	pvs_matrix project = b->project;
	const float *residual = b->residual ? x : 0;
	int gated = 0;
	if (b->squeeze.weights) {
		gate(b, count, places, m);
		// The gate goes into whichever there is less of: the weights or what they multiply.
		gated = places > project.out;
		for (int i = 0; i < count && !gated; i++)
			scale(m->wide + (long)i * places * project.in, places, project.in, m->gate + (long)i * project.in);
	}
	if (!gated && !factors) {
		product(&project, m->wide, count * places, pvs_linear, 1, residual, y);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (gated) {
			scale_weights(&b->project, m->gate + (long)i * project.in, m->weights);
			project.weights = m->weights;
		}
		long at = (long)i * places;
		product(&project, m->wide + at * project.in, places, pvs_linear, factors ? factors[i * blocks] : 1,
		             residual ? residual + at * project.out : 0, y + at * project.out);
	}
}

// block computes a block of all images.
static void block(const pvs_block *b, int count, int side, int act, const float *factors, int blocks, const float *x, float *y, const memory *m) {
	int out = halved(side, b->depthwise.stride), n = together_of(out * out, count);
	long before = (long)side * side * (b->expand.weights ? b->expand.in : b->depthwise.channels), after = (long)out * out * b->project.out;
	for (int i = 0; i < count; i += n)
		some(b, count - i < n ? count - i : n, side, act, factors ? factors + (long)i * blocks : 0, blocks, x + i * before, y + i * after, m);
}

// top computes the features from what the last block gives.
static void top(const pvs_network *n, const float *x, int count, int side, const memory *m, float *out) {
	int places = side * side;
	product(&n->top, x, count * places, n->activation, 1, 0, m->wide);
	for (int i = 0; i < count; i++)
		average(m->wide + (long)i * places * n->top.out, places, n->top.out, n->top.out, out + (long)i * n->top.out);
}

static void run(const pvs_network *n, const float *images, int count, int last, const float *factors, float *out, float *scratch) {
	memory m;
	lay_out(n, count, scratch, &m);
	int side = halved(n->size, stem_stride), channels = n->stem.out;
	for (int i = 0; i < count; i++)
		stem(n, images + (long)i * n->size * n->size * 3, &m, m.x + (long)i * side * side * channels);
	for (int i = 0; i < last; i++) {
		const pvs_block *b = &n->blocks[i];
		block(b, count, side, n->activation, factors ? factors + i : 0, n->block_count, m.x, m.y, &m);
		float *x = m.x;
		m.x = m.y;
		m.y = x;
		side = halved(side, b->depthwise.stride);
		channels = b->project.out;
	}
	if (last < n->block_count) {
		memcpy(out, m.x, sizeof(float) * count * side * side * channels);
		return;
	}
	top(n, m.x, count, side, &m, out);
}

#endif
