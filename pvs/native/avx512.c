#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,fma"
#include "network.h"

long pvs_scratch_16(const pvs_network *n, int count) { return scratch_of(n, count); }

void pvs_run_16(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch) {
	unsigned before = without_denormals();
	run(n, images, count, block, factors, out, scratch);
	_mm_setcsr(before);
}
