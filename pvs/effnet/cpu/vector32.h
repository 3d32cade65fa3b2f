// Vectors of 32 float16, of AVX512-FP16.
#ifndef PVS_CPU_VECTOR32_H
#define PVS_CPU_VECTOR32_H

typedef __m512h vec;
typedef __mmask32 mask;

PVS_INLINE vec load(const value *p) { return _mm512_loadu_ph(p); }
PVS_INLINE void store(value *p, vec x) { _mm512_storeu_ph(p, x); }
PVS_INLINE vec all(value x) { return _mm512_set1_ph(x); }
// clip keeps NaN, as in vector8.h: x is the second of two values.
PVS_INLINE vec clip(vec x, value low, value high) { return _mm512_max_ph(all(low), _mm512_min_ph(all(high), x)); }
PVS_INLINE mask lanes_of(int left) { return left < 32 ? (1u << left) - 1 : ~0u; }
PVS_INLINE vec load_part(const value *p, mask m) { return (vec)_mm512_maskz_loadu_epi16(m, p); }
PVS_INLINE void store_part(value *p, vec x, mask m) { _mm512_mask_storeu_epi16(p, m, (__m512i)x); }

// inverse is 1/x within 6e-4: what comes next is rounded to 5e-4.
PVS_INLINE vec inverse(vec x) { return _mm512_rcp_ph(x); }

// between is 1 where low < x < high, NaN where x is, and 0 elsewhere.
PVS_INLINE vec between(vec x, value low, value high) {
	mask m = _mm512_cmp_ph_mask(x, all(low), _CMP_GT_OQ) & _mm512_cmp_ph_mask(x, all(high), _CMP_LT_OQ);
	return (vec)_mm512_mask_mov_epi16(_mm512_maskz_mov_epi16(m, (__m512i)all(1)), _mm512_cmp_ph_mask(x, x, _CMP_UNORD_Q),
		(__m512i)x);
}

// Of exp_negative in vector.h: a minimax polynomial of 2^x for x in [0, 1], within 7.5e-5.
static const value exp2_coefficients[] = {0.07802454, 0.22606720, 0.69583349, 0.99992523};

// split_exponent is that of vector16.h. What would be more than the largest float16 becomes infinite, and its inverse
// 0.
PVS_INLINE void split_exponent(vec *x, vec *whole) {
	*whole = *x * minus_log2e;
	*x = _mm512_reduce_ph(*whole, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
}

PVS_INLINE vec times_power_of_two(vec p, vec power) { return _mm512_scalef_ph(p, power); }

// depth_step is how many values of x a step of a matrix product multiplies, by as many interleaved rows of weights.
enum { depth_step = 2 };

// broadcast repeats two values. Processors repeat 32 bits as they load them; to repeat 16 takes a port that
// multiplies.
PVS_INLINE vec broadcast(const value *p) {
	int both;
	memcpy(&both, p, sizeof both);
	return (vec)_mm512_set1_epi32(both);
}

// A matrix product's depth is cut into chunks, each with a sum of its own: float16 would lose the last digits of a
// long sum.
enum { chunk = 128 };

PVS_INLINE vec start(const value *bias) { return all(0); }

// join_pairs turns the pairwise sums of 16 columns each in a and b into those of 32 columns.
PVS_INLINE vec join_pairs(vec a, vec b) {
	__m512i first = _mm512_set_epi64(0x003e003c003a0038, 0x0036003400320030, 0x002e002c002a0028, 0x0026002400220020,
		0x001e001c001a0018, 0x0016001400120010, 0x000e000c000a0008, 0x0006000400020000);
	__m512i second = _mm512_or_si512(first, _mm512_set1_epi16(1));
	return (vec)_mm512_permutex2var_epi16((__m512i)a, first, (__m512i)b) + (vec)_mm512_permutex2var_epi16((__m512i)a,
		second, (__m512i)b);
}

// finish turns a row's vectors of pairwise sums into its values.
PVS_INLINE void finish(vec *x, int vectors, const value *bias) {
	for (int j = 0; j < vectors; j += 2)
		x[j / 2] = join_pairs(x[j], j + 1 < vectors ? x[j + 1] : all(0)) + load_part(bias + lanes * j,
			lanes_of((vectors - j) * lanes));
}

// Sums over positions are float32.
typedef struct {
	__m512 low, high;
} position_sums;

PVS_INLINE position_sums load_sum(const float *p, mask m) {
	return (position_sums){_mm512_maskz_loadu_ps(m, p), _mm512_maskz_loadu_ps(m >> 16, p + 16)};
}

PVS_INLINE void add_to(position_sums *s, vec x) {
	s->low += _mm512_cvtxph_ps(_mm512_castph512_ph256(x));
	s->high += _mm512_cvtxph_ps((__m256h)_mm512_extracti64x4_epi64((__m512i)x, 1));
}

PVS_INLINE void store_sum(float *p, position_sums s, mask m) {
	_mm512_mask_storeu_ps(p, m, s.low);
	_mm512_mask_storeu_ps(p + 16, m >> 16, s.high);
}

#endif
