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

// decay is exp(-x) within 2e-7 of itself for x in [-87, 87], and that of the nearer end
// elsewhere: 2 to the power of a whole number and of the rest, a polynomial.
PVS_INLINE v8 decay(v8 x) {
	const float minus_log2e = -1.44269504f;
	const float round = 12582912.0f; // 1.5 * 2^23: a number loses its fraction when this is added
	x = clip(x, -87.0f, 87.0f);
	v8 shifted = x * minus_log2e + round;
	v8 f = x * minus_log2e - (shifted - round); // -0.5 to 0.5
	// Minimax for 2^f by its relative error, 7.5e-8.
	v8 p = f * 0.00132764492f + 0.0096755391f;
	p = p * f + 0.0555071346f;
	p = p * f + 0.240221202f;
	p = p * f + 0.693146944f;
	p = p * f + 1.00000012f;
	__m256i power = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), power));
}

PVS_INLINE v8 activate(v8 x, int act) {
	if (act == pvs_swish)
		return x / (decay(x) + 1.0f);
	if (act == pvs_relu6)
		return clip(x, 0.0f, 6.0f);
	return x;
}

#endif
