// Vectors of 8 float32, of AVX2.
#ifndef PVS_CPU_VECTOR8_H
#define PVS_CPU_VECTOR8_H

typedef __m256 vec;
typedef int mask;

PVS_INLINE vec load(const float *p) { return _mm256_loadu_ps(p); }
PVS_INLINE void store(float *p, vec x) { _mm256_storeu_ps(p, x); }
// stream stores what is not read soon, at multiples of a vector, past the cache.
PVS_INLINE void stream(float *p, vec x) { _mm256_stream_ps(p, x); }
PVS_INLINE vec all(float x) { return _mm256_set1_ps(x); }
// Of two values, one of which is NaN, the processor's minimum and maximum are the second: x has to be that, or clip
// would turn NaN into a number.
PVS_INLINE vec clip(vec x, float low, float high) { return _mm256_max_ps(all(low), _mm256_min_ps(all(high), x)); }
PVS_INLINE vec larger(vec x, vec y) { return _mm256_max_ps(x, y); }
PVS_INLINE mask lanes_of(int left) { return left; } // all lanes: rows end with whole vectors
PVS_INLINE vec load_part(const float *p, mask m) { return load(p); }
PVS_INLINE void store_part(float *p, vec x, mask m) { store(p, x); }

PVS_INLINE vec inverse(vec x) { return 1.0f / x; }

PVS_INLINE vec root(vec x) { return _mm256_sqrt_ps(x); }
// gather loads values that lie stride apart.
PVS_INLINE vec gather(const float *p, int stride) {
	return _mm256_i32gather_ps(p, _mm256_mullo_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7),
		_mm256_set1_epi32(stride)), sizeof(float));
}

PVS_INLINE float sum_lanes(vec x) {
	__m128 s = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
	s = _mm_add_ps(s, _mm_movehl_ps(s, s));
	return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

// between is 1 where low < x < high, NaN where x is (the bits of a comparison that holds are one), and 0
// elsewhere.
PVS_INLINE vec between(vec x, float low, float high) {
	vec inside = _mm256_and_ps(_mm256_cmp_ps(x, all(low), _CMP_GT_OQ), _mm256_cmp_ps(x, all(high), _CMP_LT_OQ));
	return _mm256_or_ps(_mm256_and_ps(inside, all(1)), _mm256_cmp_ps(x, x, _CMP_UNORD_Q));
}

// Of exp_negative in vector.h: a minimax polynomial of 2^x for x in [-0.5, 0.5], within 7.5e-8.
static const float exp2_coefficients[] = {0.00132764492f, 0.0096755391f, 0.0555071346f, 0.240221202f, 0.693146944f,
		1.00000012f};

// split_exponent splits -x * log2(e) into a whole number, in the last bits of whole, and a fraction, x, which the
// polynomial takes.
PVS_INLINE void split_exponent(vec *x, vec *whole) {
	const float round = 12582912.0f; // 1.5 * 2^23: a number loses its fraction when this is added
	*x = clip(*x, -87.0f, 87.0f);
	*whole = *x * minus_log2e + round;
	*x = *x * minus_log2e - (*whole - round);
}

// times_power_of_two multiplies p by 2 to the power of the whole number, by adding it to the exponent in p's bits.
// NaN may become a number there.
PVS_INLINE vec times_power_of_two(vec p, vec whole) {
	return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), _mm256_slli_epi32(_mm256_castps_si256(whole),
		23)));
}

// keep_nan is e where x is a number, and NaN elsewhere, e being exp_negative of x.
PVS_INLINE vec keep_nan(vec x, vec e) { return _mm256_or_ps(e, _mm256_cmp_ps(x, x, _CMP_UNORD_Q)); }

#endif
