// A step of the optimizer.
#ifndef PVS_NATIVE_ADAM_H
#define PVS_NATIVE_ADAM_H

#include "vector.h"

// trained is weights and their moments, or, where those are null, what gradients are written to.
typedef struct {
	float *weights, *m, *v;
} trained;

// adam_vector takes the step that cpu.h says for a vector of weights from the one numbered i on.
PVS_INLINE void adam_vector(const pvs_adam *a, vec slope, trained t, long i) {
	vec m = load(t.m + i), v = load(t.v + i);
	m += (slope - m) * a->mean;
	v += (slope * slope - v) * a->square;
	store(t.m + i, m);
	store(t.v + i, v);
	store(t.weights + i, load(t.weights + i) - m * a->rate / (root(v) + a->epsilon));
}

// adam takes it for n weights. The last values, that fill no vector, go through one.
PVS_TARGET static void adam(const pvs_adam *a, const float *slopes, long n, trained t) {
	long i = 0;
	for (; i + lanes <= n; i += lanes)
		adam_vector(a, load(slopes + i), t, i);
	float rest[4][lanes] = {0};
	const size_t size = sizeof(float) * (n - i);
	float *of[] = {t.weights + i, t.m + i, t.v + i};
	memcpy(rest[3], slopes + i, size);
	for (int k = 0; k < 3; k++)
		memcpy(rest[k], of[k], size);
	adam_vector(a, load(rest[3]), (trained){rest[0], rest[1], rest[2]}, 0);
	for (int k = 0; k < 3; k++)
		memcpy(of[k], rest[k], size);
}

// arrive brings gradients to where they go.
PVS_INLINE void arrive(const pvs_adam *a, vec slope, trained t, long i) {
	if (a)
		adam_vector(a, slope, t, i);
	else
		store(t.weights + i, slope);
}

// arrive_some does so with fewer than fill a vector.
PVS_TARGET static void arrive_some(const pvs_adam *a, const float *slopes, int n, trained t, long i) {
	if (a)
		adam(a, slopes, n, (trained){t.weights + i, t.m + i, t.v + i});
	else
		memcpy(t.weights + i, slopes, sizeof(float) * n);
}

#endif
