#include "vector.h"

PVS_TARGET void pvs_apply(const pvs_dense *d, const float *x, float *out) {
	const float *w = d->weights;
	for (int o = 0; o < d->out; o++)
		out[o] = d->bias[o];
	for (int i = 0; i < d->in; i++, w += d->out) {
		int o = 0;
		for (; o + pvs_lanes <= d->out; o += pvs_lanes)
			store(out + o, load(out + o) + all(x[i]) * load(w + o));
		for (; o < d->out; o++)
			out[o] += x[i] * w[o];
	}
}

// each replaces all values of x, the last vector of which may be short.
PVS_INLINE void each(float *x, int n, v8 (*f)(v8)) {
	int i = 0;
	for (; i + pvs_lanes <= n; i += pvs_lanes)
		store(x + i, f(load(x + i)));
	float rest[pvs_lanes] = {0};
	for (int j = i; j < n; j++)
		rest[j - i] = x[j];
	store(rest, f(load(rest)));
	for (int j = i; j < n; j++)
		x[j] = rest[j - i];
}

PVS_INLINE v8 swish(v8 x) { return activate(x, pvs_swish); }
PVS_INLINE v8 sigmoid(v8 x) { return all(1.0f) / (decay(x) + 1.0f); }

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
		int left = m->out - c, n = left == 8 || left == 24 ? left : pvs_panel;
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
