// Pointwise convolutions.
#ifndef PVS_NATIVE_MULTIPLY_H
#define PVS_NATIVE_MULTIPLY_H

#include "tile.h"

// panel_of computes the columns of one panel.
PVS_INLINE void panel_of(int vectors, const float *x, int rows, int depth, const float *w, const float *bias, after then, float *out) {
	int n = tiles(rows, rows_of(vectors));
	const float *residual = then.residual;
	float *slopes = then.slopes;
	for (int t = 0; t < n; t++) {
		int r = part(rows, t, n);
		float *to[most_rows];
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
PVS_TARGET static void product(const pvs_matrix *m, const float *x, int rows, int act, float factor, const float *residual, float *out) {
	for (int c = 0; c < m->out;) {
		int n = panel_vectors(m->out - c);
		after then = {.act = act, .last = lanes_of(m->out - c - (n - 1) * lanes), .factor = factor, .residual = residual ? residual + c : 0, .columns = m->out};
		const float *w = m->weights + (long)c * m->in, *bias = m->bias + c;
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
