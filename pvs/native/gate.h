// Squeeze and excite, and other work on each value.
#ifndef PVS_NATIVE_GATE_H
#define PVS_NATIVE_GATE_H

#include <string.h>

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
	decay(x, 1);
	*x = inverse(*x + 1.0f);
}

// swish_of and sigmoid_of replace x[n].
PVS_TARGET static void swish_of(float *x, int n) { each(x, n, swish); }
PVS_TARGET static void sigmoid_of(float *x, int n) { each(x, n, sigmoid); }

// scale multiplies x[rows, channels] by gate[channels].
PVS_TARGET static void scale(float *x, int rows, int channels, const float *gate) {
	for (int r = 0; r < rows; r++, x += channels)
		for (int c = 0; c < channels; c += lanes)
			store_part(x + c, load_part(x + c, lanes_of(channels - c)) * load_part(gate + c, lanes_of(channels - c)), lanes_of(channels - c));
}

// scale_weights writes weights that have the same product with x as m's have with x times
// gate[m->in].
PVS_TARGET static void scale_weights(const pvs_matrix *m, const float *gate, float *weights) {
	const float *w = m->weights;
	for (int c = 0; c < m->out;) {
		int n = panel_vectors(m->out - c);
		for (int k = 0; k < m->in; k++)
			for (int j = 0; j < n; j++, w += lanes, weights += lanes)
				store(weights, load(w) * all(gate[k]));
		c += n * lanes;
	}
}

// average computes mean[channels] of x, whose rows are apart values apart.
PVS_TARGET static void average(const float *x, int rows, int apart, int channels, float *mean) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec sum = all(0);
		for (int r = 0; r < rows; r++)
			sum += load_part(x + (long)r * apart + c, m);
		store_part(mean + c, sum * all(1.0f / rows), m);
	}
}

// normalize computes out[n] = x[n] * factor[n] + offset[n].
PVS_TARGET static void normalize(const float *x, int n, const float *factor, const float *offset, float *out) {
	int i = 0;
	for (; i + lanes <= n; i += lanes)
		store(out + i, load(x + i) * load(factor + i) + load(offset + i));
	for (; i < n; i++)
		out[i] = x[i] * factor[i] + offset[i];
}

#endif
