//go:build cgo && amd64

#include "cpu.h"

#include <cpuid.h>

// Each function is compiled for vectors of 8 and of 16 lanes (export.h); a network says which runs.

#define PVS_BOTH(type, name, ...) type name##_8(__VA_ARGS__); type name##_16(__VA_ARGS__);
PVS_BOTH(long, pvs_scratch, const pvs_network *n, int count)
PVS_BOTH(void, pvs_run, const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch)
PVS_BOTH(long, pvs_kept, const pvs_training *t, int count, int first)
PVS_BOTH(void, pvs_forward, const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, float *features, float *scratch)
PVS_BOTH(long, pvs_training_scratch, const pvs_training *t, int count, int first)
PVS_BOTH(void, pvs_gradients, const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, const float *slopes, float *sums, float *scratch)
PVS_BOTH(long, pvs_phases_memory, const pvs_training *t, int count)
PVS_BOTH(void, pvs_phase, const pvs_training *t, int phase, int block, int count, const float *images, const float *factors, float *features, const float *slopes, float *sums, float *tally, int channels, float *memory)
PVS_BOTH(void, pvs_pack_panel, const pvs_panel *p, const float *weights, const float *factor, float *out)
PVS_BOTH(void, pvs_unpack_panel, const pvs_panel *p, float *sums, int count, long apart, const float *factor, const pvs_adam *a, float *weights, float *m, float *v)
PVS_BOTH(void, pvs_dense_layer, const pvs_layer *l, const float *x, int rows, const float *weights, const float *bias, int from, int to, float *out, float *scratch)
PVS_BOTH(void, pvs_softmax, const pvs_layer *l, float *logits, int rows, float counts, const int *labels, pvs_found *found)
PVS_BOTH(void, pvs_dense_back, const pvs_layer *l, const float *slopes, int rows, const float *weights, int from, int to, float *out)
PVS_BOTH(void, pvs_dense_panels, const pvs_layer *l, const float *slopes, int rows, int from, int to, float *panels, float *bias)
PVS_BOTH(void, pvs_dense_slopes, const pvs_layer *l, const float *x, const float *panels, int rows, int from, int to, const pvs_adam *a, float *weights, float *m, float *v)
PVS_BOTH(void, pvs_adam_step, const pvs_adam *a, const float *slopes, long n, float *weights, float *m, float *v)

// PVS_FOR is the function for so many lanes.
#define PVS_FOR(lanes, name) ((lanes) == 16 ? name##_16 : name##_8)

#ifdef PVS_HAS_HALF

long pvs_scratch_half(const pvs_network *n, int count);
void pvs_run_half(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch);

int pvs_half(void) {
	unsigned a, b, c, d;
	return pvs_lanes() == 16 && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __get_cpuid_count(7, 0, &a, &b, &c, &d) && d >> 23 & 1;
}

#else // never called

long pvs_scratch_half(const pvs_network *n, int count) { return 0; }
void pvs_run_half(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch) {}
void pvs_to_half(const float *x, long n, void *out) {}
int pvs_half(void) { return 0; }

#endif

long pvs_scratch(const pvs_network *n, int count) {
	if (n->half)
		return pvs_scratch_half(n, count);
	return PVS_FOR(n->lanes, pvs_scratch)(n, count);
}

void pvs_run(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch) {
	if (n->half)
		pvs_run_half(n, images, count, block, factors, out, scratch);
	else
		PVS_FOR(n->lanes, pvs_run)(n, images, count, block, factors, out, scratch);
}

long pvs_kept(const pvs_training *t, int count, int first) {
	return PVS_FOR(t->network->lanes, pvs_kept)(t, count, first);
}

void pvs_forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, float *features, float *scratch) {
	PVS_FOR(t->network->lanes, pvs_forward)(t, in, count, first, factors, kept, features, scratch);
}

long pvs_training_scratch(const pvs_training *t, int count, int first) {
	return PVS_FOR(t->network->lanes, pvs_training_scratch)(t, count, first);
}

void pvs_gradients(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, const float *slopes, float *sums, float *scratch) {
	PVS_FOR(t->network->lanes, pvs_gradients)(t, in, count, first, factors, kept, slopes, sums, scratch);
}

long pvs_phases_memory(const pvs_training *t, int count) {
	return PVS_FOR(t->network->lanes, pvs_phases_memory)(t, count);
}

void pvs_phase(const pvs_training *t, int phase, int block, int count, const float *images, const float *factors, float *features, const float *slopes, float *sums, float *tally, int channels, float *memory) {
	PVS_FOR(t->network->lanes, pvs_phase)(t, phase, block, count, images, factors, features, slopes, sums, tally, channels, memory);
}

void pvs_pack_panel(int lanes, const pvs_panel *p, const float *weights, const float *factor, float *out) {
	PVS_FOR(lanes, pvs_pack_panel)(p, weights, factor, out);
}

void pvs_unpack_panel(int lanes, const pvs_panel *p, float *sums, int count, long apart, const float *factor, const pvs_adam *a, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_unpack_panel)(p, sums, count, apart, factor, a, weights, m, v);
}

void pvs_dense_layer(int lanes, const pvs_layer *l, const float *x, int rows, const float *weights, const float *bias, int from, int to, float *out, float *scratch) {
	PVS_FOR(lanes, pvs_dense_layer)(l, x, rows, weights, bias, from, to, out, scratch);
}

void pvs_softmax(int lanes, const pvs_layer *l, float *logits, int rows, float counts, const int *labels, pvs_found *found) {
	PVS_FOR(lanes, pvs_softmax)(l, logits, rows, counts, labels, found);
}

void pvs_dense_back(int lanes, const pvs_layer *l, const float *slopes, int rows, const float *weights, int from, int to, float *out) {
	PVS_FOR(lanes, pvs_dense_back)(l, slopes, rows, weights, from, to, out);
}

void pvs_dense_panels(int lanes, const pvs_layer *l, const float *slopes, int rows, int from, int to, float *panels, float *bias) {
	PVS_FOR(lanes, pvs_dense_panels)(l, slopes, rows, from, to, panels, bias);
}

void pvs_dense_slopes(int lanes, const pvs_layer *l, const float *x, const float *panels, int rows, int from, int to, const pvs_adam *a, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_dense_slopes)(l, x, panels, rows, from, to, a, weights, m, v);
}

void pvs_adam_step(int lanes, const pvs_adam *a, const float *slopes, long n, float *weights, float *m, float *v) {
	PVS_FOR(lanes, pvs_adam_step)(a, slopes, n, weights, m, v);
}

int pvs_lanes(void) {
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
		return 16;
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}
