//go:build cgo && amd64

#define PVS_FLOAT16
#include "../../effnet/cpu/cpu.h"

#ifdef PVS_HAS_FLOAT16

#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,avx512bw,avx512vl,avx512fp16,fma"
#include "../../effnet/cpu/vector.h"

// Activates whole vectors.
PVS_TARGET void piece_activate_32(int act, float *x, int n, float *derivatives) {
	for (int i = 0; i < n; i += step) {
		value v[step], s[step];
		for (int j = 0; j < step; j++)
			v[j] = i + j < n ? x[i + j] : 0;
		vec a = load(v);
		differentiate(&a, 1, act, s);
		store(v, a);
		for (int j = 0; j < step && i + j < n; j++) {
			x[i + j] = v[j];
			derivatives[i + j] = s[j];
		}
	}
}

#else
void piece_activate_32(int act, float *x, int n, float *derivatives) {}
#endif
