// Pointwise convolutions.
#ifndef PVS_NATIVE_MULTIPLY_H
#define PVS_NATIVE_MULTIPLY_H

#include "tile.h"

// panel_of computes the columns of one panel.
PVS_INLINE void panel_of(int vectors, const float *x, int rows, int depth, const float *w, const float *bias, int columns, mask last,
                         int act, float factor, const float *residual, float *out) {
	int n = tiles(rows, rows_of(vectors));
	for (int t = 0; t < n; t++) {
		int r = part(rows, t, n);
		float *to[most_rows];
		for (int i = 0; i < rows_of(vectors); i++)
			to[i] = out + (long)(r + i) * columns;
		tile(part(rows, t + 1, n) - r, vectors, x + (long)r * depth, depth, w, bias, act, factor,
		     residual ? residual + (long)r * columns : 0, columns, last, to);
	}
}

PVS_INLINE void multiply(const pvs_matrix *m, const float *x, int rows, int act, float factor, const float *residual, float *out) {
	for (int c = 0; c < m->out;) {
		int n = panel_vectors(m->out - c);
		mask last = lanes_of(m->out - c - (n - 1) * lanes);
		const float *w = m->weights + (long)c * m->in, *bias = m->bias + c, *add = residual ? residual + c : 0;
		if (n == 3)
			panel_of(3, x, rows, m->in, w, bias, m->out, last, act, factor, add, out + c);
		else if (n == 2)
			panel_of(2, x, rows, m->in, w, bias, m->out, last, act, factor, add, out + c);
		else
			panel_of(1, x, rows, m->in, w, bias, m->out, last, act, factor, add, out + c);
		c += n * lanes;
	}
}

// product computes out[rows, m->out] = act(x[rows, m->in] * weights + bias), plus
// residual[rows, m->out] unless it is null; then the product is linear and counts factor times.
PVS_TARGET static void product(const pvs_matrix *m, const float *x, int rows, int act, float factor, const float *residual, float *out) {
	if (act == pvs_swish)
		multiply(m, x, rows, pvs_swish, 1, 0, out);
	else if (act == pvs_relu6)
		multiply(m, x, rows, pvs_relu6, 1, 0, out);
	else
		multiply(m, x, rows, pvs_linear, factor, residual, out);
}

#endif
