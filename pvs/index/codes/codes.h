// 1-bit codes and inner products on a CPU, in C. Nothing is allocated here.
#ifndef PVS_CODES_H
#define PVS_CODES_H

#include <stdint.h>

// pvs_scan_query is a query as it is compared with codes (Query in Go): a row's inner product is estimated as
// base + factor * (most - step * distance), where distance is the sum of 2^j times the Hamming distance to plane j.
typedef struct {
	int words, planes;        // of 64 bits; 1 to 4 planes
	const uint64_t *plane[4]; // [words] each
	float base, most, step;
	float least; // rows with a larger estimate are wanted
} pvs_scan_query;

enum { pvs_plain, pvs_avx2, pvs_avx512 };

int pvs_codes_instructions(void); // the best of them that runs here

long pvs_codes_scan(int instructions, const pvs_scan_query *s, const uint64_t *codes, const float *factors,
		const uint64_t *allowed, long from, long to, uint32_t *rows, float *scores, long *count, long room);

// pvs_codes_dots writes the inner products of n rows, stride bytes apart, with a query; both have dim values.
void pvs_codes_dots(int instructions, const char *rows, long stride, long n, const float *query, int dim, float *out);

#endif
