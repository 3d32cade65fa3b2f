// Products for the gradients of pointwise convolutions.
#ifndef PVS_NATIVE_CROSS_H
#define PVS_NATIVE_CROSS_H

#include "multiply.h"

// Rows of sums that are computed together, which divide all numbers of channels, and how many
// places at a time, so that both factors stay in the cache.
enum { cross_rows = lanes / 2, cross_places = 256 };

// cross_tile adds the transpose of x[places, cross_rows] times y[places, panel] to sum.
PVS_INLINE void cross_tile(int vectors, const float *x, int columns, int places, const float *y, float *sum) {
	vec s[cross_rows][2];
	for (int i = 0; i < cross_rows; i++)
		for (int j = 0; j < vectors; j++)
			s[i][j] = all(0);
	for (int i = 0; i < cross_rows * vectors; i++)
		__builtin_prefetch(sum + lanes * i, 1);
	for (int p = 0; p < places; p++, x += columns) {
		vec b[2];
		for (int j = 0; j < vectors; j++)
			b[j] = load(y + lanes * (p * vectors + j));
		for (int i = 0; i < cross_rows; i++) {
			vec a = all(x[i]);
			for (int j = 0; j < vectors; j++)
				s[i][j] += a * b[j];
		}
	}
	for (int i = 0; i < cross_rows; i++)
		for (int j = 0; j < vectors; j++)
			store(sum + lanes * (i * vectors + j), load(sum + lanes * (i * vectors + j)) + s[i][j]);
}

// cross adds the transpose of x[places, columns] times a panel y[places, .] to sums[columns, .].
PVS_TARGET static void cross(int vectors, const float *x, int columns, int places, const float *y, float *sums) {
	for (int p = 0; p < places; p += cross_places) {
		int n = places - p < cross_places ? places - p : cross_places;
		const float *from = x + (long)p * columns, *with = y + (long)p * lanes * vectors;
		for (int r = 0; r < columns; r += cross_rows) {
			float *to = sums + (long)r * lanes * vectors;
			if (vectors == 2)
				cross_tile(2, from + r, columns, n, with, to);
			else
				cross_tile(1, from + r, columns, n, with, to);
		}
	}
}

static const float no_bias[widest * lanes] __attribute__((aligned(64)));

// onto_panel computes a panel of x[rows, depth] * w, with the activation's derivatives unless
// slopes is null.
PVS_TARGET static void onto_panel(int vectors, const float *x, int rows, int depth, const float *w, const float *bias, int act, float *out, float *slopes) {
	after then = {.act = act, .last = lanes_of(lanes), .columns = vectors * lanes, .slopes = slopes};
	if (vectors == 2)
		panel_of(2, x, rows, depth, w, bias, then, out);
	else
		panel_of(1, x, rows, depth, w, bias, then, out);
}

// Panels that are added together, so that what they are added to is read and written less often.
enum { added = 4 };

// add_now says whether panels from the one that begins at column from on to the one at c, at most so
// many, are to be added before the next, given how many columns there are: the next may be narrower.
static inline int add_now(int from, int c, int columns, int most) { return c - from == (most - 1) * panel || columns - c <= panel + lanes; }

// add_panels adds some panels x[rows, depth], one after the other, the rows of m from the one
// numbered row on, to out[rows, m->out].
PVS_TARGET static void add_panels(const pvs_matrix *m, int row, int panels, const float *x, int rows, int depth, float *out) {
	for (int c = 0; c < m->out;) {
		int n = panel_vectors(m->out - c);
		after then = {.act = pvs_linear, .last = lanes_of(m->out - c - (n - 1) * lanes), .factor = 1, .residual = out + c, .columns = m->out, .more = panels - 1, .apart = (long)rows * depth};
		const float *w = m->weights + (long)c * m->in + (long)row * n * lanes;
		if (n == 3)
			panel_of(3, x, rows, depth, w, no_bias, then, out + c);
		else if (n == 2)
			panel_of(2, x, rows, depth, w, no_bias, then, out + c);
		else
			panel_of(1, x, rows, depth, w, no_bias, then, out + c);
		c += n * lanes;
	}
}

#endif
