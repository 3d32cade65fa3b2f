// What a block's way forward keeps for its way back, and the way forward that keeps most.
#ifndef PVS_NATIVE_KEPT_H
#define PVS_NATIVE_KEPT_H

#include "cross.h"
#include "depthwise.h"
#include "network.h"

// shape is the sizes of a block in training.
typedef struct {
	int side, inputs, padded, out, places; // of one image: sides and places before and after, side with zeros
	int stride;
	int in, wide, all;                     // channels; wide ones filled up to whole vectors
	int keeps;                             // what expansion and depthwise convolution give
	padding zeros;
} shape;

static shape shape_of(const pvs_block *b, int side) {
	const pvs_kernels *d = &b->depthwise;
	shape s = {.side = side, .inputs = side * side, .stride = d->stride, .out = halved(side, d->stride), .wide = d->channels, .all = vectors_of(d->channels) * lanes};
	s.places = s.out * s.out;
	s.zeros = same(side, d->size, d->stride);
	s.padded = s.zeros.before + side + s.zeros.after;
	s.in = b->expand.weights ? b->expand.in : d->channels;
	s.keeps = b->expand.weights && s.in >= pvs_worth_keeping && s.wide == s.all;
	return s;
}

// vectors_at is how many vectors the panel has that begins at channel c.
static int vectors_at(const shape *s, int c) { return wide_vectors(s->all - c); }

// kept is that of some images. Wide panels of all of them follow each other.
typedef struct {
	const float *x;         // what enters the block
	float *means, *gate;    // squeeze and excite's input, and its factors, [count, all]
	float *expanded, *wide; // what expansion and depthwise convolution give, before the activation
} kept;

// keep sets where the parts for count images begin, but for x, and returns how many values they need.
static long keep(const shape *s, int count, float *memory, kept *k) {
	long wide = s->keeps ? (long)count * s->all : 0;
	need needs[] = {
		{&k->means, (long)count * s->all}, {&k->gate, (long)count * s->all},
		{&k->expanded, wide * s->inputs}, {&k->wide, wide * s->places},
	};
	return place_parts(needs, sizeof needs / sizeof *needs, memory);
}

// kept_from is what is kept of the images from one on that begins a group.
static kept kept_from(kept k, const shape *s, int image) {
	long i = image;
	return (kept){k.x + i * s->inputs * s->in, k.means + i * s->all, k.gate + i * s->all, k.expanded + i * s->inputs * s->all, k.wide + i * s->places * s->all};
}

// recalled computes the activation of n vectors, its derivatives unless slopes is null, and copies
// x unless copy is null: past the cache, since it is read much later.
PVS_INLINE void recalled(int n, const float *x, int act, float *out, float *slopes, float *copy) {
	vec v[4];
	for (int j = 0; j < n; j++)
		v[j] = load(x + j * lanes);
	for (int j = 0; copy && j < n; j++)
		stream(copy + j * lanes, v[j]);
	if (slopes)
		differentiate(v, n, act, slopes);
	else
		activate(v, n, act);
	for (int j = 0; j < n; j++)
		store(out + j * lanes, v[j]);
}

// recall is recalled for n values, whole vectors.
PVS_TARGET static void recall(const float *x, long n, int act, float *out, float *slopes, float *copy) {
	long i = 0;
	for (; i + 4 * lanes <= n; i += 4 * lanes)
		recalled(4, x + i, act, out + i, slopes ? slopes + i : 0, copy ? copy + i : 0);
	for (; i < n; i += lanes)
		recalled(1, x + i, act, out + i, slopes ? slopes + i : 0, copy ? copy + i : 0);
}

// pad brings a panel of what the expansion of an image gives between zeros, activated; slopes and
// copy are recall's.
static void pad(const shape *s, int width, int act, const float *expanded, float *padded, float *slopes, float *copy) {
	float *to = padded + (s->zeros.before * s->padded + s->zeros.before) * width;
	for (int y = 0; y < s->side; y++) {
		long at = (long)y * s->side * width;
		recall(expanded + at, s->side * width, act, to + (long)y * s->padded * width, slopes ? slopes + at : 0, copy ? copy + at : 0);
	}
}

// padded_places is how many places a padded panel has, with those after its last row that the gradient of the
// weights reads (kernel_rows): it multiplies them by zeros, of which NaN that was left there would make NaN.
static long padded_places(int padded, int stride) { return (long)padded * padded + (kernel_places - 1) * stride + 5; }

// zeros_around makes zeros around the places of the panel from channel c on; they stay while panels are
// equally wide.
static void zeros_around(const shape *s, int c, float *padded) {
	int vectors = vectors_at(s, c);
	if (c == 0 || vectors == 1)
		memset(padded, 0, sizeof(float) * padded_places(s->padded, s->stride) * vectors * lanes);
}

// fill_gate makes zeros of an image's factors of the channels that only fill up the last vector: what they multiply
// is zero, and NaN that was left there would make NaN of it.
static void fill_gate(const shape *s, float *gate) { memset(gate + s->wide, 0, sizeof(float) * (s->all - s->wide)); }

// input_panel brings a panel of the depthwise convolution's input, of the image numbered i of count,
// between zeros that are there, and the activation's derivatives to slopes unless that is null.
static void input_panel(const pvs_block *b, const shape *s, int c, int count, int i, int act, const kept *k, float *padded, float *slopes) {
	int vectors = vectors_at(s, c), width = vectors * lanes;
	if (s->keeps) {
		pad(s, width, act, k->expanded + ((long)c * count + (long)i * width) * s->inputs, padded, slopes, 0);
		return;
	}
	strip rows = {.width = s->side, .padded = s->padded, .left = s->zeros.before, .rows = s->side};
	fill(&rows, vectors, act, b, c, k->x + (long)i * s->inputs * s->in, padded + (s->zeros.before * s->padded + s->zeros.before) * width, slopes);
}

// convolve_panel convolves a panel of an image.
PVS_TARGET static void convolve_panel(const pvs_block *b, const shape *s, int c, int act, const float *padded, float *out, float *slopes) {
	const pvs_kernels *d = &b->depthwise;
	int vectors = vectors_at(s, c);
	float unused[panel] = {0};
	strip rows = {.padded = s->padded, .out_rows = s->out, .out_width = s->out};
	convolved to = {.act = act, .channels = vectors * lanes, .last = lanes_of(lanes), .out = out, .sums = unused, .slopes = slopes};
	convolution_of(d)(&rows, vectors, padded, d->weights + (long)c * d->size * d->size, d->bias + c, &to);
}

// begin computes what a block gives without its branch's products.
PVS_TARGET static void begin(const pvs_block *b, int places, float factor, const float *x, float *y) {
	int out = b->project.out;
	for (int p = 0; p < places; p++, x += out, y += out)
		for (int c = 0; c < out; c += lanes) {
			mask m = lanes_of(out - c);
			vec v = load(b->project.bias + c) * factor;
			if (b->residual)
				v += load_part(x + c, m);
			store_part(y + c, v, m);
		}
}

// ahead is the working memory of the way forward.
typedef struct {
	memory memory;
	float *expanded, *convolved; // before the activation: a panel of some images, and of one
	float *padded, *wide;        // activated: a panel of an image between zeros, and wide panels of some images
} ahead;

// some_kept is some, in wide panels.
PVS_TARGET static void some_kept(const pvs_block *b, const shape *s, int count, int act, const float *factors, int blocks, const kept *k, float *y, const ahead *m) {
	int rows = count * s->places, whole = s->all / panel;
	for (int c = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		onto_panel(vectors, k->x, count * s->inputs, s->in, b->expand.weights + (long)c * s->in, b->expand.bias + c, pvs_linear, m->expanded, 0);
		zeros_around(s, c, m->padded);
		for (int i = 0; i < count; i++) {
			long in = (long)i * s->inputs * width, out = ((long)c * count + (long)i * width) * s->places;
			pad(s, width, act, m->expanded + in, m->padded, 0, k->expanded + (long)c * count * s->inputs + in);
			convolve_panel(b, s, c, pvs_linear, m->padded, m->convolved, 0);
			recall(m->convolved, (long)s->places * width, act, m->wide + out, 0, k->wide + out);
			average(m->wide + out, s->places, width, width, k->means + (long)i * s->all + c);
		}
	}
	if (b->squeeze.weights)
		gate_of(b, count, k->means, m->memory.squeezed, k->gate);
	for (int i = 0; i < count; i++) {
		float factor = factors && b->residual ? factors[i * blocks] : 1, *by = m->memory.gate;
		for (int c = 0; c < s->all; c++)
			by[c] = b->squeeze.weights ? k->gate[(long)i * s->all + c] * factor : factor;
		for (int c = 0; c < s->all; c += panel) {
			int width = vectors_at(s, c) * lanes;
			scale(m->wide + ((long)c * count + (long)i * width) * s->places, s->places, width, by + c);
		}
		begin(b, s->places, factor, k->x + (long)i * s->inputs * s->in, y + (long)i * s->places * b->project.out);
	}
	add_panels(&b->project, 0, whole, m->wide, rows, panel, y);
	if (whole * panel < s->all)
		add_panels(&b->project, whole * panel, 1, m->wide + (long)whole * panel * rows, rows, s->all - whole * panel, y);
}

#endif
