//go:build cgo && amd64

#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,fma"
#include "adam.h"
#include "dense.h"
#include "norms.h"
#include "pack.h"

#define PVS_EXPORT(name) name##_16
#include "export.h"

void pvs_factors_16(const pvs_block *b, int count, int places, float *sums, float *squeezed, float *gate) {
	factors_of(b, count, places, sums, squeezed, gate);
}
