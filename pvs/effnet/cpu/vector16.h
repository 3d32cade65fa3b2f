// Vectors of 16 float32, of AVX-512.
#ifndef PVS_CPU_VECTOR16_H
#define PVS_CPU_VECTOR16_H

typedef __m512 vec;
typedef __mmask16 mask;

PVS_INLINE vec load(const float *p) { return _mm512_loadu_ps(p); }
PVS_INLINE void store(float *p, vec x) { _mm512_storeu_ps(p, x); }
// stream stores what is not read soon, at multiples of a vector, past the cache.
PVS_INLINE void stream(float *p, vec x) { _mm512_stream_ps(p, x); }
PVS_INLINE vec all(float x) { return _mm512_set1_ps(x); }
// clip keeps NaN, as in vector8.h: x is the second of two values.
PVS_INLINE vec clip(vec x, float low, float high) { return _mm512_max_ps(all(low), _mm512_min_ps(all(high), x)); }
PVS_INLINE vec larger(vec x, vec y) { return _mm512_max_ps(x, y); }
PVS_INLINE mask lanes_of(int left) { return left < 16 ? 0xff : 0xffff; }
PVS_INLINE vec load_part(const float *p, mask m) { return _mm512_maskz_loadu_ps(m, p); }
PVS_INLINE void store_part(float *p, vec x, mask m) { _mm512_mask_storeu_ps(p, m, x); }

PVS_INLINE vec root(vec x) { return _mm512_sqrt_ps(x); }
// gather loads values that lie stride apart.
PVS_INLINE vec gather(const float *p, int stride) {
	const __m512i positions = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	return _mm512_i32gather_ps(_mm512_mullo_epi32(positions, _mm512_set1_epi32(stride)), p, sizeof(float));
}

PVS_INLINE float sum_lanes(vec x) { return _mm512_reduce_add_ps(x); }

// inverse is 1/x, for x of at least 1: an estimate and a step of Newton's method, within 1e-7. Swish
// takes a tenth longer with a division.
PVS_INLINE vec inverse(vec x) {
	vec r = _mm512_rcp14_ps(x);
	return r + r * (1.0f - x * r);
}

// between is 1 where low < x < high, NaN where x is, and 0 elsewhere.
PVS_INLINE vec between(vec x, float low, float high) {
	mask inside = _mm512_cmp_ps_mask(x, all(low), _CMP_GT_OQ) & _mm512_cmp_ps_mask(x, all(high), _CMP_LT_OQ);
	return _mm512_mask_mov_ps(_mm512_maskz_mov_ps(inside, all(1)), _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q), x);
}

// Of exp_negative in vector.h: a minimax polynomial of 2^x for x in [0, 1], within 7.5e-8.
static const float exp2_coefficients[] = {0.00187757667f, 0.00898934009f, 0.0558263180f, 0.240153617f, 0.693153073f,
		0.999999924f};

// split_exponent splits -x * log2(e), whole, into a whole number and the fraction x: times_power_of_two rounds whole
// down itself.
PVS_INLINE void split_exponent(vec *x, vec *whole) {
	*whole = _mm512_max_ps(all(-87.0f), *x) * minus_log2e; // NaN stays: see clip
	*x = _mm512_reduce_ps(*whole, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

// times_power_of_two multiplies p by 2 to the power of a number, rounded down.
PVS_INLINE vec times_power_of_two(vec p, vec power) { return _mm512_scalef_ps(p, power); }

// keep_nan is e, which is NaN where x is, unlike in vector8.h.
PVS_INLINE vec keep_nan(vec x, vec e) { return e; }

#endif
