// The innermost product: a few rows of x times a panel of weights.
#ifndef PVS_NATIVE_TILE_H
#define PVS_NATIVE_TILE_H

#include "vector.h"

// Six rows by two vectors of sums, or four by three, fill twelve of sixteen registers: each
// step of the depth then loads eight or seven operands for twelve multiplications.
enum { pvs_tile = 6, pvs_widest = 3 };

// tile_of writes row i of its product to out[i]. Rows and vectors are constants where it is
// inlined. With a residual, whose rows are columns apart, the product counts factor times.
PVS_INLINE void tile_of(int rows, int vectors, const float *x, int depth, const float *w, const float *bias, int act,
                        float factor, const float *residual, int columns, float *const *out) {
	v8 sum[pvs_tile][pvs_widest];
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < vectors; j++)
			sum[i][j] = load(bias + pvs_lanes * j);
	for (int k = 0; k < depth; k++) {
		v8 b[pvs_widest];
		for (int j = 0; j < vectors; j++)
			b[j] = load(w + pvs_lanes * (k * vectors + j));
		for (int i = 0; i < rows; i++) {
			v8 a = all(x[(long)i * depth + k]);
			for (int j = 0; j < vectors; j++)
				sum[i][j] += a * b[j];
		}
	}
	for (int i = 0; i < rows; i++) {
		activate(sum[i], vectors, act);
		for (int j = 0; j < vectors; j++) {
			if (residual)
				sum[i][j] = sum[i][j] * factor + load(residual + (long)i * columns + pvs_lanes * j);
			store(out[i] + pvs_lanes * j, sum[i][j]);
		}
	}
}

// rows_of is how many rows a tile of so many vectors has.
PVS_INLINE int rows_of(int vectors) { return vectors == 3 ? 4 : pvs_tile; }

// tile is tile_of for 1 to rows_of(vectors) rows.
PVS_INLINE void tile(int rows, int vectors, const float *x, int depth, const float *w, const float *bias, int act,
                     float factor, const float *residual, int columns, float *const *out) {
#define PVS_ROWS(n)                                                                   \
	case n:                                                                           \
		if (n <= rows_of(vectors))                                                    \
			tile_of(n, vectors, x, depth, w, bias, act, factor, residual, columns, out);      \
		break;
	switch (rows) {
		PVS_ROWS(1)
		PVS_ROWS(2)
		PVS_ROWS(3)
		PVS_ROWS(4)
		PVS_ROWS(5)
		PVS_ROWS(6)
	}
#undef PVS_ROWS
}

// tiles is how many tiles of at most so many there are, and part where one of them begins: 49
// rows are nine tiles of five or six, not eight of six and one of one.
PVS_INLINE int tiles(int all, int most) { return (all + most - 1) / most; }
PVS_INLINE int part(int all, int tile, int tiles) { return (int)((long)all * tile / tiles); }

#endif
