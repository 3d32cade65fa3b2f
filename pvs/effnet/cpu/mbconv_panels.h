// Panels of a block in training: expansion output to padded depthwise input to depthwise output.
#ifndef PVS_CPU_MBCONV_PANELS_H
#define PVS_CPU_MBCONV_PANELS_H

#include "depthwise_backward.h"
#include "expand_depthwise.h"
#include "mbconv_saved.h"

// activate_copy_vectors computes the activation of n vectors, writes its derivatives unless derivatives is null, and
// copies x unless copy is null: past the cache, since it is read much later.
PVS_INLINE void activate_copy_vectors(int n, const float *x, int act, float *out, float *derivatives, float *copy) {
	vec v[4];
	for (int j = 0; j < n; j++)
		v[j] = load(x + j * lanes);
	for (int j = 0; copy && j < n; j++)
		stream(copy + j * lanes, v[j]);
	if (derivatives)
		differentiate(v, n, act, derivatives);
	else
		activate(v, n, act);
	for (int j = 0; j < n; j++)
		store(out + j * lanes, v[j]);
}

// activate_copy does so for n values, whole vectors.
PVS_TARGET static void activate_copy(const float *x, long n, int act, float *out, float *derivatives, float *copy) {
	long i = 0;
	for (; i + 4 * lanes <= n; i += 4 * lanes)
		activate_copy_vectors(4, x + i, act, out + i, derivatives ? derivatives + i : 0, copy ? copy + i : 0);
	for (; i < n; i += lanes)
		activate_copy_vectors(1, x + i, act, out + i, derivatives ? derivatives + i : 0, copy ? copy + i : 0);
}

// pad_activated writes a panel of an image's expansion output, activated, between zeros; derivatives and copy are
// activate_copy's.
static void pad_activated(const shape *s, int width, int act, const float *expanded, float *padded, float *derivatives,
		float *copy) {
	float *to = padded + (s->zeros.before * s->padded + s->zeros.before) * width;
	for (int y = 0; y < s->side; y++) {
		long at = (long)y * s->side * width;
		activate_copy(expanded + at, s->side * width, act, to + (long)y * s->padded * width,
			derivatives ? derivatives + at : 0, copy ? copy + at : 0);
	}
}

// padded_positions is how many positions a padded panel has, with those after its last row that kernel_gradient_rows
// reads: it multiplies them by zeros, so that NaN left there would make NaN.
static long padded_positions(int padded, int stride) {
	return (long)padded * padded + (kernel_positions - 1) * stride + 5;
}

// zero_padding zeroes the padding of the panel from channel c on; it stays zero while panels are equally wide.
static void zero_padding(const shape *s, int c, float *padded) {
	int vectors = vectors_at(s, c);
	if (c == 0 || vectors == 1)
		memset(padded, 0, sizeof(float) * padded_positions(s->padded, s->stride) * vectors * lanes);
}

// zero_gate_tail zeroes an image's gate for the channels that only pad the last vector: they multiply zeros, and
// NaN left there would make NaN.
static void zero_gate_tail(const shape *s, float *gate) {
	memset(gate + s->expanded, 0, sizeof(float) * (s->filled - s->expanded));
}

// depthwise_input_panel recomputes a panel of the depthwise convolution's input, of image i of count, between zeros
// that are there, and the activation's derivatives unless derivatives is null.
static void depthwise_input_panel(const pvs_block *b, const shape *s, int c, int count, int i, int act, const saved *k,
		float *padded, float *derivatives) {
	int vectors = vectors_at(s, c), width = vectors * lanes;
	if (s->saves) {
		pad_activated(s, width, act, k->expanded + ((long)c * count + (long)i * width) * s->in_positions, padded,
			derivatives, 0);
		return;
	}
	strip rows = {.width = s->side, .padded = s->padded, .left = s->zeros.before, .rows = s->side};
	fill(&rows, vectors, act, b, c, k->x + (long)i * s->in_positions * s->in,
		padded + (s->zeros.before * s->padded + s->zeros.before) * width, derivatives);
}

// depthwise_panel computes a panel of an image's depthwise convolution.
PVS_TARGET static void depthwise_panel(const pvs_block *b, const shape *s, int c, int act, const float *padded,
		float *out, float *derivatives) {
	const pvs_depthwise *d = &b->depthwise;
	int vectors = vectors_at(s, c);
	float unused[panel] = {0};
	strip rows = {.padded = s->padded, .out_rows = s->out, .out_width = s->out};
	convolved to = {.act = act, .channels = vectors * lanes, .last = lanes_of(lanes), .out = out, .sums = unused,
		.derivatives = derivatives};
	convolution_of(d)(&rows, vectors, padded, d->weights + (long)c * d->size * d->size, d->bias + c, &to);
}

#endif
