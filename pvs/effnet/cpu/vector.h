// Vectors of 8 or 16 float32, or of 32 float16. GCC and Clang take + - * / between them, and fuse a product and a sum
// into one instruction. Code written with them is compiled once for each, by avx2.c, avx512.c and float16.c, whatever
// the rest of the program is compiled for.
#ifndef PVS_CPU_VECTOR_H
#define PVS_CPU_VECTOR_H

#include <immintrin.h>
#include <string.h>

#include "cpu.h"

#define PVS_TARGET __attribute__((target(PVS_INSTRUCTIONS)))
#define PVS_INLINE static inline __attribute__((always_inline)) PVS_TARGET

typedef pvs_value value;

// A vector of sums of a matrix product has `lanes` columns. A panel is the columns of a matrix, or the channels, that
// are computed at once.
enum { lanes = PVS_LANES, panel = 2 * lanes };

static const value minus_log2e = -1.44269504f;

// Numbers of channels are multiples of 8, so that with more lanes the last vector of a row may be
// partly full: a mask says which of its lanes there are.
#if defined PVS_FLOAT16
#include "vector32.h"
#elif PVS_LANES == 16
#include "vector16.h"
#include "float32.h"
#else
#include "vector8.h"
#include "float32.h"
#endif

enum { step = sizeof(vec) / sizeof(value) };

// vecs_of is how many vectors of values hold the columns of so many vectors of sums, and last_of the mask of the last
// of them if so many columns are left.
static inline int vecs_of(int vectors) { return (vectors * lanes + step - 1) / step; }
PVS_INLINE mask last_of(int vectors, int left) {
	int columns = left < vectors * lanes ? left : vectors * lanes;
	return lanes_of(columns - (vecs_of(vectors) - 1) * step);
}

// without_denormals flushes numbers below 1.2e-38 to zero, since some processors compute with them a hundred times as
// slowly. It returns the setting before, for _mm_setcsr.
static inline unsigned without_denormals(void) {
	unsigned before = _mm_getcsr();
	_mm_setcsr(before | _MM_FLUSH_ZERO_ON | 0x40); // results and, 0x40, operands
	return before;
}

// exp_negative replaces n vectors by exp(-x): in float32 with a relative error of 2e-7 for x in [-87, 87]; beyond,
// exp of the nearer end, or nearly 0. NaN may become anything, which keep_nan, or a product with x, mends. It
// computes 2 to the power of a whole number times 2 to the power of the rest. Steps of several vectors are written
// beside each other, since each waits for the one before.
PVS_INLINE void exp_negative(vec *x, int n) {
	vec whole[4], p[4];
	for (int i = 0; i < n; i++)
		split_exponent(&x[i], &whole[i]);
	for (int i = 0; i < n; i++)
		p[i] = x[i] * exp2_coefficients[0] + exp2_coefficients[1];
	for (int k = 2; k < (int)(sizeof exp2_coefficients / sizeof *exp2_coefficients); k++)
		for (int i = 0; i < n; i++)
			p[i] = p[i] * x[i] + exp2_coefficients[k];
	for (int i = 0; i < n; i++)
		x[i] = times_power_of_two(p[i], whole[i]);
}

// activate replaces n vectors, at most 4, by their activation.
PVS_INLINE void activate(vec *x, int n, int act) {
	if (act == pvs_swish) {
		vec e[4];
		for (int i = 0; i < n; i++)
			e[i] = x[i];
		exp_negative(e, n);
		for (int i = 0; i < n; i++)
			x[i] = x[i] * inverse(e[i] + all(1));
	}
	if (act == pvs_relu6)
		for (int i = 0; i < n; i++)
			x[i] = clip(x[i], 0, 6);
}

// differentiate is activate that also writes the activation's derivatives.
PVS_INLINE void differentiate(vec *x, int n, int act, value *derivatives) {
	if (act == pvs_swish) {
		vec e[4];
		for (int i = 0; i < n; i++)
			e[i] = x[i];
		exp_negative(e, n);
		for (int i = 0; i < n; i++) {
			vec s = inverse(e[i] + all(1));
			x[i] = x[i] * s;
			store(derivatives + step * i, s + x[i] * (all(1) - s));
		}
	}
	if (act == pvs_relu6)
		for (int i = 0; i < n; i++) {
			store(derivatives + step * i, between(x[i], 0, 6));
			x[i] = clip(x[i], 0, 6);
		}
}

// vectors_of is how many vectors the columns fill that are left; channel_panel_vectors and matrix_panel_vectors are
// how many of them the next panel has, in the channel layout and in that of a pvs_matrix.
static inline int vectors_of(int left) { return (left + lanes - 1) / lanes; }
static inline int channel_panel_vectors(int left) { return left > lanes ? 2 : 1; }
static inline int matrix_panel_vectors(int left) {
	int n = vectors_of(left);
	return n == 1 || n == 3 ? n : 2;
}

// tiles is how many tiles of at most so many there are, and part where one of them begins: 49
// rows are nine tiles of five or six, not eight of six and one of one.
static inline int tiles(int all, int most) { return (all + most - 1) / most; }
static inline int part(int all, int tile, int tiles) { return (int)((long)all * tile / tiles); }

#endif
