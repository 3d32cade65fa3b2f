// Vectors of float32: 8 lanes with AVX2, 16 with AVX-512. GCC and Clang take + - * / between
// them, and make one instruction of a product and a sum. What is written with them is compiled
// once for each, by avx2.c and avx512.c, whatever the rest of the program is compiled for.
#ifndef PVS_NATIVE_VECTOR_H
#define PVS_NATIVE_VECTOR_H

#include <immintrin.h>

#include "native.h"

#define PVS_TARGET __attribute__((target(PVS_INSTRUCTIONS)))
#define PVS_INLINE static inline __attribute__((always_inline)) PVS_TARGET

// Numbers of channels are multiples of 8, so that with 16 lanes the last vector of a row may be
// half full: a mask says which of its lanes there are. With 8 lanes all are.
#if PVS_LANES == 16

typedef __m512 vec;
typedef __mmask16 mask;

PVS_INLINE vec load(const float *p) { return _mm512_loadu_ps(p); }
PVS_INLINE void store(float *p, vec x) { _mm512_storeu_ps(p, x); }
PVS_INLINE vec all(float x) { return _mm512_set1_ps(x); }
PVS_INLINE vec clip(vec x, float low, float high) { return _mm512_max_ps(_mm512_min_ps(x, all(high)), all(low)); }
PVS_INLINE mask lanes_of(int left) { return left < PVS_LANES ? 0xff : 0xffff; }
PVS_INLINE vec load_part(const float *p, mask m) { return _mm512_maskz_loadu_ps(m, p); }
PVS_INLINE void store_part(float *p, vec x, mask m) { _mm512_mask_storeu_ps(p, m, x); }

PVS_INLINE float total_of(vec x) { return _mm512_reduce_add_ps(x); }

// inverse is 1/x, for x of at least 1: an estimate and a step of Newton's method, within 1e-7. Swish
// takes a tenth longer with a division.
PVS_INLINE vec inverse(vec x) {
	vec r = _mm512_rcp14_ps(x);
	return r + r * (1.0f - x * r);
}

// between is 1 where low < x < high and 0 elsewhere.
PVS_INLINE vec between(vec x, float low, float high) {
	return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, all(low), _CMP_GT_OQ) & _mm512_cmp_ps_mask(x, all(high), _CMP_LT_OQ), all(1));
}

// doubled multiplies p by 2 to the power of a number, rounded down.
PVS_INLINE vec doubled(vec p, vec power) { return _mm512_scalef_ps(p, power); }

#else

typedef __m256 vec;
typedef int mask;

PVS_INLINE vec load(const float *p) { return _mm256_loadu_ps(p); }
PVS_INLINE void store(float *p, vec x) { _mm256_storeu_ps(p, x); }
PVS_INLINE vec all(float x) { return _mm256_set1_ps(x); }
PVS_INLINE vec clip(vec x, float low, float high) { return _mm256_max_ps(_mm256_min_ps(x, all(high)), all(low)); }
PVS_INLINE mask lanes_of(int left) { return left; }
PVS_INLINE vec load_part(const float *p, mask m) { return load(p); }
PVS_INLINE void store_part(float *p, vec x, mask m) { store(p, x); }

PVS_INLINE vec inverse(vec x) { return 1.0f / x; }

PVS_INLINE float total_of(vec x) {
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

PVS_INLINE vec between(vec x, float low, float high) {
	return _mm256_and_ps(_mm256_and_ps(_mm256_cmp_ps(x, all(low), _CMP_GT_OQ), _mm256_cmp_ps(x, all(high), _CMP_LT_OQ)), all(1));
}

// doubled multiplies p by 2 to the power of the whole number in the last bits of shifted.
PVS_INLINE vec doubled(vec p, vec shifted) {
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(shifted), 23)));
}

#endif

// without_denormals makes numbers below 1.2e-38 zero, since some processors compute with them a
// hundred times as slowly, and returns what is to be set again by _mm_setcsr.
static inline unsigned without_denormals(void) {
	unsigned before = _mm_getcsr();
	_mm_setcsr(before | _MM_FLUSH_ZERO_ON | 0x40); // results and, 0x40, operands
	return before;
}

// A panel is the columns of a matrix, or the channels, that are computed together.
enum { lanes = PVS_LANES, panel = 2 * lanes };

// decay replaces n vectors by exp(-x), within 2e-7 of itself for x in [-87, 87] and that of the
// nearer end, or nearly 0, elsewhere: 2 to the power of a whole number and of the rest, minimax
// polynomials with relative errors of 7.5e-8. Steps of several vectors are written beside each
// other, since each waits for the one before.
PVS_INLINE void decay(vec *x, int n) {
	const float minus_log2e = -1.44269504f;
	vec whole[4], p[4];
#if PVS_LANES == 16
	// The instruction that multiplies by a power of two rounds it down.
	const float c[] = {0.00187757667f, 0.00898934009f, 0.0558263180f, 0.240153617f, 0.693153073f, 0.999999924f};
	for (int i = 0; i < n; i++)
		whole[i] = _mm512_max_ps(x[i], all(-87.0f)) * minus_log2e;
	for (int i = 0; i < n; i++)
		x[i] = _mm512_reduce_ps(whole[i], _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC); // 0 to 1
#else
	const float round = 12582912.0f; // 1.5 * 2^23: a number loses its fraction when this is added
	const float c[] = {0.00132764492f, 0.0096755391f, 0.0555071346f, 0.240221202f, 0.693146944f, 1.00000012f};
	for (int i = 0; i < n; i++)
		x[i] = clip(x[i], -87.0f, 87.0f);
	for (int i = 0; i < n; i++)
		whole[i] = x[i] * minus_log2e + round;
	for (int i = 0; i < n; i++)
		x[i] = x[i] * minus_log2e - (whole[i] - round); // -0.5 to 0.5
#endif
	for (int i = 0; i < n; i++)
		p[i] = x[i] * c[0] + c[1];
	for (int k = 2; k < 6; k++)
		for (int i = 0; i < n; i++)
			p[i] = p[i] * x[i] + c[k];
	for (int i = 0; i < n; i++)
		x[i] = doubled(p[i], whole[i]);
}

// activate replaces n vectors, at most 4, by what comes after a sum.
PVS_INLINE void activate(vec *x, int n, int act) {
	if (act == pvs_swish) {
		vec e[4];
		for (int i = 0; i < n; i++)
			e[i] = x[i];
		decay(e, n);
		for (int i = 0; i < n; i++)
			x[i] = x[i] * inverse(e[i] + 1.0f);
	}
	if (act == pvs_relu6)
		for (int i = 0; i < n; i++)
			x[i] = clip(x[i], 0.0f, 6.0f);
}

// differentiate is activate that also writes the derivatives.
PVS_INLINE void differentiate(vec *x, int n, int act, float *slopes) {
	if (act == pvs_swish) {
		vec e[4];
		for (int i = 0; i < n; i++)
			e[i] = x[i];
		decay(e, n);
		for (int i = 0; i < n; i++) {
			vec s = inverse(e[i] + 1.0f);
			x[i] = x[i] * s;
			store(slopes + lanes * i, s + x[i] * (1.0f - s));
		}
	}
	if (act == pvs_relu6)
		for (int i = 0; i < n; i++) {
			store(slopes + lanes * i, between(x[i], 0, 6));
			x[i] = clip(x[i], 0, 6);
		}
}

// vectors_of is how many vectors the columns are that are left, and panel_vectors how many of
// them the next panel of a pvs_matrix has.
static inline int vectors_of(int left) { return (left + lanes - 1) / lanes; }
static inline int panel_vectors(int left) {
	int n = vectors_of(left);
	return n == 1 || n == 3 ? n : 2;
}

// tiles is how many tiles of at most so many there are, and part where one of them begins: 49
// rows are nine tiles of five or six, not eight of six and one of one.
static inline int tiles(int all, int most) { return (all + most - 1) / most; }
static inline int part(int all, int tile, int tiles) { return (int)((long)all * tile / tiles); }

#endif
