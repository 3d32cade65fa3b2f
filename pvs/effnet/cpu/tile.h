// The innermost tile of the matrix product: a few rows of x times a panel of weights, in registers.
#ifndef PVS_CPU_TILE_H
#define PVS_CPU_TILE_H

#include "vector.h"

// Six rows by two vectors of sums, or four by three, fill twelve of AVX2's sixteen registers: each
// step of the depth then loads eight or seven operands for twelve multiplications. AVX-512 has
// thirty-two.
enum { most_rows = 6 * lanes / 8, widest = 3 };

// epilogue is what happens to a tile's sums. Row i goes to out[i], of its last vector the lanes in the mask last.
typedef struct {
	int act;
	mask last;
	value factor;          // of the sums, if there is a residual
	const value *residual; // is added, columns values a row, or null
	int columns;
	value *derivatives;    // of the activation go here, one row after the other, or null
	int more;              // panels of x, each as deep, that follow, panel_stride values after each other
	long panel_stride;
} epilogue;

// multiply_add adds x[rows, from..to) * w to sum. Rows and vectors are constants where it is inlined.
PVS_INLINE void multiply_add(int rows, int vectors, const value *x, int depth, int from, int to, const value *w,
		vec sum[][widest]) {
	w += (long)from * vectors * lanes;
	for (int k = from; k < to; k += depth_step) {
		vec b[widest];
		for (int j = 0; j < vectors; j++, w += step)
			b[j] = load(w);
		for (int i = 0; i < rows; i++) {
			vec a = broadcast(x + (long)i * depth + k);
			for (int j = 0; j < vectors; j++)
				sum[i][j] += a * b[j];
		}
	}
}

// tile_of computes x[rows, depth] * w + bias.
PVS_INLINE void tile_of(int rows, int vectors, const value *x, int depth, const value *w, const value *bias,
		const epilogue *then, value *const *out) {
	vec sum[most_rows][widest];
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < vectors; j++)
			sum[i][j] = start(bias + lanes * j);
	multiply_add(rows, vectors, x, depth, 0, depth < chunk ? depth : chunk, w, sum);
	for (int from = chunk; from < depth; from += chunk) {
		vec next[most_rows][widest];
		for (int i = 0; i < rows; i++)
			for (int j = 0; j < vectors; j++)
				next[i][j] = all(0);
		multiply_add(rows, vectors, x, depth, from, depth - from < chunk ? depth : from + chunk, w, next);
		for (int i = 0; i < rows; i++)
			for (int j = 0; j < vectors; j++)
				sum[i][j] += next[i][j];
	}
	for (int p = 1; p <= then->more; p++)
		multiply_add(rows, vectors, x + p * then->panel_stride, depth, 0, depth, w + (long)p * depth * vectors * lanes, sum);
	for (int i = 0; i < rows; i++) {
		int n = vecs_of(vectors);
		finish(sum[i], vectors, bias);
		if (then->derivatives)
			differentiate(sum[i], n, then->act, then->derivatives + i * vectors * lanes);
		else
			activate(sum[i], n, then->act);
		for (int j = 0; j < n; j++) {
			mask m = j == n - 1 ? then->last : lanes_of(step);
			if (then->residual)
				sum[i][j] = sum[i][j] * all(then->factor) + load_part(then->residual + (long)i * then->columns + step * j, m);
			store_part(out[i] + step * j, sum[i][j], m);
		}
	}
}

// rows_of is how many rows a tile of so many vectors has.
PVS_INLINE int rows_of(int vectors) { return vectors == 3 ? most_rows * 2 / 3 : most_rows; }

// tile is tile_of for 1 to rows_of(vectors) rows.
PVS_INLINE void tile(int rows, int vectors, const value *x, int depth, const value *w, const value *bias,
		const epilogue *then, value *const *out) {
#define PVS_ROWS(n) \
	case n: \
		if (n <= rows_of(vectors)) \
			tile_of(n, vectors, x, depth, w, bias, then, out); \
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
