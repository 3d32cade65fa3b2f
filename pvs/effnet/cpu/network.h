// The network, from image to features.
#ifndef PVS_NATIVE_NETWORK_H
#define PVS_NATIVE_NETWORK_H

#include "multiply.h"
#include "scale.h"
#include "widen.h"

enum { stem_kernel = 3, stem_stride = 2 };

// Squeeze and excite is computed in float32 (gate.h), which avx512.c has for float16.
#ifdef PVS_HALF
void pvs_factors_16(const pvs_block *b, int count, int places, float *sums, float *squeezed, float *gate);
#define factors_of pvs_factors_16
#else
#include "gate.h"
#endif

// memory is the parts of the working memory. Images go through each block together, so that
// its weights are fetched once for all.
typedef struct {
	value *lines, *patches;         // of the stem, for one image
	value *x, *y;                   // a block's input and output
	value *wide;                    // output of its first half
	value *buffer;                  // of widen
	float *sums, *squeezed, *gate;  // of squeeze and excite
	value *factors;                 // the gate
	value *weights;                 // with the gate of one image
} memory;

// singles_of is how many values have the room of n float32.
static long singles_of(long n) { return n * (long)(sizeof(float) / sizeof(value)); }

static long most(long a, long b) { return a > b ? a : b; }

// lines_of is how many values the rows of pixels have that a row of the stem covers.
static long lines_of(const pvs_network *n) { return (long)stem_kernel * (n->size + stem_kernel) * 3; }

// lay_out finds how much of each part is needed for count images, x and y only if they pass from
// block to block there, and sets where each begins.
static long lay_out(const pvs_network *n, int count, int pass, value *scratch, memory *m) {
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
	value *singles;
	need needs[] = {
		{&m->lines, lines_of(n)}, {&m->patches, (long)halved(n->size, stem_stride) * n->stem.in},
		{&m->x, pass * count * x}, {&m->y, pass * count * x}, {&m->wide, wide}, {&m->buffer, buffer},
		{&singles, 3 * singles_of(count * channels)}, {&m->factors, count * channels}, {&m->weights, weights},
	};
	long used = place_parts(needs, sizeof needs / sizeof *needs, scratch);
	m->sums = (float *)singles;
	m->squeezed = m->sums + count * channels;
	m->gate = m->squeezed + count * channels;
	return used;
}

static long scratch_of(const pvs_network *n, int count) {
	value begin;
	memory m;
	return lay_out(n, count, 1, &begin, &m) / singles_of(1);
}

// patches_of writes the pixels that each place in row y of the stem covers, normalised, apart
// values from one patch to the next.
static void patches_of(const pvs_network *n, const float *image, int y, value *lines, int apart, value *patches) {
	int side = halved(n->size, stem_stride), row = 3 * n->size, line = 3 * (n->size + stem_kernel);
	padding zeros = same(n->size, stem_kernel, stem_stride);
	memset(lines, 0, sizeof(value) * lines_of(n));
	for (int k = 0; k < stem_kernel; k++) {
		int from = y * stem_stride - zeros.before + k;
		if (from >= 0 && from < n->size)
			normalize(image + (long)from * row, row, n->factor, n->offset, lines + k * line + 3 * zeros.before);
	}
	for (int i = 0; i < side; i++, patches += apart)
		for (int k = 0; k < stem_kernel; k++)
			memcpy(patches + 3 * stem_kernel * k, lines + k * line + 3 * stem_stride * i, sizeof(value) * 3 * stem_kernel);
}

// stem normalises an image and computes the first convolution as a product with patches.
static void stem(const pvs_network *n, const float *image, const memory *m, value *out) {
	int side = halved(n->size, stem_stride);
	memset(m->patches, 0, sizeof(value) * side * n->stem.in);
	for (int y = 0; y < side; y++) {
		patches_of(n, image, y, m->lines, n->stem.in, m->patches);
		product(&n->stem, m->patches, side, n->activation, 1, 0, out + (long)y * side * n->stem.out);
	}
}

// some computes a block of some images from x to y. Factors are this block's, one every blocks
// values.
static void some(const pvs_block *b, int count, int side, int act, const float *factors, int blocks, const value *x, value *y, const memory *m) {
	widen(b, x, count, side, side, act, m->wide, m->sums, m->buffer);
	int out = halved(side, b->depthwise.stride), places = out * out;
	pvs_matrix project = b->project;
	const value *residual = b->residual ? x : 0;
	int gated = 0;
	if (b->squeeze.weights) {
		factors_of(b, count, places, m->sums, m->squeezed, m->gate);
		to_values(m->gate, count * project.in, m->factors);
		// The gate goes into whichever there is less of: the weights or what they multiply.
		gated = places > project.out;
		for (int i = 0; i < count && !gated; i++)
			scale(m->wide + (long)i * places * project.in, places, project.in, m->factors + (long)i * project.in);
	}
	if (!gated && !factors) {
		product(&project, m->wide, count * places, pvs_linear, 1, residual, y);
		return;
	}
	for (int i = 0; i < count; i++) {
		if (gated) {
			scale_weights(&b->project, m->factors + (long)i * project.in, m->weights);
			project.weights = m->weights;
		}
		long at = (long)i * places;
		product(&project, m->wide + at * project.in, places, pvs_linear, factors ? factors[i * blocks] : 1,
		             residual ? residual + at * project.out : 0, y + at * project.out);
	}
}

// block computes a block of all images.
static void block(const pvs_block *b, int count, int side, int act, const float *factors, int blocks, const value *x, value *y, const memory *m) {
	int out = halved(side, b->depthwise.stride), n = together_of(out * out, count);
	long before = (long)side * side * (b->expand.weights ? b->expand.in : b->depthwise.channels), after = (long)out * out * b->project.out;
	for (int i = 0; i < count; i += n)
		some(b, count - i < n ? count - i : n, side, act, factors ? factors + (long)i * blocks : 0, blocks, x + i * before, y + i * after, m);
}

// top computes the features from what the last block gives.
static void top(const pvs_network *n, const value *x, int count, int side, const memory *m, float *out) {
	int places = side * side;
	product(&n->top, x, count * places, n->activation, 1, 0, m->wide);
	for (int i = 0; i < count; i++)
		average(m->wide + (long)i * places * n->top.out, places, n->top.out, n->top.out, out + (long)i * n->top.out);
}

static void run(const pvs_network *n, const float *images, int count, int last, const float *factors, float *out, float *scratch) {
	memory m;
	lay_out(n, count, 1, (value *)scratch, &m);
	int side = halved(n->size, stem_stride), channels = n->stem.out;
	for (int i = 0; i < count; i++)
		stem(n, images + (long)i * n->size * n->size * 3, &m, m.x + (long)i * side * side * channels);
	for (int i = 0; i < last; i++) {
		const pvs_block *b = &n->blocks[i];
		block(b, count, side, n->activation, factors ? factors + i : 0, n->block_count, m.x, m.y, &m);
		value *x = m.x;
		m.x = m.y;
		m.y = x;
		side = halved(side, b->depthwise.stride);
		channels = b->project.out;
	}
	if (last < n->block_count) {
		to_floats(m.x, (long)count * side * side * channels, out);
		return;
	}
	top(n, m.x, count, side, &m, out);
}

#endif
