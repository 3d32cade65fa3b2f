// Squeeze and excite.
#ifndef PVS_NATIVE_GATE_H
#define PVS_NATIVE_GATE_H

#include "vector.h"

// apply computes out[count, d->out] = x[count, d->in] * weights + bias.
PVS_TARGET static void apply(const pvs_dense *d, const float *x, int count, float *out) {
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

// each replaces all values of x, the last vector of which may be short.
PVS_INLINE void each(float *x, int n, void (*replace)(vec *x)) {
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

// derive replaces x by its activation and slopes by the derivatives.
PVS_TARGET static void derive(float *x, int n, int act, float *slopes) {
	for (; n > 0; n -= lanes, x += lanes, slopes += lanes) {
		float rest[lanes] = {0}, slope[lanes];
		int here = n < lanes ? n : lanes;
		memcpy(rest, x, here * sizeof(float));
		vec v = load(rest);
		differentiate(&v, 1, act, slope);
		store(rest, v);
		memcpy(x, rest, here * sizeof(float));
		memcpy(slopes, slope, here * sizeof(float));
	}
}

PVS_INLINE void swish(vec *x) { activate(x, 1, pvs_swish); }

PVS_INLINE void sigmoid(vec *x) {
	vec e = *x;
	decay(&e, 1);
	*x = inverse(of_number(*x, e) + 1.0f);
}

// swish_of and sigmoid_of replace x[n].
PVS_TARGET static void swish_of(float *x, int n) { each(x, n, swish); }
PVS_TARGET static void sigmoid_of(float *x, int n) { each(x, n, sigmoid); }

// gate_of computes squeeze and excite's factor of each channel, gate[count, channels], from the
// averages over places (Hu et al. 2018).
static void gate_of(const pvs_block *b, int count, const float *means, float *squeezed, float *gate) {
	apply(&b->squeeze, means, count, squeezed);
	swish_of(squeezed, count * b->squeeze.out);
	apply(&b->excite, squeezed, count, gate);
	sigmoid_of(gate, count * b->excite.out);
}

// factors_of is gate_of from the sums over places, which become averages.
static void factors_of(const pvs_block *b, int count, int places, float *sums, float *squeezed, float *gate) {
	for (int c = 0; c < count * b->depthwise.channels; c++)
		sums[c] /= places;
	gate_of(b, count, sums, squeezed, gate);
}

#endif
