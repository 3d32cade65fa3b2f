//go:build cgo && amd64

#define PVS_FLOAT16
#include "cpu.h"

#ifdef PVS_HAS_FLOAT16

#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,avx512bw,avx512vl,avx512fp16,fma"
#include "network.h"

long pvs_scratch_float16(const pvs_network *n, int count) { return scratch_of(n, count); }

PVS_TARGET void pvs_run_float16(const pvs_network *n, const float *images, int count, int block, const float *factors,
		float *out, float *scratch) {
	run(n, images, count, block, factors, out, scratch);
}

PVS_TARGET void pvs_to_float16(const float *x, long n, void *out) {
	const float largest = 65504, infinite = __builtin_inff();
	for (long i = 0; i < n; i++) {
		float v = x[i];
		if (v > largest && v < infinite)
			v = largest;
		if (v < -largest && v > -infinite)
			v = -largest;
		((_Float16 *)out)[i] = v;
	}
}

#endif // PVS_HAS_FLOAT16
