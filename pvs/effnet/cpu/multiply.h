// Pointwise convolutions.
#ifndef PVS_NATIVE_MULTIPLY_H
#define PVS_NATIVE_MULTIPLY_H

#include "tile.h"

// panel_of computes the columns of one panel.
PVS_INLINE void panel_of(int vectors, const value *x, int rows, int depth, const value *w, const value *bias, after then, value *out) {
	int n = tiles(rows, rows_of(vectors));
	const value *residual = then.residual;
	value *slopes = then.slopes;
	for (int t = 0; t < n; t++) {
		int r = part(rows, t, n);
		value *to[most_rows];
		for (int i = 0; i < rows_of(vectors); i++)
			to[i] = out + (long)(r + i) * then.columns;
		if (residual)
			then.residual = residual + (long)r * then.columns;
		if (slopes)
			then.slopes = slopes + (long)r * vectors * lanes;
		tile(part(rows, t + 1, n) - r, vectors, x + (long)r * depth, depth, w, bias, &then, to);
	}
}

// product computes out[rows, m->out] = act(x[rows, m->in] * weights + bias), plus
// residual[rows, m->out] unless it is null; then the product is linear and counts factor times.
PVS_TARGET static void product(const pvs_matrix *m, const value *x, int rows, int act, float factor, const value *residual, value *out) {
	for (int c = 0; c < m->out;) {
		int n = panel_vectors(m->out - c);
		after then = {.act = act, .last = last_of(n, m->out - c), .factor = factor, .residual = residual ? residual + c : 0, .columns = m->out};
		const value *w = m->weights + (long)c * m->in, *bias = m->bias + c;
		if (n == 3)
			panel_of(3, x, rows, m->in, w, bias, then, out + c);
		else if (n == 2)
			panel_of(2, x, rows, m->in, w, bias, then, out + c);
		else
			panel_of(1, x, rows, m->in, w, bias, then, out + c);
		c += n * lanes;
	}
}

#endif
