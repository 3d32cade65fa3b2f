// Squeeze and excite, forward. Its backward pass is in mbconv_backward.h.
#ifndef PVS_CPU_SQUEEZE_EXCITE_H
#define PVS_CPU_SQUEEZE_EXCITE_H

#include "vector.h"

#ifdef PVS_FLOAT16

// It is computed in float32 (avx512.c) in a float16 network, too.
void pvs_gate_of_sums_16(
	const pvs_block *b, int count, int positions, float *sums, float *squeezed, float *gate);
#define gate_of_sums pvs_gate_of_sums_16

#else

// se_dense computes out[count, d->out] = x[count, d->in] * weights + bias.
PVS_TARGET static void se_dense(const pvs_dense *d, const float *x, int count, float *out) {
	for (int n = 0; n < count; n++)
		memcpy(out + (long)n * d->out, d->bias, sizeof(float) * d->out);
	const float *w = d->weights;
	for (int i = 0; i < d->in; i++, w += d->out)
		for (int n = 0; n < count; n++) {
			float *to = out + (long)n * d->out, v = x[(long)n * d->in + i];
			int o = 0;
			for (; o + lanes <= d->out; o += lanes)
				store(to + o, load(to + o) + v * load(w + o));
			for (; o < d->out; o++)
				to[o] += v * w[o];
		}
}

// map_values replaces all values of x[n]; the last vector may be partly full.
PVS_INLINE void map_values(float *x, int n, void (*replace)(vec *x)) {
	for (; n > 0; n -= lanes, x += lanes) {
		float rest[lanes] = {0};
		int here = n < lanes ? n : lanes;
		memcpy(rest, x, here * sizeof(float));
		vec v = load(rest);
		replace(&v);
		store(rest, v);
		memcpy(x, rest, here * sizeof(float));
	}
}

// differentiate_values replaces x[n] by its activation, and writes the activation's derivatives.
PVS_TARGET static void differentiate_values(float *x, int n, int act, float *derivatives) {
	for (; n > 0; n -= lanes, x += lanes, derivatives += lanes) {
		float rest[lanes] = {0}, derivative[lanes];
		int here = n < lanes ? n : lanes;
		memcpy(rest, x, here * sizeof(float));
		vec v = load(rest);
		differentiate(&v, 1, act, derivative);
		store(rest, v);
		memcpy(x, rest, here * sizeof(float));
		memcpy(derivatives, derivative, here * sizeof(float));
	}
}

PVS_INLINE void swish(vec *x) { activate(x, 1, pvs_swish); }

PVS_INLINE void sigmoid(vec *x) {
	vec e = *x;
	exp_negative(&e, 1);
	*x = inverse(keep_nan(*x, e) + 1.0f);
}

// swish_values and sigmoid_values replace x[n].
PVS_TARGET static void swish_values(float *x, int n) { map_values(x, n, swish); }
PVS_TARGET static void sigmoid_values(float *x, int n) { map_values(x, n, sigmoid); }

// gate_of computes the gate of squeeze and excite, a factor of each channel, gate[count, channels], from the
// channels' averages over positions (Hu et al. 2018).
static void gate_of(const pvs_block *b, int count, const float *means, float *squeezed, float *gate) {
	se_dense(&b->squeeze, means, count, squeezed);
	swish_values(squeezed, count * b->squeeze.out);
	se_dense(&b->excite, squeezed, count, gate);
	sigmoid_values(gate, count * b->excite.out);
}

// gate_of_sums is gate_of from sums over positions, which become averages.
static void gate_of_sums(const pvs_block *b, int count, int positions, float *sums, float *squeezed, float *gate) {
	for (int c = 0; c < count * b->depthwise.channels; c++)
		sums[c] /= positions;
	gate_of(b, count, sums, squeezed, gate);
}

#endif // PVS_FLOAT16

#endif
