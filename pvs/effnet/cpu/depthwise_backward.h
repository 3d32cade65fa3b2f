// The backward pass of a depthwise convolution, panel by panel.
#ifndef PVS_CPU_DEPTHWISE_BACKWARD_H
#define PVS_CPU_DEPTHWISE_BACKWARD_H

#include "expand_depthwise.h"

// Neighbouring positions of a row that the kernel's gradient takes at once.
enum { kernel_positions = 4 };

// padded_dy is a panel of a convolution's output gradient, [side, side], with zeros around it that both gradients may
// read.
typedef struct {
	int side, before, row; // before: zeros above and on the left; row: positions of a row with its zeros
} padded_dy;

static padded_dy padded_dy_of(const pvs_depthwise *d, int side) {
	int zeros = (d->size - 1) / d->stride, after = zeros > kernel_positions - 1 ? zeros : kernel_positions - 1;
	return (padded_dy){.side = side, .before = zeros, .row = zeros + side + after};
}

// padded_dy_positions is how many positions it has with its zeros.
static long padded_dy_positions(padded_dy g) { return (long)g.row * (2 * g.before + g.side); }

// kernel_gradient_rows adds the gradients of some rows of a kernel, for one vector of a panel's channels.
PVS_INLINE void kernel_gradient_rows(int rows, int kernel, int stride, int width, const float *x, int padded,
		padded_dy g, const float *dy, float *sums) {
	vec s[3][5];
	for (int r = 0; r < rows; r++)
		for (int k = 0; k < kernel; k++)
			s[r][k] = load(sums + (long)(r * kernel + k) * width);
	for (int y = 0; y < g.side; y++)
		for (int i = 0; i < g.side; i += kernel_positions) {
			vec v[kernel_positions];
			for (int n = 0; n < kernel_positions; n++)
				v[n] = load(dy + ((long)y * g.row + i + n) * width);
			for (int r = 0; r < rows; r++) {
				const float *from = x + ((long)(y * stride + r) * padded + i * stride) * width;
				for (int n = 0; n < kernel_positions; n++)
					for (int k = 0; k < kernel; k++)
						s[r][k] += load(from + (n * stride + k) * width) * v[n];
			}
		}
	for (int r = 0; r < rows; r++)
		for (int k = 0; k < kernel; k++)
			store(sums + (long)(r * kernel + k) * width, s[r][k]);
}

// kernel_gradient_panel adds those of a whole kernel, as many rows at a time as registers hold.
PVS_INLINE void kernel_gradient_panel(int kernel, int stride, int vectors, const float *x, int padded, padded_dy g,
		const float *dy, float *sums) {
	int width = vectors * lanes, at_once = kernel == 3 ? 3 : 2;
	for (int j = 0; j < vectors; j++)
		for (int r = 0; r < kernel; r += at_once) {
			const float *from = x + (long)r * padded * width + j * lanes, *with = dy + j * lanes;
			float *to = sums + r * kernel * width + j * lanes;
			if (kernel == 3)
				kernel_gradient_rows(3, 3, stride, width, from, padded, g, with, to);
			else if (kernel - r > 1)
				kernel_gradient_rows(2, 5, stride, width, from, padded, g, with, to);
			else
				kernel_gradient_rows(1, 5, stride, width, from, padded, g, with, to);
		}
}

// depthwise_kernel_gradient adds the gradient of a panel of d's kernel to sums[size, size, .], from its padded input
// x and the gradient of its output, dy, which points behind the padding.
PVS_TARGET static void depthwise_kernel_gradient(const pvs_depthwise *d, int vectors, const float *x, int padded,
		padded_dy g, const float *dy, float *sums) {
	if (d->size == 3 && d->stride == 1)
		kernel_gradient_panel(3, 1, vectors, x, padded, g, dy, sums);
	else if (d->size == 3)
		kernel_gradient_panel(3, 2, vectors, x, padded, g, dy, sums);
	else if (d->stride == 1)
		kernel_gradient_panel(5, 1, vectors, x, padded, g, dy, sums);
	else
		kernel_gradient_panel(5, 2, vectors, x, padded, g, dy, sums);
}

// taps are the rows or columns of a kernel that reach a position: from first on in steps of the stride, each one
// position further back.
typedef struct {
	int first, count, from;
} taps;

static inline taps taps_of(const pvs_depthwise *d, int position) {
	int first = position % d->stride;
	return (taps){first, (d->size - first + d->stride - 1) / d->stride, (position - first) / d->stride};
}

// dx_target is where the gradient of a convolution's input goes: a panel that it multiplies, or rows of so many
// channels that it is added to, the last lanes by the mask last.
typedef struct {
	float *multiply, *add;
	int channels;
	mask last;
} dx_target;

// span_input_gradient computes n positions of a row, stride apart.
PVS_INLINE void span_input_gradient(int n, int vectors, int stride, int size, const float *dy, int row, taps y, taps x,
		const float *w, const dx_target *to, long position) {
	const int width = vectors * lanes;
	vec sum[most_positions][2];
	for (int i = 0; i < n; i++)
		for (int j = 0; j < vectors; j++)
			sum[i][j] = all(0);
	w += (y.first * size + x.first) * width;
	for (int v = 0; v < y.count; v++, dy -= (long)row * width, w += stride * size * width)
		for (int u = 0; u < x.count; u++)
			for (int j = 0; j < vectors; j++) {
				vec b = load(w + u * stride * width + j * lanes);
				for (int i = 0; i < n; i++)
					sum[i][j] += load(dy + (i - u) * width + j * lanes) * b;
			}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < vectors; j++) {
			if (to->multiply) {
				float *p = to->multiply + (position + i * stride) * width + j * lanes;
				store(p, load(p) * sum[i][j]);
				continue;
			}
			mask m = j == vectors - 1 ? to->last : lanes_of(lanes);
			float *p = to->add + (position + i * stride) * to->channels + j * lanes;
			store_part(p, load_part(p, m) + sum[i][j], m);
		}
}

PVS_INLINE void input_gradient_panel(const pvs_depthwise *d, int vectors, int side, padding zeros, padded_dy g,
		const float *dy, const float *w, const dx_target *to) {
	int stride = d->stride;
	for (int y = 0; y < side; y++) {
		taps rows = taps_of(d, y + zeros.before);
		for (int q = 0; q < stride; q++) {
			taps columns = taps_of(d, q + zeros.before);
			int count = (side - q + stride - 1) / stride, n = tiles(count, most_positions);
			for (int t = 0; t < n; t++) {
				int i = part(count, t, n);
				const float *from = dy + ((long)rows.from * g.row + columns.from + i) * vectors * lanes;
				long position = (long)y * side + q + i * stride;
#define PVS_SPAN(n) \
	case n: \
		span_input_gradient(n, vectors, stride, d->size, from, g.row, rows, columns, w, to, position); \
		break;
				switch (part(count, t + 1, n) - i) {
					PVS_SPANS
				}
#undef PVS_SPAN
			}
		}
	}
}

// depthwise_input_gradient computes the gradient of a panel of d's input, [side, side].
PVS_TARGET static void depthwise_input_gradient(const pvs_depthwise *d, int vectors, int side, padded_dy g,
		const float *dy, const float *w, const dx_target *to) {
	padding zeros = same_padding(side, d->size, d->stride);
	if (vectors == 2)
		input_gradient_panel(d, 2, side, zeros, g, dy, w, to);
	else
		input_gradient_panel(d, 1, side, zeros, g, dy, w, to);
}

#endif
