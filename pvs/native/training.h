// The network's training: forward with what the way back needs, and back.
#ifndef PVS_NATIVE_TRAINING_H
#define PVS_NATIVE_TRAINING_H

#include "network.h"
#include "slopes.h"

// place is where the network is before a block: sides and channels of what enters it.
typedef struct {
	int side, channels;
} place;

static place first_place(const pvs_network *n) { return (place){halved(n->size, stem_stride), n->stem.out}; }

static place next_place(const pvs_block *b, place p) { return (place){halved(p.side, b->depthwise.stride), b->project.out}; }

static place place_of(const pvs_network *n, int block) {
	place p = first_place(n);
	for (int i = 0; i < block; i++)
		p = next_place(&n->blocks[i], p);
	return p;
}

static long size_of(place p) { return (long)p.side * p.side * p.channels; }

// kept_at is where what enters a block begins that is kept from first on.
static long kept_at(const pvs_network *n, int count, int first, int block) {
	long at = 0;
	for (int i = first; i < block; i++)
		at += count * size_of(place_of(n, i));
	return at;
}

// top_slopes_of is how many derivatives of an image's top are kept, in wide panels of the images
// that go together.
static long top_slopes_of(const pvs_network *n) {
	place p = place_of(n, n->block_count);
	return (long)p.side * p.side * vectors_of(n->top.out) * lanes;
}

static long kept_of(const pvs_training *t, int count, int first) {
	return kept_at(t->network, count, first, t->network->block_count + 1) + count * top_slopes_of(t->network);
}

// top_forward computes the features and keeps the derivatives of the top's activation.
PVS_TARGET static void top_forward(const pvs_training *t, int count, int side, const float *x, float *panels, float *features, float *slopes) {
	const pvs_matrix *top = &t->top;
	int places = side * side, rows = count * places;
	for (int c = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = wide_vectors(left), width = vectors * lanes;
		onto_panel(vectors, x, rows, top->in, top->weights + (long)c * top->in, top->bias + c, t->network->activation, panels, slopes + (long)c * rows);
		for (int i = 0; i < count; i++)
			average(panels + (long)i * places * width, places, width, left < width ? left : width, features + (long)i * top->out + c);
	}
}

// forward goes through the network with a few images at a time.
static void forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, float *features, float *scratch) {
	const pvs_network *n = t->network;
	memory m;
	lay_out(n, pvs_together, scratch, &m);
	for (int i = 0; i < count; i += pvs_together) {
		int here = count - i < pvs_together ? count - i : pvs_together;
		place p = place_of(n, first);
		float *x = kept + i * size_of(p);
		if (first > 0)
			memcpy(x, in + i * size_of(p), sizeof(float) * here * size_of(p));
		for (int j = 0; first == 0 && j < here; j++)
			stem(n, in + (long)(i + j) * n->size * n->size * 3, &m, x + j * size_of(p));
		for (int b = first; b < n->block_count; b++) {
			place next = next_place(&n->blocks[b], p);
			float *y = kept + kept_at(n, count, first, b + 1) + i * size_of(next);
			block(&n->blocks[b], here, p.side, n->activation, factors ? factors + (long)i * n->block_count + b : 0, n->block_count, x, y, &m);
			x = y;
			p = next;
		}
		float *slopes = kept + kept_at(n, count, first, n->block_count + 1) + i * top_slopes_of(n);
		top_forward(t, here, p.side, x, m.wide, features + (long)i * n->top.out, slopes);
	}
}

// back is the working memory of the way back.
typedef struct {
	float *dx, *dy; // gradients of a block's input and output
	float *lines, *patches;
	work work;
} back;

// lay_out_back finds how much of each part is needed for count images, and sets where each begins.
static long lay_out_back(const pvs_training *t, int first, float *scratch, back *m) {
	const pvs_network *n = t->network;
	place p = place_of(n, first);
	long narrow = size_of(p), scaled = 0, expanded = 0, expanded_slopes = 0, wide = 0, inner = 0, channels = 0, squeezed = 0;
	for (int b = first; b < n->block_count; b++) {
		shape s = shape_of(&n->blocks[b], p.side);
		int count = together_of(s.places, pvs_together);
		place next = next_place(&n->blocks[b], p);
		narrow = most(narrow, size_of(next));
		scaled = most(scaled, count * size_of(next));
		expanded = most(expanded, count * expanded_of(&s, s.padded * s.padded));
		expanded_slopes = most(expanded_slopes, count * expanded_of(&s, s.inputs));
		wide = most(wide, (long)count * s.places * s.all);
		inner = most(inner, inner_places(s.inner) * panel);
		channels = most(channels, (long)count * s.all);
		squeezed = most(squeezed, n->blocks[b].squeeze.out);
		p = next;
	}
	long rows = (long)pvs_together * p.side * p.side * panel; // of the top
	int side = halved(n->size, stem_stride);
	expanded = most(expanded, most(rows, (long)side * panel));
	expanded_slopes = most(expanded_slopes, most(added * rows, (long)side * panel));
	need needs[] = {
		{&m->dx, pvs_together * narrow}, {&m->dy, pvs_together * narrow}, {&m->lines, lines_of(n)}, {&m->patches, (long)side * pvs_patch_row},
		{&m->work.expanded, expanded}, {&m->work.expanded_slopes, expanded_slopes}, {&m->work.scaled, scaled},
		{&m->work.wide, wide}, {&m->work.wide_slopes, wide}, {&m->work.wide_gradients, wide}, {&m->work.inner, inner},
		{&m->work.means, channels}, {&m->work.gate, channels}, {&m->work.gate_gradients, channels},
		{&m->work.squeezed, squeezed}, {&m->work.squeezed_slopes, squeezed},
	};
	return place_parts(needs, sizeof needs / sizeof *needs, scratch);
}

static long back_scratch_of(const pvs_training *t, int first) {
	float begin;
	back m;
	return lay_out_back(t, first, &begin, &m);
}

// times multiplies a panel x[rows, .] by by[rows, .], of whose rows, apart values apart, last says
// the lanes of the last vector; apart may be 0.
PVS_TARGET static void times(int vectors, int rows, float factor, const float *by, int apart, mask last, const float *x, float *out) {
	for (int r = 0; r < rows; r++, by += apart)
		for (int j = 0; j < vectors; j++, x += lanes, out += lanes)
			store(out, load(x) * load_part(by + lanes * j, j == vectors - 1 ? last : lanes_of(lanes)) * factor);
}

// top_slopes computes the gradient dx of the top's input x from that of the features, slopes, and
// the activation's derivatives.
PVS_TARGET static void top_slopes(const pvs_training *t, int count, int side, const float *x, const float *derivatives, const float *slopes, float *dx, const work *m, float *sums) {
	const pvs_matrix *top = &t->top;
	int places = side * side, rows = count * places;
	memset(dx, 0, sizeof(float) * rows * top->in);
	for (int c = 0, from = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = wide_vectors(left), width = vectors * lanes;
		float *to = m->expanded_slopes + (long)(c - from) * rows;
		for (int i = 0; i < count; i++) {
			long at = (long)i * places * width;
			times(vectors, places, 1.0f / places, slopes + (long)i * top->out + c, 0, lanes_of(left - width + lanes), derivatives + (long)c * rows + at, to + at);
		}
		cross(vectors, x, top->in, rows, to, sums + t->top_sum + (long)c * top->in);
		if (add_now(from, c, top->out)) {
			add_panels(&t->top_back, from, (c - from) / panel + 1, m->expanded_slopes, rows, width, dx);
			from = c + panel;
		}
	}
}

// stem_slopes adds the gradient of the stem's weights, dy being that of an image's stem.
PVS_TARGET static void stem_slopes(const pvs_training *t, const float *image, const float *dy, const back *m, float *sums) {
	const pvs_matrix *stem = &t->stem;
	const work *w = &m->work;
	int side = halved(t->network->size, stem_stride);
	memset(m->patches, 0, sizeof(float) * side * pvs_patch_row);
	for (int y = 0; y < side; y++, dy += (long)side * stem->out) {
		patches_of(t->network, image, y, m->lines, pvs_patch_row, m->patches);
		for (int c = 0; c < stem->out; c += panel) {
			int left = stem->out - c, vectors = wide_vectors(left), width = vectors * lanes;
			onto_panel(vectors, m->patches, side, stem->in, stem->weights + (long)c * stem->in, stem->bias + c, t->network->activation, w->expanded, w->expanded_slopes);
			times(vectors, side, 1, dy + c, stem->out, lanes_of(left - width + lanes), w->expanded_slopes, w->expanded_slopes);
			cross(vectors, m->patches, stem->in, side, w->expanded_slopes, sums + t->stem_sum + (long)c * stem->in);
		}
	}
}

static void gradients(const pvs_training *t, const float *images, int count, int first, const float *factors, const float *kept, const float *slopes, float *sums, float *scratch) {
	const pvs_network *n = t->network;
	back m;
	lay_out_back(t, first, scratch, &m);
	for (int i = 0; i < count; i += pvs_together) {
		int here = count - i < pvs_together ? count - i : pvs_together;
		place p = place_of(n, n->block_count);
		top_slopes(t, here, p.side, kept + kept_at(n, count, first, n->block_count) + i * size_of(p), kept + kept_at(n, count, first, n->block_count + 1) + i * top_slopes_of(n), slopes + (long)i * n->top.out, m.dy, &m.work, sums);
		for (int b = n->block_count - 1; b >= first; b--) {
			place out = p;
			p = place_of(n, b);
			const float *x = kept + kept_at(n, count, first, b) + i * size_of(p);
			float *dx = b > first || first == 0 ? m.dx : 0;
			int together = together_of(out.side * out.side, here);
			for (int j = 0; j < here; j += together) {
				int now = here - j < together ? here - j : together;
				block_slopes(&n->blocks[b], &t->blocks[b], now, p.side, n->activation, factors ? factors + (long)(i + j) * n->block_count + b : 0, n->block_count,
				             x + j * size_of(p), m.dy + j * size_of(out), dx ? dx + j * size_of(p) : 0, &m.work, sums);
			}
			float *dy = m.dy;
			m.dy = m.dx;
			m.dx = dy;
		}
		for (int j = 0; first == 0 && j < here; j++)
			stem_slopes(t, images + (long)(i + j) * n->size * n->size * 3, m.dy + j * size_of(p), &m, sums);
	}
}

#endif
