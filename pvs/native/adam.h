// A step of the optimizer.
#ifndef PVS_NATIVE_ADAM_H
#define PVS_NATIVE_ADAM_H

#include "vector.h"

// adam takes the step that native.h says. The last values, that fill no vector, go through one.
PVS_TARGET static void adam(const pvs_adam *a, const float *slopes, long n, float *m, float *v, float *weights) {
	for (long i = 0; i < n; i += lanes) {
		int here = n - i < lanes ? (int)(n - i) : lanes;
		float rest[4][lanes];
		const float *from[] = {slopes + i, m + i, v + i, weights + i};
		for (int k = 0; here < lanes && k < 4; k++)
			from[k] = memcpy(memset(rest[k], 0, sizeof rest[k]), from[k], sizeof(float) * here);
		vec slope = load(from[0]), first = load(from[1]), second = load(from[2]), weight = load(from[3]);
		first += (slope - first) * a->mean;
		second += (slope * slope - second) * a->square;
		weight -= first * a->rate / (root(second) + a->epsilon);
		if (here == lanes) {
			store(m + i, first);
			store(v + i, second);
			store(weights + i, weight);
			continue;
		}
		const vec results[] = {first, second, weight};
		memcpy(m + i, &results[0], sizeof(float) * here);
		memcpy(v + i, &results[1], sizeof(float) * here);
		memcpy(weights + i, &results[2], sizeof(float) * here);
	}
}

#endif
