#include "vector.h"

#include <string.h>

PVS_TARGET void pvs_apply(const pvs_dense *d, const float *x, int count, float *out) {
	for (int n = 0; n < count; n++)
		memcpy(out + (long)n * d->out, d->bias, sizeof(float) * d->out);
	const float *w = d->weights;
	for (int i = 0; i < d->in; i++, w += d->out)
		for (int n = 0; n < count; n++) {
			float *to = out + (long)n * d->out, v = x[(long)n * d->in + i];
			int o = 0;
			for (; o + pvs_lanes <= d->out; o += pvs_lanes)
				store(to + o, load(to + o) + v * load(w + o));
			for (; o < d->out; o++)
				to[o] += v * w[o];
		}
}

// each replaces all values of x, the last vector of which may be short.
PVS_INLINE void each(float *x, int n, void (*replace)(v8 *x)) {
	for (; n > 0; n -= pvs_lanes, x += pvs_lanes) {
		float rest[pvs_lanes] = {0};
		int here = n < pvs_lanes ? n : pvs_lanes;
		memcpy(rest, x, here * sizeof(float));
		v8 v = load(rest);
		replace(&v);
		store(rest, v);
		memcpy(x, rest, here * sizeof(float));
	}
}

PVS_INLINE void swish(v8 *x) { activate(x, 1, pvs_swish); }

PVS_INLINE void sigmoid(v8 *x) {
	decay(x, 1);
	*x = 1.0f / (*x + 1.0f);
}

PVS_TARGET void pvs_swish_of(float *x, int n) { each(x, n, swish); }
PVS_TARGET void pvs_sigmoid_of(float *x, int n) { each(x, n, sigmoid); }

PVS_TARGET void pvs_scale(float *x, int rows, int channels, const float *gate) {
	for (int r = 0; r < rows; r++, x += channels)
		for (int c = 0; c < channels; c += pvs_lanes)
			store(x + c, load(x + c) * load(gate + c));
}

PVS_TARGET void pvs_scale_weights(const pvs_matrix *m, const float *gate, float *weights) {
	const float *w = m->weights;
	for (int c = 0; c < m->out;) {
		int n = panel_width(m->out - c);
		for (int k = 0; k < m->in; k++)
			for (int j = 0; j < n; j += pvs_lanes, w += pvs_lanes, weights += pvs_lanes)
				store(weights, load(w) * all(gate[k]));
		c += n;
	}
}

PVS_TARGET void pvs_mean(const float *x, int rows, int channels, float *mean) {
	for (int c = 0; c < channels; c += pvs_lanes) {
		v8 sum = all(0);
		for (int r = 0; r < rows; r++)
			sum += load(x + (long)r * channels + c);
		store(mean + c, sum * all(1.0f / rows));
	}
}

PVS_TARGET void pvs_normalize(const float *x, int n, const float *factor, const float *offset, float *out) {
	int i = 0;
	for (; i + pvs_lanes <= n; i += pvs_lanes)
		store(out + i, load(x + i) * load(factor + i) + load(offset + i));
	for (; i < n; i++)
		out[i] = x[i] * factor[i] + offset[i];
}
