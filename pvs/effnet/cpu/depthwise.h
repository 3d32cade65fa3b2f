// Gradients of a depthwise convolution, panel by panel.
#ifndef PVS_NATIVE_DEPTHWISE_H
#define PVS_NATIVE_DEPTHWISE_H

#include "widen.h"

// Places of a row that are taken together by the gradient of the weights.
enum { kernel_places = 4 };

// inner is a panel of the gradient of a convolution's output, [side, side], with zeros around it
// that both gradients may read.
typedef struct {
	int side, before, row; // zeros before the first, above as on the left; values of a row are row places
} inner;

static inner inner_of(const pvs_kernels *d, int side) {
	int zeros = (d->size - 1) / d->stride, after = zeros > kernel_places - 1 ? zeros : kernel_places - 1;
	return (inner){.side = side, .before = zeros, .row = zeros + side + after};
}

// inner_places is how many places it has with its zeros.
static long inner_places(inner g) { return (long)g.row * (2 * g.before + g.side); }

// kernel_rows adds the gradients of some rows of a kernel, of one vector of a panel's channels.
PVS_INLINE void kernel_rows(int rows, int kernel, int stride, int width, const float *x, int padded, inner g, const float *slopes, float *sums) {
	vec s[3][5];
	for (int r = 0; r < rows; r++)
		for (int k = 0; k < kernel; k++)
			s[r][k] = load(sums + (long)(r * kernel + k) * width);
	for (int y = 0; y < g.side; y++)
		for (int i = 0; i < g.side; i += kernel_places) {
			vec v[kernel_places];
			for (int n = 0; n < kernel_places; n++)
				v[n] = load(slopes + ((long)y * g.row + i + n) * width);
			for (int r = 0; r < rows; r++) {
				const float *from = x + ((long)(y * stride + r) * padded + i * stride) * width;
				for (int n = 0; n < kernel_places; n++)
					for (int k = 0; k < kernel; k++)
						s[r][k] += load(from + (n * stride + k) * width) * v[n];
			}
		}
	for (int r = 0; r < rows; r++)
		for (int k = 0; k < kernel; k++)
			store(sums + (long)(r * kernel + k) * width, s[r][k]);
}

// kernel_of adds the gradients of a whole kernel, as many rows at a time as registers hold.
PVS_INLINE void kernel_of(int kernel, int stride, int vectors, const float *x, int padded, inner g, const float *slopes, float *sums) {
	int width = vectors * lanes, together = kernel == 3 ? 3 : 2;
	for (int j = 0; j < vectors; j++)
		for (int r = 0; r < kernel; r += together) {
			const float *from = x + (long)r * padded * width + j * lanes, *with = slopes + j * lanes;
			float *to = sums + r * kernel * width + j * lanes;
			if (kernel == 3)
				kernel_rows(3, 3, stride, width, from, padded, g, with, to);
			else if (kernel - r > 1)
				kernel_rows(2, 5, stride, width, from, padded, g, with, to);
			else
				kernel_rows(1, 5, stride, width, from, padded, g, with, to);
		}
}

// kernel_slopes adds to sums[size, size, .] the gradients of a panel of d's weights, from its
// padded input x and the gradient of its output, which begins at slopes.
PVS_TARGET static void kernel_slopes(const pvs_kernels *d, int vectors, const float *x, int padded, inner g, const float *slopes, float *sums) {
	if (d->size == 3 && d->stride == 1)
		kernel_of(3, 1, vectors, x, padded, g, slopes, sums);
	else if (d->size == 3)
		kernel_of(3, 2, vectors, x, padded, g, slopes, sums);
	else if (d->stride == 1)
		kernel_of(5, 1, vectors, x, padded, g, slopes, sums);
	else
		kernel_of(5, 2, vectors, x, padded, g, slopes, sums);
}

// taps are the rows or columns of a kernel that reach a place: from first on in steps of the
// stride, each from one place further before.
typedef struct {
	int first, count, from;
} taps;

static inline taps taps_of(const pvs_kernels *d, int place) {
	int first = place % d->stride;
	return (taps){first, (d->size - first + d->stride - 1) / d->stride, (place - first) / d->stride};
}

// backed is where the gradient of a convolution's input goes: it multiplies what is in times, a
// panel, or is added to what is in plus, of whose rows, channels apart, last says the last lanes.
typedef struct {
	float *times, *plus;
	int channels;
	mask last;
} backed;

// span_back computes n places of a row, stride apart.
PVS_INLINE void span_back(int n, int vectors, int stride, int size, const float *slopes, int row, taps y, taps x, const float *w, const backed *to, long place) {
	const int width = vectors * lanes;
	vec sum[most_places][2];
	for (int i = 0; i < n; i++)
		for (int j = 0; j < vectors; j++)
			sum[i][j] = all(0);
	w += (y.first * size + x.first) * width;
	for (int v = 0; v < y.count; v++, slopes -= (long)row * width, w += stride * size * width)
		for (int u = 0; u < x.count; u++)
			for (int j = 0; j < vectors; j++) {
				vec b = load(w + u * stride * width + j * lanes);
				for (int i = 0; i < n; i++)
					sum[i][j] += load(slopes + (i - u) * width + j * lanes) * b;
			}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < vectors; j++) {
			if (to->times) {
				float *p = to->times + (place + i * stride) * width + j * lanes;
				store(p, load(p) * sum[i][j]);
				continue;
			}
			mask m = j == vectors - 1 ? to->last : lanes_of(lanes);
			float *p = to->plus + (place + i * stride) * to->channels + j * lanes;
			store_part(p, load_part(p, m) + sum[i][j], m);
		}
}

PVS_INLINE void input_of(const pvs_kernels *d, int vectors, int side, padding zeros, inner g, const float *slopes, const float *w, const backed *to) {
	int stride = d->stride;
	for (int y = 0; y < side; y++) {
		taps rows = taps_of(d, y + zeros.before);
		for (int q = 0; q < stride; q++) {
			taps columns = taps_of(d, q + zeros.before);
			int count = (side - q + stride - 1) / stride, n = tiles(count, most_places);
			for (int t = 0; t < n; t++) {
				int i = part(count, t, n);
				const float *from = slopes + ((long)rows.from * g.row + columns.from + i) * vectors * lanes;
				long place = (long)y * side + q + i * stride;
#define PVS_SPAN(n)                                                                              \
	case n:                                                                                      \
		span_back(n, vectors, stride, d->size, from, g.row, rows, columns, w, to, place);        \
		break;
				switch (part(count, t + 1, n) - i) {
					PVS_SPANS
				}
#undef PVS_SPAN
			}
		}
	}
}

// input_slopes computes the gradient of a panel of d's input, of so many places a side.
PVS_TARGET static void input_slopes(const pvs_kernels *d, int vectors, int side, inner g, const float *slopes, const float *w, const backed *to) {
	padding zeros = same(side, d->size, d->stride);
	if (vectors == 2)
		input_of(d, 2, side, zeros, g, slopes, w, to);
	else
		input_of(d, 1, side, zeros, g, slopes, w, to);
}

#endif
