// The first half of an MBConv block: expansion and depthwise convolution, each activated.
#ifndef PVS_CPU_EXPAND_DEPTHWISE_H
#define PVS_CPU_EXPAND_DEPTHWISE_H

#include "shapes.h"
#include "tile.h"

// A panel of channels is expanded for many rows into a buffer that stays in the cache, and convolved from there: the
// expanded channels, the most values that a block has, never go out to memory.

// strip is some rows of output, and the input that they cover.
typedef struct {
	int width, padded, left; // columns of input, with all zeros, and zeros before the first
	int rows, top, bottom;   // rows of input, and of zeros above and below
	int out_rows, out_width;
} strip;

// fill_expanded expands a panel of all positions into the buffer, between its zeros. The activation's derivatives go
// to derivatives unless that is null, one position after the other.
PVS_INLINE void fill_expanded(const strip *s, int vectors, int act, const pvs_matrix *m, int c, const value *x,
		value *to, value *derivatives) {
	const value *w = m->weights + (long)c * m->in;
	int positions = s->rows * s->width, n = tiles(positions, most_rows), column = 0;
	epilogue then = {.act = act, .last = last_of(vectors, panel), .derivatives = derivatives};
	for (int t = 0; t < n; t++) {
		int p = part(positions, t, n), rows = part(positions, t + 1, n) - p;
		value *out[most_rows];
		for (int i = 0; i < rows; i++) {
			out[i] = to;
			to += lanes * vectors;
			if (++column == s->width) {
				column = 0;
				to += (s->padded - s->width) * lanes * vectors;
			}
		}
		if (derivatives)
			then.derivatives = derivatives + (long)p * lanes * vectors;
		tile(rows, vectors, x + (long)p * m->in, m->in, w, m->bias + c, &then, out);
	}
}

// fill_copied copies a panel of x, where a block has no expansion.
PVS_INLINE void fill_copied(const strip *s, int vectors, int channels, int left, const value *x, value *to) {
	int last = vecs_of(vectors) - 1;
	mask from = last_of(vectors, left), whole = last_of(vectors, panel);
	for (int y = 0; y < s->rows; y++, to += (s->padded - s->width) * lanes * vectors)
		for (int i = 0; i < s->width; i++, x += channels, to += lanes * vectors)
			for (int j = 0; j <= last; j++)
				store_part(to + step * j, load_part(x + step * j, j == last ? from : lanes_of(step)),
					j == last ? whole : lanes_of(step));
}

// fill writes a panel from channel c on of the depthwise convolution's input to the buffer.
PVS_TARGET static void fill(const strip *s, int vectors, int act, const pvs_block *b, int c, const value *x, value *to,
		value *derivatives) {
	int channels = b->depthwise.channels;
	if (b->expand.weights && vectors == 2)
		fill_expanded(s, 2, act, &b->expand, c, x, to, derivatives);
	else if (b->expand.weights)
		fill_expanded(s, 1, act, &b->expand, c, x, to, derivatives);
	else if (vectors == 2)
		fill_copied(s, 2, channels, channels - c, x + c, to);
	else
		fill_copied(s, 1, channels, channels - c, x + c, to);
}

// most_positions is how many positions are convolved at once. AVX-512's registers would hold more, but widths are
// multiples of seven.
enum { most_positions = 6 + lanes / 16 };

// PVS_SPANS are the cases of PVS_SPAN(n), n positions, of a switch.
#define PVS_SPANS_6 PVS_SPAN(1) PVS_SPAN(2) PVS_SPAN(3) PVS_SPAN(4) PVS_SPAN(5) PVS_SPAN(6)
#if PVS_LANES == 16
#define PVS_SPANS PVS_SPANS_6 PVS_SPAN(7)
#else
#define PVS_SPANS PVS_SPANS_6
#endif

// convolved is where a convolution's panel goes, channels values a row. Sums are added up over all positions.
// Derivatives are the activation's, or null.
typedef struct {
	int act, channels;
	mask last;
	value *out, *derivatives;
	float *sums;
} convolved;

// span convolves n neighbouring positions of a row. Each step loads one vector of x for one multiplication, which is
// as fast as the multiplications are.
PVS_INLINE void span(int n, int vectors, int kernel, int stride, int padded, const value *x, const value *w,
                     const value *bias, const convolved *to, long position, position_sums total[2]) {
	int width = lanes * vectors, vecs = vecs_of(vectors);
	vec sum[most_positions][2];
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
		if (to->derivatives)
			differentiate(sum[i], vecs, to->act, to->derivatives + (position + i) * width);
		else
			activate(sum[i], vecs, to->act);
		for (int j = 0; j < vecs; j++)
			store_part(to->out + (position + i) * to->channels + step * j, sum[i][j], j == vecs - 1 ? to->last : lanes_of(step));
	}
	for (int j = 0; j < vecs; j++) {
		for (int i = 1; i < n; i++)
			sum[0][j] += sum[i][j];
		add_to(&total[j], sum[0][j]);
	}
}

// convolve computes a panel of out from the buffer.
PVS_INLINE void convolve(const strip *s, int vectors, int kernel, int stride, const value *buffer, const value *w,
		const value *bias, const convolved *to) {
	position_sums total[2];
	int vecs = vecs_of(vectors);
	for (int j = 0; j < vecs; j++)
		total[j] = load_sum(to->sums + step * j, j == vecs - 1 ? to->last : lanes_of(step));
	int n = tiles(s->out_width, most_positions);
	for (int y = 0; y < s->out_rows; y++)
		for (int t = 0; t < n; t++) {
			int i = part(s->out_width, t, n);
			const value *x = buffer + (long)stride * (y * s->padded + i) * lanes * vectors;
			long position = (long)y * s->out_width + i;
#define PVS_SPAN(n) \
	case n: \
		span(n, vectors, kernel, stride, s->padded, x, w, bias, to, position, total); \
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
typedef void convolution(const strip *s, int vectors, const value *buffer, const value *w, const value *bias,
		const convolved *to);

#define PVS_CONVOLUTION(name, kernel, stride) \
	PVS_TARGET static void name(const strip *s, int vectors, const value *buffer, const value *w, \
	                            const value *bias, const convolved *to) { \
		if (vectors == 2) \
			convolve(s, 2, kernel, stride, buffer, w, bias, to); \
		else \
			convolve(s, 1, kernel, stride, buffer, w, bias, to); \
	}

PVS_CONVOLUTION(convolve_3_1, 3, 1)
PVS_CONVOLUTION(convolve_3_2, 3, 2)
PVS_CONVOLUTION(convolve_5_1, 5, 1)
PVS_CONVOLUTION(convolve_5_2, 5, 2)

static convolution *const convolutions[2][2] = {{convolve_3_1, convolve_3_2}, {convolve_5_1, convolve_5_2}};

static convolution *convolution_of(const pvs_depthwise *d) { return convolutions[d->size == 5][d->stride == 2]; }

// strip_rows is how many output rows a strip has: its buffer takes at most 128 KiB of the second-level cache.
static int strip_rows(const pvs_depthwise *d, int padded) {
	int fit = (128 << 10) / (padded * panel * (int)sizeof(value));
	return fit < d->size ? 1 : (fit - d->size) / d->stride + 1;
}

// expand_depthwise_scratch is how many values the buffer of expand_depthwise has.
static long expand_depthwise_scratch(const pvs_block *b, int height, int width) {
	const pvs_depthwise *d = &b->depthwise;
	padding side = same_padding(width, d->size, d->stride);
	int padded = side.before + width + side.after, out_rows = output_side(height, d->stride), most = strip_rows(d, padded);
	return (long)(((most < out_rows ? most : out_rows) - 1) * d->stride + d->size) * padded * panel;
}

// expand_depthwise computes expansion and depthwise convolution, both activated, of x[count, height, width, .] to
// out[count, out height, out width, channels]. sums[count, channels] are those of out over all positions.
PVS_TARGET static void expand_depthwise(const pvs_block *b, const value *x, int count, int height, int width, int act,
		value *out, float *sums, value *buffer) {
	const pvs_depthwise *d = &b->depthwise;
	convolution *run = convolution_of(d);
	padding side = same_padding(width, d->size, d->stride), above = same_padding(height, d->size, d->stride);
	strip s = {.width = width, .padded = side.before + width + side.after, .left = side.before,
		.out_width = output_side(width, d->stride)};
	int depth = b->expand.weights ? b->expand.in : d->channels, out_height = output_side(height, d->stride),
		most = strip_rows(d, s.padded);
	memset(sums, 0, sizeof(float) * count * d->channels);
	for (int y = 0; y < out_height; y += most) {
		s.out_rows = out_height - y < most ? out_height - y : most;
		int first = y * d->stride - above.before, last = first + (s.out_rows - 1) * d->stride + d->size;
		s.top = first < 0 ? -first : 0;
		s.bottom = last > height ? last - height : 0;
		s.rows = last - first - s.top - s.bottom;
		for (int c = 0; c < d->channels; c += panel) {
			int left = d->channels - c, vectors = channel_panel_vectors(left), n = lanes * vectors;
			// The zeros around the rows stay while panels are equally wide.
			if (c == 0 || vectors == 1)
				memset(buffer, 0, sizeof(value) * (last - first) * s.padded * n);
			// A panel's weights serve all images while they are in the cache.
			for (int i = 0; i < count; i++) {
				const value *from = x + ((long)i * height + first + s.top) * width * depth;
				convolved to = {.act = act, .channels = d->channels, .last = last_of(vectors, left),
				                .out = out + ((long)i * out_height + y) * s.out_width * d->channels + c,
					.sums = sums + (long)i * d->channels + c};
				fill(&s, vectors, act, b, c, from, buffer + (s.top * s.padded + s.left) * n, 0);
				run(&s, vectors, buffer, d->weights + (long)c * d->size * d->size, d->bias + c, &to);
			}
		}
	}
}

#endif
