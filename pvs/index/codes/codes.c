//go:build cgo && amd64

#include "codes.h"

#include <immintrin.h>

// Products and sums are rounded one by one, as Go does, so that all instruction sets give the same estimates.
#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#else
#pragma GCC optimize("fp-contract=off")
#endif

// AVX2: bits are counted in nibbles by a table of 16 (Mula, Kurz, Lemire: Faster population counts using AVX2
// instructions, 2018). The weighted counts of a byte in four planes, at most 8 * 15, fit a byte.

#define PVS_TARGET __attribute__((target("avx2,fma,popcnt")))
#define PVS_NAME(name) name##_avx2

PVS_TARGET static inline __m256i count_bytes(__m256i v, __m256i table, __m256i low) {
	return _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
		_mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
}

PVS_TARGET static inline long distance_avx2(const pvs_scan_query *s, const uint64_t *code) {
	const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1, 2,
		2, 3, 2, 3, 3, 4);
	const __m256i low = _mm256_set1_epi8(15);
	__m256i sum = _mm256_setzero_si256();
	int w = 0;
	for (; w + 4 <= s->words; w += 4) {
		__m256i c = _mm256_loadu_si256((const __m256i *)(code + w)), bytes = _mm256_setzero_si256();
		for (int j = s->planes - 1; j >= 0; j--) {
			__m256i x = _mm256_xor_si256(c, _mm256_loadu_si256((const __m256i *)(s->plane[j] + w)));
			bytes = _mm256_add_epi8(_mm256_add_epi8(bytes, bytes), count_bytes(x, table, low));
		}
		sum = _mm256_add_epi64(sum, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
	}
	__m128i half = _mm_add_epi64(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
	long total = _mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1);
	for (; w < s->words; w++)
		for (int j = 0; j < s->planes; j++)
			total += (long)__builtin_popcountll(code[w] ^ s->plane[j][w]) << j;
	return total;
}

#include "scan.h"

PVS_TARGET static inline float sum8(__m256 v) {
	__m128 x = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	x = _mm_add_ps(x, _mm_movehl_ps(x, x));
	return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}

// A row's product has the same order of additions whether it is computed alone or beside others.
PVS_TARGET static void dots_avx2(const char *rows, long stride, long n, const float *query, int dim, float *out) {
	for (long r = 0; r < n; r++) {
		const float *x = (const float *)(rows + r * stride);
		__m256 a = _mm256_setzero_ps(), b = a, c = a, d = a;
		int i = 0;
		for (; i + 32 <= dim; i += 32) {
			a = _mm256_fmadd_ps(_mm256_loadu_ps(x + i), _mm256_loadu_ps(query + i), a);
			b = _mm256_fmadd_ps(_mm256_loadu_ps(x + i + 8), _mm256_loadu_ps(query + i + 8), b);
			c = _mm256_fmadd_ps(_mm256_loadu_ps(x + i + 16), _mm256_loadu_ps(query + i + 16), c);
			d = _mm256_fmadd_ps(_mm256_loadu_ps(x + i + 24), _mm256_loadu_ps(query + i + 24), d);
		}
		float sum = sum8(_mm256_add_ps(_mm256_add_ps(a, b), _mm256_add_ps(c, d)));
		for (; i < dim; i++)
			sum += x[i] * query[i];
		out[r] = sum;
	}
}

#undef PVS_TARGET
#undef PVS_NAME

// AVX-512 with VPOPCNTDQ: eight words of eight rows at a time.

#define PVS_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx512vpopcntdq,popcnt")))
#define PVS_NAME(name) name##_avx512

// mask_of is which of eight words from w on there are.
PVS_TARGET static inline __mmask8 mask_of(int words, int w) { return words - w < 8 ? (1 << (words - w)) - 1 : 0xff; }

PVS_TARGET static inline long distance_avx512(const pvs_scan_query *s, const uint64_t *code) {
	__m512i sum = _mm512_setzero_si512();
	for (int w = 0; w < s->words; w += 8) {
		__mmask8 m = mask_of(s->words, w);
		__m512i c = _mm512_maskz_loadu_epi64(m, code + w), of = _mm512_setzero_si512();
		for (int j = s->planes - 1; j >= 0; j--) {
			__m512i x = _mm512_xor_si512(c, _mm512_maskz_loadu_epi64(m, s->plane[j] + w));
			of = _mm512_add_epi64(_mm512_add_epi64(of, of), _mm512_popcnt_epi64(x));
		}
		sum = _mm512_add_epi64(sum, of);
	}
	return _mm512_reduce_add_epi64(sum);
}

// lane_sums adds up the eight values of each of eight vectors.
PVS_TARGET static inline __attribute__((always_inline)) __m512i lane_sums(const __m512i *a) {
	__m512i t[4], x[2];
	_Pragma("GCC unroll 4") for (int i = 0; i < 4; i++)
		t[i] = _mm512_add_epi64(_mm512_unpacklo_epi64(a[2 * i], a[2 * i + 1]),
			_mm512_unpackhi_epi64(a[2 * i], a[2 * i + 1]));
	_Pragma("GCC unroll 2") for (int i = 0; i < 2; i++)
		x[i] = _mm512_add_epi64(_mm512_shuffle_i64x2(t[2 * i], t[2 * i + 1], 0x88),
			_mm512_shuffle_i64x2(t[2 * i], t[2 * i + 1], 0xdd));
	return _mm512_add_epi64(_mm512_shuffle_i64x2(x[0], x[1], 0x88), _mm512_shuffle_i64x2(x[0], x[1], 0xdd));
}

// PVS_ADD_WORDS adds to the sums of eight rows what eight words, loaded by LOAD, differ in from the planes.
#define PVS_ADD_WORDS(LOAD) \
	do { \
		__m512i plane[4]; \
		_Pragma("GCC unroll 4") for (int j = 0; j < planes; j++) \
			plane[j] = LOAD(s->plane[j] + w); \
		_Pragma("GCC unroll 8") for (int r = 0; r < 8; r++) { \
			__m512i c = LOAD(code + r * words + w), of = _mm512_popcnt_epi64(_mm512_xor_si512(c, plane[planes - 1])); \
			_Pragma("GCC unroll 4") for (int j = planes - 2; j >= 0; j--) \
				of = _mm512_add_epi64(_mm512_add_epi64(of, of), \
					_mm512_popcnt_epi64(_mm512_xor_si512(c, plane[j]))); \
			sums[r] = _mm512_add_epi64(sums[r], of); \
		} \
	} while (0)

// distances_avx512 are those of eight rows; planes is a constant where it is called.
PVS_TARGET static inline __attribute__((always_inline)) __m512i distances_avx512(const pvs_scan_query *s,
		const int planes, const uint64_t *code) {
	const int words = s->words;
	__m512i sums[8];
	_Pragma("GCC unroll 8") for (int r = 0; r < 8; r++)
		sums[r] = _mm512_setzero_si512();
	int w = 0;
	for (; w + 8 <= words; w += 8)
		PVS_ADD_WORDS(_mm512_loadu_si512);
	if (w < words) {
		__mmask8 m = mask_of(words, w);
#define PVS_LOAD_SOME(from) _mm512_maskz_loadu_epi64(m, from)
		PVS_ADD_WORDS(PVS_LOAD_SOME);
	}
	return lane_sums(sums);
}

// eight_rows appends those of eight rows from "row" on that are allowed, and returns how many there are then.
PVS_TARGET static long eight_rows(const pvs_scan_query *s, const uint64_t *codes, const float *factors,
		__mmask8 allowed, long row, uint32_t *rows, float *scores, long n) {
	const uint64_t *code = codes + row * s->words;
	__m512i d = s->planes == 4 ? distances_avx512(s, 4, code) : s->planes == 3 ? distances_avx512(s, 3, code) :
		s->planes == 2 ? distances_avx512(s, 2, code) : distances_avx512(s, 1, code);
	__m256 off = _mm256_mul_ps(_mm256_set1_ps(s->step), _mm512_cvtepi64_ps(d));
	__m256 score = _mm256_add_ps(_mm256_set1_ps(s->base),
		_mm256_mul_ps(_mm256_loadu_ps(factors + row), _mm256_sub_ps(_mm256_set1_ps(s->most), off)));
	__mmask8 wanted = allowed & _mm256_cmp_ps_mask(score, _mm256_set1_ps(s->least), _CMP_GT_OQ);
	if (!wanted)
		return n;
	__m256i at = _mm256_add_epi32(_mm256_set1_epi32(row), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
	_mm256_mask_compressstoreu_epi32(rows + n, wanted, at);
	_mm256_mask_compressstoreu_ps(scores + n, wanted, score);
	return n + __builtin_popcount(wanted);
}
#define PVS_EIGHT eight_rows

#include "scan.h"

PVS_TARGET static void dots_avx512(const char *rows, long stride, long n, const float *query, int dim, float *out) {
	for (long r = 0; r < n; r++) {
		const float *x = (const float *)(rows + r * stride);
		__m512 a = _mm512_setzero_ps(), b = a, c = a, d = a;
		int i = 0;
		for (; i + 64 <= dim; i += 64) {
			a = _mm512_fmadd_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(query + i), a);
			b = _mm512_fmadd_ps(_mm512_loadu_ps(x + i + 16), _mm512_loadu_ps(query + i + 16), b);
			c = _mm512_fmadd_ps(_mm512_loadu_ps(x + i + 32), _mm512_loadu_ps(query + i + 32), c);
			d = _mm512_fmadd_ps(_mm512_loadu_ps(x + i + 48), _mm512_loadu_ps(query + i + 48), d);
		}
		for (; i < dim; i += 16) {
			__mmask16 m = dim - i < 16 ? (1 << (dim - i)) - 1 : 0xffff;
			a = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, x + i), _mm512_maskz_loadu_ps(m, query + i), a);
		}
		out[r] = _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(a, b), _mm512_add_ps(c, d)));
	}
}

int pvs_codes_instructions(void) {
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
			__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq"))
		return pvs_avx512;
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? pvs_avx2 : pvs_plain;
}

long pvs_codes_scan(int instructions, const pvs_scan_query *s, const uint64_t *codes, const float *factors,
		const uint64_t *allowed, long from, long to, uint32_t *rows, float *scores, long *count, long room) {
	return (instructions == pvs_avx512 ? scan_avx512 : scan_avx2)(s, codes, factors, allowed, from, to, rows, scores,
		count, room);
}

void pvs_codes_dots(int instructions, const char *rows, long stride, long n, const float *query, int dim, float *out) {
	(instructions == pvs_avx512 ? dots_avx512 : dots_avx2)(rows, stride, n, query, dim, out);
}
