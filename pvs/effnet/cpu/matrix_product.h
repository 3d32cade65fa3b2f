// Matrix products of pointwise convolutions, with bias, activation and residual.
#ifndef PVS_CPU_MATRIX_PRODUCT_H
#define PVS_CPU_MATRIX_PRODUCT_H

#include "tile.h"

// panel_product computes the columns of one panel.
PVS_INLINE void panel_product(int vectors, const value *x, int rows, int depth, const value *w, const value *bias,
		epilogue then, value *out) {
	int n = tiles(rows, rows_of(vectors));
	const value *residual = then.residual;
	value *derivatives = then.derivatives;
	for (int t = 0; t < n; t++) {
		int r = part(rows, t, n);
		value *to[most_rows];
		for (int i = 0; i < rows_of(vectors); i++)
			to[i] = out + (long)(r + i) * then.columns;
		if (residual)
			then.residual = residual + (long)r * then.columns;
		if (derivatives)
			then.derivatives = derivatives + (long)r * vectors * lanes;
		tile(part(rows, t + 1, n) - r, vectors, x + (long)r * depth, depth, w, bias, &then, to);
	}
}

// matrix_product computes out[rows, m->out] = act(x[rows, m->in] * weights + bias). With a residual[rows, m->out] it
// is out = factor * (x * weights + bias) + residual.
PVS_TARGET static void matrix_product(const pvs_matrix *m, const value *x, int rows, int act, float factor,
		const value *residual, value *out) {
	for (int c = 0; c < m->out;) {
		int n = matrix_panel_vectors(m->out - c);
		epilogue then = {.act = act, .last = last_of(n, m->out - c), .factor = factor,
			.residual = residual ? residual + c : 0, .columns = m->out};
		const value *w = m->weights + (long)c * m->in, *bias = m->bias + c;
		if (n == 3)
			panel_product(3, x, rows, m->in, w, bias, then, out + c);
		else if (n == 2)
			panel_product(2, x, rows, m->in, w, bias, then, out + c);
		else
			panel_product(1, x, rows, m->in, w, bias, then, out + c);
		c += n * lanes;
	}
}

#endif
