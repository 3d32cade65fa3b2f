// Element-wise operations, and averages over positions.
#ifndef PVS_CPU_ELEMENTWISE_H
#define PVS_CPU_ELEMENTWISE_H

#include "vector.h"

PVS_TARGET static void to_values(const float *x, long n, value *out) {
	for (long i = 0; i < n; i++)
		out[i] = x[i];
}

PVS_TARGET static void to_floats(const value *x, long n, float *out) {
	for (long i = 0; i < n; i++)
		out[i] = x[i];
}

// scale multiplies x[rows, channels] by gate[channels].
PVS_TARGET static void scale(value *x, int rows, int channels, const value *gate) {
	for (int r = 0; r < rows; r++, x += channels)
		for (int c = 0; c < channels; c += step) {
			mask m = lanes_of(channels - c);
			store_part(x + c, load_part(x + c, m) * load_part(gate + c, m), m);
		}
}

// scale_weights multiplies each row of m's weights by its channel's gate[m->in]: x * result = (x * gate) * weights.
PVS_TARGET static void scale_weights(const pvs_matrix *m, const value *gate, value *weights) {
	const value *w = m->weights;
	for (int c = 0; c < m->out;) {
		int n = matrix_panel_vectors(m->out - c);
		for (int k = 0; k < m->in; k += depth_step)
			for (int j = 0; j < n; j++, w += step, weights += step)
				store(weights, load(w) * broadcast(gate + k));
		c += n * lanes;
	}
}

// average computes mean[channels] of the rows of x, row_stride values from one to the next.
PVS_TARGET static void average(const value *x, int rows, int row_stride, int channels, float *mean) {
	for (int c = 0; c < channels; c += step) {
		mask m = lanes_of(channels - c);
		position_sums sum = {0};
		for (int r = 0; r < rows; r++)
			add_to(&sum, load_part(x + (long)r * row_stride + c, m));
		store_sum(mean + c, sum, m);
	}
	for (int c = 0; c < channels; c++)
		mean[c] /= rows;
}

// normalize computes out[n] = x[n] * factor[n] + offset[n].
PVS_TARGET static void normalize(const float *x, int n, const float *factor, const float *offset, value *out) {
	for (int i = 0; i < n; i++)
		out[i] = x[i] * factor[i] + offset[i];
}

#endif
