// BatchNorm in training mode, forward and backward.
#ifndef PVS_CPU_BATCHNORM_H
#define PVS_CPU_BATCHNORM_H

#include "vector.h"

// A sum goes over so many rows before it is added to the sum of those before: a long sum of float32 loses more than
// sums of sums do.
enum { summed_rows = 128 };

// batchnorm_sums adds x - mean of each channel to sums, and its square to sums + filled. Rows of x have channels
// values.
PVS_TARGET static void batchnorm_sums(const float *x, int rows, int channels, const float *mean, int filled,
		float *sums) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec center = load(mean + c);
		for (int from = 0; from < rows; from += summed_rows) {
			int to = rows - from < summed_rows ? rows : from + summed_rows;
			vec sum = all(0), squares = all(0);
			for (int r = from; r < to; r++) {
				vec v = load_part(x + (long)r * channels + c, m) - center;
				sum += v;
				squares += v * v;
			}
			store(sums + c, load(sums + c) + sum);
			store(sums + filled + c, load(sums + filled + c) + squares);
		}
	}
}

// batchnorm_backward_sums adds dy and dy * (x - mean) in the same way.
PVS_TARGET static void batchnorm_backward_sums(const float *dy, const float *x, int rows, int channels,
		const float *mean, int filled, float *sums) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec center = load(mean + c);
		for (int from = 0; from < rows; from += summed_rows) {
			int to = rows - from < summed_rows ? rows : from + summed_rows;
			vec sum = all(0), products = all(0);
			for (int r = from; r < to; r++) {
				vec v = load_part(dy + (long)r * channels + c, m);
				sum += v;
				products += v * (load_part(x + (long)r * channels + c, m) - center);
			}
			store(sums + c, load(sums + c) + sum);
			store(sums + filled + c, load(sums + filled + c) + products);
		}
	}
}

// batchnorm_activate normalises and activates x[rows, channels] to out, which has `has` of the channels and
// row_stride values a row, and writes the activation's derivatives, in rows as those of x, whole vectors. Out and
// derivatives may be null.
PVS_TARGET static void batchnorm_activate(const pvs_batchnorm *n, int first, int act, const float *x, int rows,
		int channels, float *out, int row_stride, int has, float *derivatives) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c), some = lanes_of(has - c);
		vec scale = load(n->scale + first + c), shift = load(n->shift + first + c);
		for (int r = 0; r < rows; r++) {
			vec v = load_part(x + (long)r * channels + c, m) * scale + shift;
			if (derivatives)
				differentiate(&v, 1, act, derivatives + (long)r * channels + c);
			else
				activate(&v, 1, act);
			if (out)
				store_part(out + (long)r * row_stride + c, v, some);
		}
	}
}

// batchnorm_input_gradient computes the gradient of a BatchNorm's input x[rows, channels] from that of its output,
// dy, to out, row_stride values a row.
PVS_TARGET static void batchnorm_input_gradient(const pvs_batchnorm *n, int first, const float *dy, const float *x,
		int rows, int channels, float *out, int row_stride) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec mean = load(n->mean + first + c), dy_factor = load(n->dy_factor + first + c),
			dx_offset = load(n->dx_offset + first + c), x_factor = load(n->x_factor + first + c);
		for (int r = 0; r < rows; r++) {
			vec v = load_part(dy + (long)r * channels + c, m) * dy_factor - dx_offset - (load_part(x + (long)r * channels + c,
				m) - mean) * x_factor;
			store_part(out + (long)r * row_stride + c, v, m);
		}
	}
}

#endif
