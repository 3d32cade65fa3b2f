//go:build cgo && amd64

#include "cpu.h"

#include <cpuid.h>

// Each function is compiled for vectors of 8 and of 16 lanes (export.h); its caller says which one runs.

#define PVS_BOTH(type, name, ...) type name##_8(__VA_ARGS__); type name##_16(__VA_ARGS__);
PVS_BOTH(long, pvs_scratch, const pvs_network *n, int count)
PVS_BOTH(void, pvs_run, const pvs_network *n, const float *images, int count, int block, const float *factors,
		float *out, float *scratch)
PVS_BOTH(long, pvs_saved_values, const pvs_training *t, int count, int first)
PVS_BOTH(void, pvs_forward, const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *saved, float *features, float *scratch)
PVS_BOTH(long, pvs_training_scratch, const pvs_training *t, int count, int first)
PVS_BOTH(void, pvs_backward, const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *saved, const float *dy, float *sums, float *scratch)
PVS_BOTH(long, pvs_phases_scratch, const pvs_training *t, int count)
PVS_BOTH(void, pvs_phase, const pvs_training *t, int phase, int block, int count, const float *images,
		const float *factors, float *features, const float *dy, float *sums, float *partial_sums, int channels, float *memory)
PVS_BOTH(void, pvs_pack_panel, const pvs_panel *p, const float *weights, const float *factor, float *out)
PVS_BOTH(void, pvs_unpack_panel, const pvs_panel *p, float *sums, int count, long part_stride, const float *factor,
		const pvs_adam *a, float *weights, float *m, float *v)
PVS_BOTH(void, pvs_dense_forward, const pvs_dense_shape *l, const float *x, int rows, const float *weights,
		const float *bias, int from, int to, float *out, float *scratch)
PVS_BOTH(void, pvs_softmax, const pvs_dense_shape *l, float *logits, int rows, float weight, const int *labels,
		pvs_row_loss *results)
PVS_BOTH(void, pvs_dense_input_gradient, const pvs_dense_shape *l, const float *dy, int rows, const float *weights,
		int from, int to, float *dx)
PVS_BOTH(void, pvs_dense_pack_dy, const pvs_dense_shape *l, const float *dy, int rows, int from, int to, float *panels,
		float *bias)
PVS_BOTH(void, pvs_dense_kernel_gradient, const pvs_dense_shape *l, const float *x, const float *panels, int rows,
		int from, int to, const pvs_adam *a, float *weights, float *m, float *v)
PVS_BOTH(void, pvs_adam_step, const pvs_adam *a, const float *gradients, long n, float *weights, float *m, float *v)

// PVS_FOR is the function for so many lanes.
#define PVS_FOR(lanes, name) ((lanes) == 16 ? name##_16 : name##_8)

#ifdef PVS_HAS_FLOAT16

long pvs_scratch_float16(const pvs_network *n, int count);
void pvs_run_float16(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out,
		float *scratch);

int pvs_has_float16(void) {
	unsigned a, b, c, d;
	return pvs_lanes() == 16 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> 23 & 1;
}

#else // never called

long pvs_scratch_float16(const pvs_network *n, int count) { return 0; }
void pvs_run_float16(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out,
		float *scratch) {}
void pvs_to_float16(const float *x, long n, void *out) {}
int pvs_has_float16(void) { return 0; }

#endif

long pvs_scratch(const pvs_network *n, int count) {
	if (n->float16)
		return pvs_scratch_float16(n, count);
	return PVS_FOR(n->lanes, pvs_scratch)(n, count);
}

void pvs_run(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out,
		float *scratch) {
	if (n->float16)
		pvs_run_float16(n, images, count, block, factors, out, scratch);
	else
		PVS_FOR(n->lanes, pvs_run)(n, images, count, block, factors, out, scratch);
}

long pvs_saved_values(const pvs_training *t, int count, int first) {
	return PVS_FOR(t->network->lanes, pvs_saved_values)(t, count, first);
}

void pvs_forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *saved,
		float *features, float *scratch) {
	PVS_FOR(t->network->lanes, pvs_forward)(t, in, count, first, factors, saved, features, scratch);
}

long pvs_training_scratch(const pvs_training *t, int count, int first) {
	return PVS_FOR(t->network->lanes, pvs_training_scratch)(t, count, first);
}

void pvs_backward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *saved,
		const float *dy, float *sums, float *scratch) {
	PVS_FOR(t->network->lanes, pvs_backward)(t, in, count, first, factors, saved, dy, sums, scratch);
}

long pvs_phases_scratch(const pvs_training *t, int count) {
	return PVS_FOR(t->network->lanes, pvs_phases_scratch)(t, count);
}

void pvs_phase(const pvs_training *t, int phase, int block, int count, const float *images, const float *factors,
		float *features, const float *dy, float *sums, float *partial_sums, int channels, float *memory) {
	PVS_FOR(t->network->lanes, pvs_phase)(t, phase, block, count, images, factors, features, dy, sums, partial_sums,
		channels, memory);
}

void pvs_pack_panel(int lanes, const pvs_panel *p, const float *weights, const float *factor, float *out) {
	PVS_FOR(lanes, pvs_pack_panel)(p, weights, factor, out);
}

void pvs_unpack_panel(int lanes, const pvs_panel *p, float *sums, int count, long part_stride, const float *factor,
		const pvs_adam *a, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_unpack_panel)(p, sums, count, part_stride, factor, a, weights, m, v);
}

void pvs_dense_forward(int lanes, const pvs_dense_shape *l, const float *x, int rows, const float *weights,
		const float *bias, int from, int to, float *out, float *scratch) {
	PVS_FOR(lanes, pvs_dense_forward)(l, x, rows, weights, bias, from, to, out, scratch);
}

void pvs_softmax(int lanes, const pvs_dense_shape *l, float *logits, int rows, float weight, const int *labels,
		pvs_row_loss *results) {
	PVS_FOR(lanes, pvs_softmax)(l, logits, rows, weight, labels, results);
}

void pvs_dense_input_gradient(int lanes, const pvs_dense_shape *l, const float *dy, int rows, const float *weights,
		int from, int to, float *dx) {
	PVS_FOR(lanes, pvs_dense_input_gradient)(l, dy, rows, weights, from, to, dx);
}

void pvs_dense_pack_dy(int lanes, const pvs_dense_shape *l, const float *dy, int rows, int from, int to, float *panels,
		float *bias) {
	PVS_FOR(lanes, pvs_dense_pack_dy)(l, dy, rows, from, to, panels, bias);
}

void pvs_dense_kernel_gradient(int lanes, const pvs_dense_shape *l, const float *x, const float *panels, int rows,
		int from, int to, const pvs_adam *a, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_dense_kernel_gradient)(l, x, panels, rows, from, to, a, weights, m, v);
}

void pvs_adam_step(int lanes, const pvs_adam *a, const float *gradients, long n, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_adam_step)(a, gradients, n, weights, m, v);
}

int pvs_lanes(void) {
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
		return 16;
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}
