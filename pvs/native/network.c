#include "layers.h"

#include <string.h>

enum { stem_kernel = 3, stem_stride = 2, patch = 27 };

// memory is the parts of the working memory.
typedef struct {
	float *lines, *patches;               // of the stem
	float *x, *y;                         // a block's input and output
	float *wide, *buffer, *sums;          // of its first half
	float *squeezed, *gate, *weights;     // of squeeze and excite
} memory;

static long most(long a, long b) { return a > b ? a : b; }

// lay_out finds how much of each part is needed, and sets where each begins.
static long lay_out(const pvs_network *n, float *scratch, memory *m) {
	int side = (n->size + stem_stride - 1) / stem_stride;
	long x = (long)side * side * n->stem.out, wide = 0, buffer = 0, channels = 0, weights = 0;
	for (int i = 0; i < n->block_count; i++) {
		const pvs_block *b = &n->blocks[i];
		buffer = most(buffer, pvs_widen_buffer(b, side, side));
		side = (side + b->depthwise.stride - 1) / b->depthwise.stride;
		wide = most(wide, (long)side * side * b->depthwise.channels);
		x = most(x, (long)side * side * b->project.out);
		channels = most(channels, b->depthwise.channels);
		weights = most(weights, (long)b->project.in * b->project.out);
	}
	wide = most(wide, (long)side * side * n->top.out);
	long sizes[] = {stem_kernel * (n->size + stem_kernel) * 3, (long)(n->size + 1) / 2 * patch, x, x, wide, buffer, channels, channels, channels, weights};
	float **parts[] = {&m->lines, &m->patches, &m->x, &m->y, &m->wide, &m->buffer, &m->sums, &m->squeezed, &m->gate, &m->weights};
	long used = 0;
	for (int i = 0; i < 10; i++) {
		*parts[i] = scratch + used;
		used += (sizes[i] + 15) / 16 * 16; // whole lines of the cache
	}
	return used;
}

long pvs_scratch(const pvs_network *n) {
	memory m;
	return lay_out(n, 0, &m);
}

// stem normalises the image and computes the first convolution as a product with the
// pixels that each place covers.
static void stem(const pvs_network *n, const float *image, const memory *m) {
	int side = (n->size + stem_stride - 1) / stem_stride, row = 3 * n->size;
	pvs_padding zeros = pvs_same(n->size, stem_kernel, stem_stride);
	int line = 3 * (n->size + stem_kernel);
	for (int y = 0; y < side; y++) {
		memset(m->lines, 0, sizeof(float) * stem_kernel * line);
		for (int k = 0; k < stem_kernel; k++) {
			int from = y * stem_stride - zeros.before + k;
			if (from >= 0 && from < n->size)
				pvs_normalize(image + (long)from * row, row, n->factor, n->offset, m->lines + k * line + 3 * zeros.before);
		}
		float *to = m->patches;
		for (int i = 0; i < side; i++)
			for (int k = 0; k < stem_kernel; k++, to += 3 * stem_kernel)
				memcpy(to, m->lines + k * line + 3 * stem_stride * i, sizeof(float) * 3 * stem_kernel);
		pvs_multiply(&n->stem, m->patches, side, n->activation, 1, 0, m->x + (long)y * side * n->stem.out);
	}
}

// gate computes squeeze and excite's factor of each channel from the channels' means (Hu et
// al. 2018).
static void gate(const pvs_block *b, const memory *m) {
	pvs_apply(&b->squeeze, m->sums, m->squeezed);
	pvs_swish_of(m->squeezed, b->squeeze.out);
	pvs_apply(&b->excite, m->squeezed, m->gate);
	pvs_sigmoid_of(m->gate, b->excite.out);
}

// block computes a block from x to y.
static void block(const pvs_block *b, int side, int act, float factor, const memory *m) {
	pvs_widen(b, m->x, side, side, act, m->wide, m->sums, m->buffer);
	int out = (side + b->depthwise.stride - 1) / b->depthwise.stride, places = out * out;
	pvs_matrix project = b->project;
	if (b->squeeze.weights) {
		for (int c = 0; c < b->depthwise.channels; c++)
			m->sums[c] /= places;
		gate(b, m);
		// On whichever there is less of.
		if (places > project.out) {
			pvs_scale_weights(&project, m->gate, m->weights);
			project.weights = m->weights;
		} else
			pvs_scale(m->wide, places, project.in, m->gate);
	}
	pvs_multiply(&project, m->wide, places, pvs_linear, factor, b->residual ? m->x : 0, m->y);
}

void pvs_run(const pvs_network *n, const float *image, int last, const float *factors, float *out, float *scratch) {
	memory m;
	lay_out(n, scratch, &m);
	int side = (n->size + stem_stride - 1) / stem_stride, channels = n->stem.out;
	stem(n, image, &m);
	for (int i = 0; i < last; i++) {
		const pvs_block *b = &n->blocks[i];
		float factor = factors ? factors[i] : 1;
		if (b->residual && factor == 0)
			continue; // the input stays
		block(b, side, n->activation, factor, &m);
		float *x = m.x;
		m.x = m.y;
		m.y = x;
		side = (side + b->depthwise.stride - 1) / b->depthwise.stride;
		channels = b->project.out;
	}
	if (last < n->block_count) {
		memcpy(out, m.x, sizeof(float) * side * side * channels);
		return;
	}
	pvs_multiply(&n->top, m.x, side * side, n->activation, 1, 0, m.wide);
	pvs_mean(m.wide, side * side, n->top.out, out);
}

int pvs_supported(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
