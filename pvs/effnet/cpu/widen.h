// The first half of a block: expansion and depthwise convolution.
#ifndef PVS_NATIVE_WIDEN_H
#define PVS_NATIVE_WIDEN_H

#include "sides.h"
#include "tile.h"

// A panel of channels is expanded for many rows into the buffer, which stays in the cache,
// and convolved from there: what a block has most of never goes out to memory.

// strip is some rows of output, and where they come from.
typedef struct {
	int width, padded, left; // columns of input, with all zeros, and zeros before the first
	int rows, top, bottom;   // rows of input, and of zeros above and below
	int out_rows, out_width;
} strip;

// fill_expanded computes a panel of all places between the zeros of the buffer, and the
// activation's derivatives, one place after the other, unless slopes is null.
PVS_INLINE void fill_expanded(const strip *s, int vectors, int act, const pvs_matrix *m, int c, const value *x, value *to, value *slopes) {
	const value *w = m->weights + (long)c * m->in;
	int places = s->rows * s->width, n = tiles(places, most_rows), column = 0;
	after then = {.act = act, .last = last_of(vectors, panel), .slopes = slopes};
	for (int t = 0; t < n; t++) {
		int p = part(places, t, n), rows = part(places, t + 1, n) - p;
		value *out[most_rows];
		for (int i = 0; i < rows; i++) {
			out[i] = to;
			to += lanes * vectors;
			if (++column == s->width) {
				column = 0;
				to += (s->padded - s->width) * lanes * vectors;
			}
		}
		if (slopes)
			then.slopes = slopes + (long)p * lanes * vectors;
		tile(rows, vectors, x + (long)p * m->in, m->in, w, m->bias + c, &then, out);
	}
}

// fill_copied takes a panel of x as it is.
PVS_INLINE void fill_copied(const strip *s, int vectors, int channels, int left, const value *x, value *to) {
	int last = vecs_of(vectors) - 1;
	mask from = last_of(vectors, left), whole = last_of(vectors, panel);
	for (int y = 0; y < s->rows; y++, to += (s->padded - s->width) * lanes * vectors)
		for (int i = 0; i < s->width; i++, x += channels, to += lanes * vectors)
			for (int j = 0; j <= last; j++)
				store_part(to + step * j, load_part(x + step * j, j == last ? from : lanes_of(step)), j == last ? whole : lanes_of(step));
}

// fill brings a panel from channel c on of a block's input to its depthwise convolution.
PVS_TARGET static void fill(const strip *s, int vectors, int act, const pvs_block *b, int c, const value *x, value *to, value *slopes) {
	int channels = b->depthwise.channels;
	if (b->expand.weights && vectors == 2)
		fill_expanded(s, 2, act, &b->expand, c, x, to, slopes);
	else if (b->expand.weights)
		fill_expanded(s, 1, act, &b->expand, c, x, to, slopes);
	else if (vectors == 2)
		fill_copied(s, 2, channels, channels - c, x + c, to);
	else
		fill_copied(s, 1, channels, channels - c, x + c, to);
}

// most_places is how many places are convolved together. With AVX-512 registers would hold more,
// but widths are multiples of seven.
enum { most_places = 6 + lanes / 16 };

// PVS_SPANS are the cases of PVS_SPAN(n), n places, of a switch.
#define PVS_SPANS_6 PVS_SPAN(1) PVS_SPAN(2) PVS_SPAN(3) PVS_SPAN(4) PVS_SPAN(5) PVS_SPAN(6)
#if PVS_LANES == 16
#define PVS_SPANS PVS_SPANS_6 PVS_SPAN(7)
#else
#define PVS_SPANS PVS_SPANS_6
#endif

// convolved is where a convolution's panel goes, its rows channels apart: sums are added up over
// all places, and slopes are the activation's derivatives, or null.
typedef struct {
	int act, channels;
	mask last;
	value *out, *slopes;
	float *sums;
} convolved;

// span convolves n neighbouring places of a row. Each step loads one vector of x for one
// multiplication, which is as fast as the multiplications are.
PVS_INLINE void span(int n, int vectors, int kernel, int stride, int padded, const value *x, const value *w,
                     const value *bias, const convolved *to, long place, places_sum total[2]) {
	int width = lanes * vectors, vecs = vecs_of(vectors);
	vec sum[most_places][2];
	for (int i = 0; i < n; i++)
		for (int j = 0; j < vecs; j++)
			sum[i][j] = load(bias + step * j);
	for (int ky = 0; ky < kernel; ky++, x += padded * width)
		for (int kx = 0; kx < kernel; kx++, w += width)
			for (int j = 0; j < vecs; j++) {
				vec b = load(w + step * j);
				for (int i = 0; i < n; i++)
					sum[i][j] += load(x + (i * stride + kx) * width + step * j) * b;
			}
	for (int i = 0; i < n; i++) {
		if (to->slopes)
			differentiate(sum[i], vecs, to->act, to->slopes + (place + i) * width);
		else
			activate(sum[i], vecs, to->act);
		for (int j = 0; j < vecs; j++)
			store_part(to->out + (place + i) * to->channels + step * j, sum[i][j], j == vecs - 1 ? to->last : lanes_of(step));
	}
	for (int j = 0; j < vecs; j++) {
		for (int i = 1; i < n; i++)
			sum[0][j] += sum[i][j];
		add_to(&total[j], sum[0][j]);
	}
}

// convolve computes a panel of out from the buffer.
PVS_INLINE void convolve(const strip *s, int vectors, int kernel, int stride, const value *buffer, const value *w, const value *bias, const convolved *to) {
	places_sum total[2];
	int vecs = vecs_of(vectors);
	for (int j = 0; j < vecs; j++)
		total[j] = load_sum(to->sums + step * j, j == vecs - 1 ? to->last : lanes_of(step));
	int n = tiles(s->out_width, most_places);
	for (int y = 0; y < s->out_rows; y++)
		for (int t = 0; t < n; t++) {
			int i = part(s->out_width, t, n);
			const value *x = buffer + (long)stride * (y * s->padded + i) * lanes * vectors;
			long place = (long)y * s->out_width + i;
#define PVS_SPAN(n)                                                                          \
	case n:                                                                                  \
		span(n, vectors, kernel, stride, s->padded, x, w, bias, to, place, total);           \
		break;
			switch (part(s->out_width, t + 1, n) - i) {
				PVS_SPANS
			}
#undef PVS_SPAN
		}
	for (int j = 0; j < vecs; j++)
		store_sum(to->sums + step * j, total[j], j == vecs - 1 ? to->last : lanes_of(step));
}

// A function for each kernel and stride, so that loops have constant bounds.
typedef void convolution(const strip *s, int vectors, const value *buffer, const value *w, const value *bias, const convolved *to);

#define PVS_CONVOLUTION(name, kernel, stride)                                                                       \
	PVS_TARGET static void name(const strip *s, int vectors, const value *buffer, const value *w,                   \
	                            const value *bias, const convolved *to) {                                           \
		if (vectors == 2)                                                                                           \
			convolve(s, 2, kernel, stride, buffer, w, bias, to);                                                    \
		else                                                                                                        \
			convolve(s, 1, kernel, stride, buffer, w, bias, to);                                                    \
	}

PVS_CONVOLUTION(convolve_3_1, 3, 1)
PVS_CONVOLUTION(convolve_3_2, 3, 2)
PVS_CONVOLUTION(convolve_5_1, 5, 1)
PVS_CONVOLUTION(convolve_5_2, 5, 2)

static convolution *const convolutions[2][2] = {{convolve_3_1, convolve_3_2}, {convolve_5_1, convolve_5_2}};

static convolution *convolution_of(const pvs_kernels *d) { return convolutions[d->size == 5][d->stride == 2]; }

// strip_rows is how many rows of output a strip has: as many as keep the buffer within 128
// KiB: other data need the second-level cache too.
static int strip_rows(const pvs_kernels *d, int padded) {
	int fit = (128 << 10) / (padded * panel * (int)sizeof(value));
	return fit < d->size ? 1 : (fit - d->size) / d->stride + 1;
}

// widen_buffer is how many values of working memory widen needs.
static long widen_buffer(const pvs_block *b, int height, int width) {
	const pvs_kernels *d = &b->depthwise;
	padding side = same(width, d->size, d->stride);
	int padded = side.before + width + side.after, out_rows = halved(height, d->stride), most = strip_rows(d, padded);
	return (long)(((most < out_rows ? most : out_rows) - 1) * d->stride + d->size) * padded * panel;
}

// widen computes the first half of a block, expansion and depthwise convolution, both
// activated, of x[count, height, width, .]; sums[count, channels] are those of out over all
// places.
PVS_TARGET static void widen(const pvs_block *b, const value *x, int count, int height, int width, int act, value *out, float *sums, value *buffer) {
	const pvs_kernels *d = &b->depthwise;
	convolution *run = convolution_of(d);
	padding side = same(width, d->size, d->stride), above = same(height, d->size, d->stride);
	strip s = {.width = width, .padded = side.before + width + side.after, .left = side.before, .out_width = halved(width, d->stride)};
	int depth = b->expand.weights ? b->expand.in : d->channels, out_height = halved(height, d->stride), most = strip_rows(d, s.padded);
	memset(sums, 0, sizeof(float) * count * d->channels);
	for (int y = 0; y < out_height; y += most) {
		s.out_rows = out_height - y < most ? out_height - y : most;
		int first = y * d->stride - above.before, last = first + (s.out_rows - 1) * d->stride + d->size;
		s.top = first < 0 ? -first : 0;
		s.bottom = last > height ? last - height : 0;
		s.rows = last - first - s.top - s.bottom;
		for (int c = 0; c < d->channels; c += panel) {
			int left = d->channels - c, vectors = wide_vectors(left), n = lanes * vectors;
			// The zeros around the rows stay while panels are equally wide.
			if (c == 0 || vectors == 1)
				memset(buffer, 0, sizeof(value) * (last - first) * s.padded * n);
			// A panel's weights serve all images while they are in the cache.
			for (int i = 0; i < count; i++) {
				const value *from = x + ((long)i * height + first + s.top) * width * depth;
				convolved to = {.act = act, .channels = d->channels, .last = last_of(vectors, left),
				                .out = out + ((long)i * out_height + y) * s.out_width * d->channels + c, .sums = sums + (long)i * d->channels + c};
				fill(&s, vectors, act, b, c, from, buffer + (s.top * s.padded + s.left) * n, 0);
				run(&s, vectors, buffer, d->weights + (long)c * d->size * d->size, d->bias + c, &to);
			}
		}
	}
}

#endif
