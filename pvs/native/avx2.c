#define PVS_LANES 8
#define PVS_INSTRUCTIONS "avx2,fma"
#include "norms.h"

#define PVS_EXPORT(name) name##_8
#include "export.h"

int pvs_lanes(void) {
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
		return 16;
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}
