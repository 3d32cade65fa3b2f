//go:build cgo && amd64

#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,fma"
#include "adam.h"
#include "dense.h"
#include "network.h"
#include "training_backward.h"
#include "batchnorm_phases.h"
#include "pack.h"

#define PVS_EXPORT(name) name##_16
#include "export.h"

void pvs_gate_of_sums_16(const pvs_block *b, int count, int positions, float *sums, float *squeezed, float *gate) {
	gate_of_sums(b, count, positions, sums, squeezed, gate);
}
