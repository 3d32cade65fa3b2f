// A step of Adam.
#ifndef PVS_CPU_ADAM_H
#define PVS_CPU_ADAM_H

#include "vector.h"

// trained is weights and their moments; if those are null, weights is where gradients are written.
typedef struct {
	float *weights, *m, *v;
} trained;

// adam_vector takes the step that pvs_adam describes for a vector of weights from index i on.
PVS_INLINE void adam_vector(const pvs_adam *a, vec gradient, trained t, long i) {
	vec m = load(t.m + i), v = load(t.v + i);
	m += (gradient - m) * a->one_minus_beta1;
	v += (gradient * gradient - v) * a->one_minus_beta2;
	store(t.m + i, m);
	store(t.v + i, v);
	store(t.weights + i, load(t.weights + i) - m * a->step_size / (root(v) + a->epsilon));
}

// adam takes it for n weights; the last ones, that fill no vector, are copied to one.
PVS_TARGET static void adam(const pvs_adam *a, const float *gradients, long n, trained t) {
	long i = 0;
	for (; i + lanes <= n; i += lanes)
		adam_vector(a, load(gradients + i), t, i);
	float rest[4][lanes] = {0};
	const size_t size = sizeof(float) * (n - i);
	float *of[] = {t.weights + i, t.m + i, t.v + i};
	memcpy(rest[3], gradients + i, size);
	for (int k = 0; k < 3; k++)
		memcpy(rest[k], of[k], size);
	adam_vector(a, load(rest[3]), (trained){rest[0], rest[1], rest[2]}, 0);
	for (int k = 0; k < 3; k++)
		memcpy(of[k], rest[k], size);
}

// apply_gradient takes a step with a vector of gradients or, without Adam, stores it.
PVS_INLINE void apply_gradient(const pvs_adam *a, vec gradient, trained t, long i) {
	if (a)
		adam_vector(a, gradient, t, i);
	else
		store(t.weights + i, gradient);
}

// apply_gradients_part does so with fewer gradients than fill a vector.
PVS_TARGET static void apply_gradients_part(const pvs_adam *a, const float *gradients, int n, trained t, long i) {
	if (a)
		adam(a, gradients, n, (trained){t.weights + i, t.m + i, t.v + i});
	else
		memcpy(t.weights + i, gradients, sizeof(float) * n);
}

#endif
