// The innermost product: a few rows of x times a panel of weights.
#ifndef PVS_NATIVE_TILE_H
#define PVS_NATIVE_TILE_H

#include "vector.h"

// Six rows by two vectors of sums, or four by three, fill twelve of AVX2's sixteen registers: each
// step of the depth then loads eight or seven operands for twelve multiplications. AVX-512 has
// thirty-two.
enum { most_rows = 6 * lanes / 8, widest = 3 };

// after is what becomes of a tile's sums. Row i goes to out[i], of its last vector the lanes that
// last says.
typedef struct {
	int act;
	mask last;
	float factor;          // of the sums, if there is something to add to
	const float *residual; // what is added, its rows columns apart, or null
	int columns;
	float *slopes; // where the activation's derivatives go, one row after the other, or null
} after;

// tile_of computes x[rows, depth] * w + bias. Rows and vectors are constants where it is inlined.
PVS_INLINE void tile_of(int rows, int vectors, const float *x, int depth, const float *w, const float *bias, const after *then, float *const *out) {
	vec sum[most_rows][widest];
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < vectors; j++)
			sum[i][j] = load(bias + lanes * j);
	for (int k = 0; k < depth; k++) {
		vec b[widest];
		for (int j = 0; j < vectors; j++)
			b[j] = load(w + lanes * (k * vectors + j));
		for (int i = 0; i < rows; i++) {
			vec a = all(x[(long)i * depth + k]);
			for (int j = 0; j < vectors; j++)
				sum[i][j] += a * b[j];
		}
	}
	for (int i = 0; i < rows; i++) {
		if (then->slopes)
			differentiate(sum[i], vectors, then->act, then->slopes + i * vectors * lanes);
		else
			activate(sum[i], vectors, then->act);
		for (int j = 0; j < vectors; j++) {
			mask m = j == vectors - 1 ? then->last : lanes_of(lanes);
			if (then->residual)
				sum[i][j] = sum[i][j] * then->factor + load_part(then->residual + (long)i * then->columns + lanes * j, m);
			store_part(out[i] + lanes * j, sum[i][j], m);
		}
	}
}

// rows_of is how many rows a tile of so many vectors has.
PVS_INLINE int rows_of(int vectors) { return vectors == 3 ? most_rows * 2 / 3 : most_rows; }

// tile is tile_of for 1 to rows_of(vectors) rows.
PVS_INLINE void tile(int rows, int vectors, const float *x, int depth, const float *w, const float *bias, const after *then, float *const *out) {
#define PVS_ROWS(n)                                                \
	case n:                                                        \
		if (n <= rows_of(vectors))                                 \
			tile_of(n, vectors, x, depth, w, bias, then, out);     \
		break;
	switch (rows) {
		PVS_ROWS(1)
		PVS_ROWS(2)
		PVS_ROWS(3)
		PVS_ROWS(4)
		PVS_ROWS(5)
		PVS_ROWS(6)
#if PVS_LANES == 16
		PVS_ROWS(7)
		PVS_ROWS(8)
		PVS_ROWS(9)
		PVS_ROWS(10)
		PVS_ROWS(11)
		PVS_ROWS(12)
#endif
	}
#undef PVS_ROWS
}

#endif
