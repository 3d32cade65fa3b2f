#define PVS_LANES 8
#define PVS_INSTRUCTIONS "avx2,fma"
#include "network.h"

long pvs_scratch_8(const pvs_network *n, int count) { return scratch_of(n, count); }

void pvs_run_8(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch) {
	unsigned before = without_denormals();
	run(n, images, count, block, factors, out, scratch);
	_mm_setcsr(before);
}

int pvs_lanes(void) {
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
		return 16;
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}
