// Matrix products of the backward pass of pointwise convolutions: transpose(x) * dy is the weights' gradient, dy *
// transpose(weights) the input's.
#ifndef PVS_CPU_WEIGHT_GRADIENT_H
#define PVS_CPU_WEIGHT_GRADIENT_H

#include "matrix_product.h"

// Rows of the gradient that are computed at once (they divide all numbers of channels), and positions at a time, so
// that both factors stay in the cache.
enum { gradient_rows = lanes / 2, gradient_positions = 256 };

// weight_gradient_tile adds transpose(x[positions, gradient_rows]) * dy[positions, panel] to sum.
PVS_INLINE void weight_gradient_tile(int vectors, const float *x, int columns, int positions, const float *dy,
		float *sum) {
	vec s[gradient_rows][2];
	for (int i = 0; i < gradient_rows; i++)
		for (int j = 0; j < vectors; j++)
			s[i][j] = all(0);
	for (int i = 0; i < gradient_rows * vectors; i++)
		__builtin_prefetch(sum + lanes * i, 1);
	for (int p = 0; p < positions; p++, x += columns) {
		vec b[2];
		for (int j = 0; j < vectors; j++)
			b[j] = load(dy + lanes * (p * vectors + j));
		for (int i = 0; i < gradient_rows; i++) {
			vec a = all(x[i]);
			for (int j = 0; j < vectors; j++)
				s[i][j] += a * b[j];
		}
	}
	for (int i = 0; i < gradient_rows; i++)
		for (int j = 0; j < vectors; j++)
			store(sum + lanes * (i * vectors + j), load(sum + lanes * (i * vectors + j)) + s[i][j]);
}

// add_weight_gradient adds transpose(x[positions, columns]) * dy[positions, .], a panel, to sums[columns, .].
PVS_TARGET static void add_weight_gradient(int vectors, const float *x, int columns, int positions, const float *dy,
		float *sums) {
	for (int p = 0; p < positions; p += gradient_positions) {
		int n = positions - p < gradient_positions ? positions - p : gradient_positions;
		const float *from = x + (long)p * columns, *with = dy + (long)p * lanes * vectors;
		for (int r = 0; r < columns; r += gradient_rows) {
			float *to = sums + (long)r * lanes * vectors;
			if (vectors == 2)
				weight_gradient_tile(2, from + r, columns, n, with, to);
			else
				weight_gradient_tile(1, from + r, columns, n, with, to);
		}
	}
}

static const float no_bias[widest * lanes] __attribute__((aligned(64)));

// pointwise_panel computes a panel of act(x[rows, depth] * w + bias), and the activation's derivatives unless
// derivatives is null.
PVS_TARGET static void pointwise_panel(int vectors, const float *x, int rows, int depth, const float *w,
		const float *bias, int act, float *out, float *derivatives) {
	epilogue then = {.act = act, .last = lanes_of(lanes), .columns = vectors * lanes, .derivatives = derivatives};
	if (vectors == 2)
		panel_product(2, x, rows, depth, w, bias, then, out);
	else
		panel_product(1, x, rows, depth, w, bias, then, out);
}

// Panels whose products are added at once, so that what they are added to is read and written less often.
enum { accumulated_panels = 4 };

// accumulation_due says whether the panels from the one at column from to the one at c, at most so many, have to be
// added before the next one, which may be narrower.
static inline int accumulation_due(int from, int c, int columns, int most) {
	return c - from == (most - 1) * panel || columns - c <= panel + lanes;
}

// add_panel_products adds the products of panels x[rows, depth], one after the other, with the rows of m from index
// row on to out[rows, m->out].
PVS_TARGET static void add_panel_products(const pvs_matrix *m, int row, int panels, const float *x, int rows,
		int depth, float *out) {
	for (int c = 0; c < m->out;) {
		int n = matrix_panel_vectors(m->out - c);
		epilogue then = {.act = pvs_linear, .last = lanes_of(m->out - c - (n - 1) * lanes), .factor = 1, .residual = out + c,
			.columns = m->out, .more = panels - 1, .panel_stride = (long)rows * depth};
		const float *w = m->weights + (long)c * m->in + (long)row * n * lanes;
		if (n == 3)
			panel_product(3, x, rows, depth, w, no_bias, then, out + c);
		else if (n == 2)
			panel_product(2, x, rows, depth, w, no_bias, then, out + c);
		else
			panel_product(1, x, rows, depth, w, no_bias, then, out + c);
		c += n * lanes;
	}
}

#endif
