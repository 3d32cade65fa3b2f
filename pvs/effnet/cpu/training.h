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

// stage is a block in training, and what is kept of all images from its way forward. What enters is
// written to entry.
typedef struct {
	shape shape;
	float *entry;
	kept kept;
} stage;

// stage_of is that of a block, given the first one's, what enters it unless that is 0, and what is kept
// from there on, of count images. The top, which comes after the last block, has a side and what enters it.
static stage stage_of(const pvs_training *t, int count, int first, int block, const float *in, float *memory) {
	const pvs_network *n = t->network;
	place p = place_of(n, first);
	for (int b = first; b < n->block_count; b++) {
		stage g = {.shape = shape_of(&n->blocks[b], p.side)};
		int given = b == first && first > 0;
		need entry = {&g.entry, given ? 0 : count * size_of(p)};
		memory += place_parts(&entry, 1, memory);
		memory += keep(&g.shape, count, memory, &g.kept);
		g.kept.x = given ? in : g.entry;
		if (b == block)
			return g;
		p = next_place(&n->blocks[b], p);
	}
	return (stage){{.side = p.side, .inputs = p.side * p.side, .in = p.channels}, memory, {.x = memory}};
}

// top_slopes_of is how many derivatives of an image's top are kept, in wide panels of the images
// that go together.
static long top_slopes_of(const pvs_network *n) {
	place p = place_of(n, n->block_count);
	return (long)p.side * p.side * vectors_of(n->top.out) * lanes;
}

// top_slopes_at is where those of the image numbered i are.
static float *top_slopes_at(const pvs_network *n, const stage *top, int count, int i) {
	return top->entry + (long)count * top->shape.inputs * top->shape.in + i * top_slopes_of(n);
}

static long kept_of(const pvs_training *t, int count, int first) {
	float begin;
	stage top = stage_of(t, count, first, t->network->block_count, 0, &begin);
	return top_slopes_at(t->network, &top, count, count) - &begin;
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

// lay_out_ahead finds how much of each part of the way forward is needed, and sets where each begins.
static long lay_out_ahead(const pvs_training *t, int count, int first, float *scratch, ahead *m) {
	const pvs_network *n = t->network;
	place p = place_of(n, first);
	long padded = 0, wide = 0, expanded = 0, convolved = 0, used = lay_out(n, count, 0, scratch, &m->memory);
	for (int b = first; b < n->block_count; b++) {
		shape s = shape_of(&n->blocks[b], p.side);
		if (s.keeps) {
			padded = most(padded, padded_places(s.padded, s.stride) * panel);
			expanded = most(expanded, (long)together_of(s.places, count) * s.inputs * panel);
			convolved = most(convolved, (long)s.places * panel);
			wide = most(wide, (long)together_of(s.places, count) * s.places * s.all);
		}
		p = next_place(&n->blocks[b], p);
	}
	need needs[] = {{&m->expanded, expanded}, {&m->convolved, convolved}, {&m->padded, padded}, {&m->wide, wide}};
	return used + place_parts(needs, sizeof needs / sizeof *needs, scratch + used);
}

// block_ahead computes a block of some images, and keeps what its way back needs.
static void block_ahead(const pvs_block *b, const shape *s, int count, int act, const float *factors, int blocks, const kept *k, float *y, const ahead *m) {
	if (s->keeps) {
		some_kept(b, s, count, act, factors, blocks, k, y, m);
		return;
	}
	some(b, count, s->side, act, factors, blocks, k->x, y, &m->memory);
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		memcpy(k->means + (long)i * s->all, m->memory.sums + (long)i * s->wide, sizeof(float) * s->wide);
		memcpy(k->gate + (long)i * s->all, m->memory.gate + (long)i * s->wide, sizeof(float) * s->wide);
		fill_gate(s, k->gate + (long)i * s->all);
	}
}

// forward goes through the network with a few images at a time.
static void forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *memory, float *features, float *scratch) {
	const pvs_network *n = t->network;
	ahead m;
	lay_out_ahead(t, count < pvs_together ? count : pvs_together, first, scratch, &m);
	for (int i = 0; i < count; i += pvs_together) {
		int here = count - i < pvs_together ? count - i : pvs_together;
		stage g = stage_of(t, count, first, first, in, memory);
		for (int j = i; first == 0 && j < i + here; j++)
			stem(n, in + (long)j * n->size * n->size * 3, &m.memory, g.entry + (long)j * g.shape.inputs * g.shape.in);
		for (int b = first; b < n->block_count; b++) {
			stage next = stage_of(t, count, first, b + 1, in, memory);
			int together = together_of(g.shape.places, here);
			for (int j = 0; j < here; j += together) {
				int now = here - j < together ? here - j : together;
				kept k = kept_from(g.kept, &g.shape, i + j);
				block_ahead(&n->blocks[b], &g.shape, now, n->activation, factors ? factors + (long)(i + j) * n->block_count + b : 0, n->block_count,
				            &k, next.entry + (long)(i + j) * next.shape.inputs * next.shape.in, &m);
			}
			g = next;
		}
		top_forward(t, here, g.shape.side, g.kept.x + (long)i * g.shape.inputs * g.shape.in, m.memory.wide, features + (long)i * n->top.out, top_slopes_at(n, &g, count, i));
	}
}

// back is the working memory of the way back.
typedef struct {
	float *dx, *dy; // gradients of a block's input and output
	float *lines, *patches;
	work work;
} back;

// lay_out_back finds how much of each part is needed for count images, and sets where each begins.
static long lay_out_back(const pvs_training *t, int count, int first, float *scratch, back *m) {
	const pvs_network *n = t->network;
	place p = place_of(n, first);
	long narrow = size_of(p), scaled = 0, padded = 0, expanded = 0, panels = 0, wide = 0, inner = 0, channels = 0, squeezed = 0;
	for (int b = first; b < n->block_count; b++) {
		const pvs_block *block = &n->blocks[b];
		shape s = shape_of(block, p.side);
		int together = together_of(s.places, count);
		place next = next_place(block, p);
		narrow = most(narrow, size_of(next));
		scaled = most(scaled, together * size_of(next));
		padded = most(padded, padded_places(s.padded, s.stride) * panel);
		if (block->expand.weights)
			expanded = most(expanded, (long)added_of(&s) * together * s.inputs * panel);
		panels = most(panels, (long)together * s.places * panel);
		wide = most(wide, (long)together * s.places * s.all);
		inner = most(inner, inner_places(inner_of(&block->depthwise, s.out)) * panel);
		channels = most(channels, (long)together * s.all);
		squeezed = most(squeezed, block->squeeze.out);
		p = next;
	}
	int side = halved(n->size, stem_stride);
	expanded = most(expanded, most((long)added * count * p.side * p.side * panel, (long)side * panel)); // the top's, and a row of the stem's
	panels = most(panels, (long)side * panel);
	need needs[] = {
		{&m->dx, count * narrow}, {&m->dy, count * narrow}, {&m->lines, lines_of(n)}, {&m->patches, (long)side * pvs_patch_row},
		{&m->work.scaled, scaled}, {&m->work.padded, padded}, {&m->work.expanded_slopes, expanded},
		{&m->work.wide, panels}, {&m->work.wide_slopes, wide}, {&m->work.wide_gradients, wide}, {&m->work.inner, inner},
		{&m->work.gate_gradients, channels}, {&m->work.squeezed, squeezed}, {&m->work.squeezed_slopes, squeezed},
	};
	return place_parts(needs, sizeof needs / sizeof *needs, scratch);
}

// training_scratch is how much working memory both ways need for count images.
static long training_scratch(const pvs_training *t, int count, int first) {
	float begin;
	ahead ahead;
	back back;
	if (count > pvs_together)
		count = pvs_together;
	return most(lay_out_ahead(t, count, first, &begin, &ahead), lay_out_back(t, count, first, &begin, &back));
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
		if (t->top_sum >= 0)
			cross(vectors, x, top->in, rows, to, sums + t->top_sum + (long)c * top->in);
		if (add_now(from, c, top->out, added)) {
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
			onto_panel(vectors, m->patches, side, stem->in, stem->weights + (long)c * stem->in, stem->bias + c, t->network->activation, w->wide, w->expanded_slopes);
			times(vectors, side, 1, dy + c, stem->out, lanes_of(left - width + lanes), w->expanded_slopes, w->expanded_slopes);
			cross(vectors, m->patches, stem->in, side, w->expanded_slopes, sums + t->stem_sum + (long)c * stem->in);
		}
	}
}

static void gradients(const pvs_training *t, const float *in, int count, int first, const float *factors, float *memory, const float *slopes, float *sums, float *scratch) {
	const pvs_network *n = t->network;
	back m;
	lay_out_back(t, count < pvs_together ? count : pvs_together, first, scratch, &m);
	stage top = stage_of(t, count, first, n->block_count, in, memory);
	for (int i = 0; i < count; i += pvs_together) {
		int here = count - i < pvs_together ? count - i : pvs_together;
		long given = (long)top.shape.inputs * top.shape.in; // values of an image's output
		top_slopes(t, here, top.shape.side, top.kept.x + i * given, top_slopes_at(n, &top, count, i), slopes + (long)i * n->top.out, m.dy, &m.work, sums);
		for (int b = n->block_count - 1; b >= first; b--) {
			stage g = stage_of(t, count, first, b, in, memory);
			long each = (long)g.shape.inputs * g.shape.in;
			float *dx = b > first || first == 0 ? m.dx : 0;
			int together = together_of(g.shape.places, here);
			for (int j = 0; j < here; j += together) {
				int now = here - j < together ? here - j : together;
				kept k = kept_from(g.kept, &g.shape, i + j);
				block_slopes(&n->blocks[b], &t->blocks[b], &g.shape, now, n->activation, factors ? factors + (long)(i + j) * n->block_count + b : 0, n->block_count,
				             &k, m.dy + j * given, dx ? dx + j * each : 0, &m.work, sums);
			}
			float *dy = m.dy;
			m.dy = m.dx;
			m.dx = dy;
			given = each;
		}
		for (int j = 0; first == 0 && t->stem_sum >= 0 && j < here; j++)
			stem_slopes(t, in + (long)(i + j) * n->size * n->size * 3, m.dy + j * given, &m, sums);
	}
}

#endif
