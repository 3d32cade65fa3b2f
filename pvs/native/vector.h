// Eight lanes of float32 in AVX2. GCC and Clang take + - * / between them, and make one
// instruction of a product and a sum.
#ifndef PVS_NATIVE_VECTOR_H
#define PVS_NATIVE_VECTOR_H

#include <immintrin.h>

#include "layers.h"

// Compiled for these instructions, whatever the rest of the program is compiled for.
#define PVS_TARGET __attribute__((target("avx2,fma")))
#define PVS_INLINE static inline __attribute__((always_inline)) PVS_TARGET

typedef __m256 v8;

PVS_INLINE v8 load(const float *p) { return _mm256_loadu_ps(p); }
PVS_INLINE void store(float *p, v8 x) { _mm256_storeu_ps(p, x); }
PVS_INLINE v8 all(float x) { return _mm256_set1_ps(x); }
PVS_INLINE v8 clip(v8 x, float low, float high) { return _mm256_max_ps(_mm256_min_ps(x, all(high)), all(low)); }

// decay replaces n vectors by exp(-x), within 2e-7 of itself for x in [-87, 87] and that of
// the nearer end elsewhere: 2 to the power of a whole number and of the rest, a polynomial.
// Steps of several vectors are written beside each other, since each waits for the one before.
PVS_INLINE void decay(v8 *x, int n) {
	const float minus_log2e = -1.44269504f;
	const float round = 12582912.0f; // 1.5 * 2^23: a number loses its fraction when this is added
	v8 shifted[4], p[4];
	for (int i = 0; i < n; i++)
		x[i] = clip(x[i], -87.0f, 87.0f);
	for (int i = 0; i < n; i++)
		shifted[i] = x[i] * minus_log2e + round;
	for (int i = 0; i < n; i++)
		x[i] = x[i] * minus_log2e - (shifted[i] - round); // -0.5 to 0.5
	// Minimax for 2^x by its relative error, 7.5e-8.
	for (int i = 0; i < n; i++)
		p[i] = x[i] * 0.00132764492f + 0.0096755391f;
	for (int i = 0; i < n; i++)
		p[i] = p[i] * x[i] + 0.0555071346f;
	for (int i = 0; i < n; i++)
		p[i] = p[i] * x[i] + 0.240221202f;
	for (int i = 0; i < n; i++)
		p[i] = p[i] * x[i] + 0.693146944f;
	for (int i = 0; i < n; i++)
		p[i] = p[i] * x[i] + 1.00000012f;
	for (int i = 0; i < n; i++) {
		__m256i power = _mm256_slli_epi32(_mm256_castps_si256(shifted[i]), 23);
		x[i] = _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p[i]), power));
	}
}

// activate replaces n vectors, at most 4, by what comes after a sum.
PVS_INLINE void activate(v8 *x, int n, int act) {
	if (act == pvs_swish) {
		v8 e[4];
		for (int i = 0; i < n; i++)
			e[i] = x[i];
		decay(e, n);
		for (int i = 0; i < n; i++)
			x[i] = x[i] / (e[i] + 1.0f);
	}
	if (act == pvs_relu6)
		for (int i = 0; i < n; i++)
			x[i] = clip(x[i], 0.0f, 6.0f);
}

// panel_width is how many of the columns that are left the next panel of a pvs_matrix has.
PVS_INLINE int panel_width(int left) { return left == 8 || left == 24 ? left : pvs_panel; }

#endif
