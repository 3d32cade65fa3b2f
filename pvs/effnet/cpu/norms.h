// Training with BatchNorms that train, too: phase by phase, since each of them needs sums over the
// places of all images, which Go adds up over cores before the next phase.
#ifndef PVS_NATIVE_NORMS_H
#define PVS_NATIVE_NORMS_H

#include "training.h"

// A sum goes over so many rows before it is added to what came before: a long sum of float32 loses
// more than sums of sums do.
enum { tally_rows = 128 };

// tally adds x - mean of each channel and its square to sums, those of each channel and then
// those of all squares, filled values after. Rows of x are channels values apart.
PVS_TARGET static void tally(const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec center = load(mean + c);
		for (int from = 0; from < rows; from += tally_rows) {
			int to = rows - from < tally_rows ? rows : from + tally_rows;
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

// tally_back adds slopes and slopes times x - mean in the same way.
PVS_TARGET static void tally_back(const float *slopes, const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec center = load(mean + c);
		for (int from = 0; from < rows; from += tally_rows) {
			int to = rows - from < tally_rows ? rows : from + tally_rows;
			vec sum = all(0), products = all(0);
			for (int r = from; r < to; r++) {
				vec v = load_part(slopes + (long)r * channels + c, m);
				sum += v;
				products += v * (load_part(x + (long)r * channels + c, m) - center);
			}
			store(sums + c, load(sums + c) + sum);
			store(sums + filled + c, load(sums + filled + c) + products);
		}
	}
}

// normed writes the activation of x[rows, channels], normalised, to out, whose rows are apart
// values apart and have some of the channels, and its derivatives, in rows as those of x, to
// slopes, for which channels are whole vectors; both may be null.
PVS_TARGET static void normed(const pvs_norm *n, int first, int act, const float *x, int rows, int channels, float *out, int apart, int has, float *slopes) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c), some = lanes_of(has - c);
		vec scale = load(n->scale + first + c), shift = load(n->shift + first + c);
		for (int r = 0; r < rows; r++) {
			vec v = load_part(x + (long)r * channels + c, m) * scale + shift;
			if (slopes)
				differentiate(&v, 1, act, slopes + (long)r * channels + c);
			else
				activate(&v, 1, act);
			if (out)
				store_part(out + (long)r * apart + c, v, some);
		}
	}
}

// normed_back computes the gradient of x[rows, channels] before it is normalised from those after,
// slopes; rows of out are apart values apart.
PVS_TARGET static void normed_back(const pvs_norm *n, int first, const float *slopes, const float *x, int rows, int channels, float *out, int apart) {
	for (int c = 0; c < channels; c += lanes) {
		mask m = lanes_of(channels - c);
		vec mean = load(n->mean + first + c), factor = load(n->back + first + c), same = load(n->back_mean + first + c), slope = load(n->back_slope + first + c);
		for (int r = 0; r < rows; r++) {
			vec v = load_part(slopes + (long)r * channels + c, m) * factor - same - (load_part(x + (long)r * channels + c, m) - mean) * slope;
			store_part(out + (long)r * apart + c, v, m);
		}
	}
}

// phase_memory is the parts of a core's memory. What has "wide" in its name is in panels, each of
// all images; the others are rows.
typedef struct {
	float *kept, *wide, *narrow;   // of all blocks: their inputs, and what the depthwise and the last convolutions give
	float *wide_slopes, *expanded_slopes; // of one block, all images: gradients after those BatchNorms
	float *dx, *dy;                // of one block, all images
	float *panel, *panel_slopes;   // a panel of all images' top, or of one image's expansion or stem
	float *padded, *inner;         // of one image
	float *lines, *patches;
	float *gradients;              // of what the last convolution gives, of some images
	float *some, *some_slopes, *some_gradients; // wide, of some images
	kept squeeze;                  // means and gate, of some images
	work gate;                     // gate_gradients, squeezed, squeezed_slopes
} phase_memory;

// entry_at is where what enters a block begins that is kept of count images.
static long entry_at(const pvs_network *n, int count, int block) {
	long at = 0;
	for (int i = 0; i < block; i++)
		at += count * size_of(place_of(n, i));
	return at;
}

static long lay_out_phases(const pvs_training *t, int count, float *scratch, phase_memory *m) {
	const pvs_network *n = t->network;
	place p = first_place(n);
	int side = p.side;
	long wide = 0, narrow = 0, most_wide = 0, most_expanded = 0, most_narrow = size_of(p), panels = (long)side * panel, padded = 0, inner = 0, some = 0, gradients = 0, channels = 0, squeezed = 0;
	for (int b = 0; b < n->block_count; b++) {
		const pvs_block *block = &n->blocks[b];
		shape s = shape_of(block, p.side);
		int together = together_of(s.places, count);
		p = next_place(block, p);
		wide += (long)count * s.places * s.all;
		narrow += count * size_of(p);
		most_wide = most(most_wide, (long)count * s.places * s.all);
		if (block->expand.weights)
			most_expanded = most(most_expanded, (long)count * s.inputs * s.all);
		most_narrow = most(most_narrow, size_of(p));
		panels = most(panels, (long)s.inputs * panel);
		padded = most(padded, padded_places(s.padded, s.stride) * panel);
		inner = most(inner, inner_places(inner_of(&block->depthwise, s.out)) * panel);
		some = most(some, (long)together * s.places * s.all);
		gradients = most(gradients, together * size_of(p));
		channels = most(channels, (long)together * s.all);
		squeezed = most(squeezed, block->squeeze.out);
	}
	panels = most(panels, (long)count * p.side * p.side * panel);
	need needs[] = {
		{&m->kept, entry_at(n, count, n->block_count + 1)}, {&m->wide, wide}, {&m->narrow, narrow}, {&m->wide_slopes, most_wide}, {&m->expanded_slopes, most_expanded},
		{&m->dx, count * most_narrow}, {&m->dy, count * most_narrow}, {&m->panel, panels}, {&m->panel_slopes, panels}, {&m->padded, padded}, {&m->inner, inner},
		{&m->lines, lines_of(n)}, {&m->patches, (long)side * pvs_patch_row}, {&m->gradients, gradients},
		{&m->some, some}, {&m->some_slopes, some}, {&m->some_gradients, some},
		{&m->squeeze.means, channels}, {&m->squeeze.gate, channels}, {&m->gate.gate_gradients, channels}, {&m->gate.squeezed, squeezed}, {&m->gate.squeezed_slopes, squeezed},
	};
	return place_parts(needs, sizeof needs / sizeof *needs, scratch);
}

static long phases_memory_of(const pvs_training *t, int count) {
	float begin;
	phase_memory m;
	return lay_out_phases(t, count, &begin, &m);
}

// task is a core's part of a phase.
typedef struct {
	const pvs_training *t;
	int count, act;
	const float *images, *factors;
	float *features;     // written by the last phase forward
	const float *slopes; // read by the first one back
	float *sums;         // of gradients
	float *tally;        // sums of a BatchNorm's values, squares after the channels
	phase_memory m;
} task;

// phase_block is a block as a phase sees it.
typedef struct {
	const pvs_block *b;
	const pvs_slopes *back;
	const pvs_norm *norms; // after the expansion, the depthwise and the last convolution
	shape s;
	int number, out;       // channels of the output
	const float *x, *factors;
	float *y, *wide, *narrow;
} phase_block;

static phase_block block_in(const task *k, int number) {
	const pvs_network *n = k->t->network;
	place p = first_place(n);
	phase_block o = {.b = &n->blocks[number], .back = &k->t->blocks[number], .norms = k->t->norms + 1 + 3 * number, .number = number, .wide = k->m.wide, .narrow = k->m.narrow};
	for (int b = 0; b < number; b++) {
		shape s = shape_of(&n->blocks[b], p.side);
		p = next_place(&n->blocks[b], p);
		o.wide += (long)k->count * s.places * s.all;
		o.narrow += k->count * size_of(p);
	}
	o.s = shape_of(o.b, p.side);
	o.out = o.b->project.out;
	o.x = k->m.kept + entry_at(n, k->count, number);
	o.y = k->m.kept + entry_at(n, k->count, number + 1);
	o.factors = k->factors ? k->factors + number : 0;
	return o;
}

// stem_phase computes what the stem's convolution gives anew in each phase, a row and a panel at a
// time.
PVS_TARGET static void stem_phase(const task *k, int which) {
	const pvs_training *t = k->t;
	const pvs_matrix *stem = &t->stem;
	const pvs_norm *norm = &t->norms[0];
	const phase_memory *m = &k->m;
	int size = t->network->size, side = halved(size, stem_stride);
	memset(m->patches, 0, sizeof(float) * side * pvs_patch_row);
	for (int i = 0; i < k->count; i++)
		for (int y = 0; y < side; y++) {
			patches_of(t->network, k->images + (long)i * size * size * 3, y, m->lines, pvs_patch_row, m->patches);
			long at = ((long)i * side + y) * side * stem->out;
			for (int c = 0; c < stem->out; c += panel) {
				int left = stem->out - c, vectors = wide_vectors(left), width = vectors * lanes;
				mask last = lanes_of(left - width + lanes);
				onto_panel(vectors, m->patches, side, stem->in, stem->weights + (long)c * stem->in, no_bias, pvs_linear, m->panel, 0);
				if (which == pvs_stem_tally) {
					tally(m->panel, side, width, norm->mean + c, norm->channels, k->tally + c);
					continue;
				}
				if (which == pvs_stem_give) {
					normed(norm, c, k->act, m->panel, side, width, m->kept + at + c, stem->out, left < width ? left : width, 0);
					continue;
				}
				normed(norm, c, k->act, m->panel, side, width, 0, 0, 0, m->panel_slopes);
				times(vectors, side, 1, m->dy + at + c, stem->out, last, m->panel_slopes, m->panel_slopes);
				if (which == pvs_stem_tally_back) {
					tally_back(m->panel_slopes, m->panel, side, width, norm->mean + c, norm->channels, k->tally + c);
					continue;
				}
				normed_back(norm, c, m->panel_slopes, m->panel, side, width, m->panel_slopes, width);
				if (t->stem_sum >= 0)
					cross(vectors, m->patches, stem->in, side, m->panel_slopes, k->sums + t->stem_sum + (long)c * stem->in);
			}
		}
}

// expansion computes a panel of what the expansion of an image gives.
static void expansion(const phase_block *o, int c, int i, float *to) {
	const pvs_matrix *e = &o->b->expand;
	onto_panel(vectors_at(&o->s, c), o->x + (long)i * o->s.inputs * e->in, o->s.inputs, e->in, e->weights + (long)c * e->in, no_bias, pvs_linear, to, 0);
}

static void expand_tally(const task *k, const phase_block *o) {
	for (int c = 0; c < o->s.all; c += panel)
		for (int i = 0; i < k->count; i++) {
			expansion(o, c, i, k->m.panel);
			tally(k->m.panel, o->s.inputs, vectors_at(&o->s, c) * lanes, o->norms[0].mean + c, o->norms[0].channels, k->tally + c);
		}
}

// pad_input brings a panel of the depthwise convolution's input between zeros, and leaves what the
// expansion gives in the panel, and the activation's derivatives in slopes unless that is null.
PVS_TARGET static void pad_input(const task *k, const phase_block *o, int c, int i, float *slopes) {
	const shape *s = &o->s;
	const phase_memory *m = &k->m;
	int width = vectors_at(s, c) * lanes;
	float *to = m->padded + (s->zeros.before * s->padded + s->zeros.before) * width;
	if (i == 0)
		zeros_around(s, c, m->padded);
	if (!o->b->expand.weights) {
		strip rows = {.width = s->side, .padded = s->padded, .left = s->zeros.before, .rows = s->side};
		fill(&rows, vectors_at(s, c), pvs_linear, o->b, c, o->x + (long)i * s->inputs * s->in, to, 0);
		return;
	}
	expansion(o, c, i, m->panel);
	for (int y = 0; y < s->side; y++) {
		long at = (long)y * s->side * width;
		normed(&o->norms[0], c, k->act, m->panel + at, s->side, width, to + (long)y * s->padded * width, width, width, slopes ? slopes + at : 0);
	}
}

PVS_TARGET static void widen_phase(const task *k, const phase_block *o) {
	const shape *s = &o->s;
	for (int c = 0; c < s->all; c += panel) {
		int width = vectors_at(s, c) * lanes;
		for (int i = 0; i < k->count; i++) {
			float *to = o->wide + ((long)c * k->count + (long)i * width) * s->places;
			pad_input(k, o, c, i, 0);
			convolve_panel(o->b, s, c, pvs_linear, k->m.padded, to, 0);
			tally(to, s->places, width, o->norms[1].mean + c, o->norms[1].channels, k->tally + c);
		}
	}
}

// activate_wide computes what squeeze and excite gets of n images from the one numbered first on,
// with derivatives unless slopes is null, and the gates.
static void activate_wide(const task *k, const phase_block *o, int first, int n, float *slopes) {
	const shape *s = &o->s;
	const kept *g = &k->m.squeeze;
	for (int c = 0; c < s->all; c += panel) {
		int width = vectors_at(s, c) * lanes;
		long from = ((long)c * k->count + (long)first * width) * s->places, to = (long)c * n * s->places;
		normed(&o->norms[1], c, k->act, o->wide + from, n * s->places, width, k->m.some + to, width, width, slopes ? slopes + to : 0);
		for (int i = 0; i < n; i++)
			average(k->m.some + to + (long)i * s->places * width, s->places, width, width, g->means + (long)i * s->all + c);
	}
	for (int i = 0; o->b->squeeze.weights && i < n; i++) {
		gate_of(o->b, 1, g->means + (long)i * s->all, k->m.gate.squeezed, g->gate + (long)i * s->all);
		fill_gate(s, g->gate + (long)i * s->all);
	}
}

static void project_phase(const task *k, const phase_block *o) {
	const shape *s = &o->s;
	int most_images = together_of(s->places, k->count);
	for (int first = 0; first < k->count; first += most_images) {
		int n = k->count - first < most_images ? k->count - first : most_images, rows = n * s->places;
		float *out = o->narrow + (long)first * s->places * o->out;
		activate_wide(k, o, first, n, 0);
		memset(out, 0, sizeof(float) * rows * o->out);
		for (int c = 0; c < s->all; c += panel) {
			int width = vectors_at(s, c) * lanes;
			float *x = k->m.some + (long)c * rows;
			for (int i = 0; o->b->squeeze.weights && i < n; i++)
				scale(x + (long)i * s->places * width, s->places, width, k->m.squeeze.gate + (long)i * s->all + c);
			// Channels that fill up the last vector have no weights.
			add_panels(&o->b->project, c, 1, x, rows, width, out);
		}
		tally(out, rows, o->out, o->norms[2].mean, o->norms[2].channels, k->tally);
	}
}

// give computes the block's output.
PVS_TARGET static void give(const task *k, const phase_block *o) {
	const pvs_norm *n = &o->norms[2];
	for (int i = 0; i < k->count; i++) {
		float factor = o->factors && o->b->residual ? o->factors[i * k->t->network->block_count] : 1;
		for (int c = 0; c < o->out; c += lanes) {
			mask m = lanes_of(o->out - c);
			vec scale = load(n->scale + c) * factor, shift = load(n->shift + c) * factor;
			for (int p = 0; p < o->s.places; p++) {
				long at = ((long)i * o->s.places + p) * o->out + c;
				vec v = load_part(o->narrow + at, m) * scale + shift;
				if (o->b->residual)
					v += load_part(o->x + at, m);
				store_part(o->y + at, v, m);
			}
		}
	}
}

PVS_TARGET static void top_phase(const task *k, int which) {
	const pvs_training *t = k->t;
	const pvs_matrix *top = &t->top;
	const pvs_norm *norm = &t->norms[1 + 3 * t->network->block_count];
	const phase_memory *m = &k->m;
	place p = place_of(t->network, t->network->block_count);
	int places = p.side * p.side, rows = k->count * places;
	const float *x = m->kept + entry_at(t->network, k->count, t->network->block_count);
	if (which == pvs_top_back)
		memset(m->dy, 0, sizeof(float) * rows * top->in);
	for (int c = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = wide_vectors(left), width = vectors * lanes;
		mask last = lanes_of(left - width + lanes);
		onto_panel(vectors, x, rows, top->in, top->weights + (long)c * top->in, no_bias, pvs_linear, m->panel, 0);
		if (which == pvs_top_tally) {
			tally(m->panel, rows, width, norm->mean + c, norm->channels, k->tally + c);
			continue;
		}
		normed(norm, c, k->act, m->panel, rows, width, which == pvs_top_give ? m->panel : 0, width, width, m->panel_slopes);
		for (int i = 0; i < k->count; i++) {
			long at = (long)i * places * width;
			if (which == pvs_top_give)
				average(m->panel + at, places, width, left < width ? left : width, k->features + (long)i * top->out + c);
			else
				times(vectors, places, 1.0f / places, k->slopes + (long)i * top->out + c, 0, last, m->panel_slopes + at, m->panel_slopes + at);
		}
		if (which == pvs_top_tally_back)
			tally_back(m->panel_slopes, m->panel, rows, width, norm->mean + c, norm->channels, k->tally + c);
		if (which != pvs_top_back)
			continue;
		normed_back(norm, c, m->panel_slopes, m->panel, rows, width, m->panel_slopes, width);
		if (t->top_sum >= 0)
			cross(vectors, x, top->in, rows, m->panel_slopes, k->sums + t->top_sum + (long)c * top->in);
		add_panels(&t->top_back, c, 1, m->panel_slopes, rows, width, m->dy);
	}
}

// branch is the gradient of a block's branch, of some images.
static const float *branch(const task *k, const phase_block *o, int first, int n) {
	long each = (long)o->s.places * o->out;
	int blocks = k->t->network->block_count;
	return branch_of(o->b, n, each, o->factors ? o->factors + (long)first * blocks : 0, blocks, k->m.dy + first * each, k->m.gradients);
}

static void project_tally_back(const task *k, const phase_block *o) {
	int most_images = together_of(o->s.places, k->count);
	for (int first = 0; first < k->count; first += most_images) {
		int n = k->count - first < most_images ? k->count - first : most_images;
		long at = (long)first * o->s.places * o->out;
		tally_back(branch(k, o, first, n), o->narrow + at, n * o->s.places, o->out, o->norms[2].mean, o->norms[2].channels, k->tally);
	}
}

static void project_back(const task *k, const phase_block *o) {
	const shape *s = &o->s;
	const phase_memory *m = &k->m;
	int most_images = together_of(s->places, k->count);
	for (int first = 0; first < k->count; first += most_images) {
		int n = k->count - first < most_images ? k->count - first : most_images, rows = n * s->places;
		normed_back(&o->norms[2], 0, branch(k, o, first, n), o->narrow + (long)first * s->places * o->out, rows, o->out, m->gradients, o->out);
		activate_wide(k, o, first, n, m->some_slopes);
		for (int c = 0; c < s->all; c += panel)
			project_panel(o->b, o->back, s, c, n, m->gradients, m->squeeze.gate, m->some + (long)c * rows, m->some_gradients + (long)c * rows, m->gate.gate_gradients, k->sums);
		gates_slopes(o->b, o->back, s, n, k->act, &m->squeeze, &m->gate, k->sums);
		for (int c = 0; c < s->all; c += panel) {
			int vectors = vectors_at(s, c), width = vectors * lanes;
			for (int i = 0; i < n; i++) {
				long from = ((long)c * n + (long)i * width) * s->places, to = ((long)c * k->count + (long)(first + i) * width) * s->places, row = (long)i * s->all + c;
				inner flat = {.side = s->out, .row = s->out};
				inner_panel(vectors, flat, m->some_gradients + from, o->b->squeeze.weights ? m->squeeze.gate + row : 0, m->gate.gate_gradients + row, m->some_slopes + from, m->wide_slopes + to);
				tally_back(m->wide_slopes + to, o->wide + to, s->places, width, o->norms[1].mean + c, o->norms[1].channels, k->tally + c);
			}
		}
	}
}

PVS_TARGET static void widen_back(const task *k, const phase_block *o) {
	const shape *s = &o->s;
	const pvs_kernels *d = &o->b->depthwise;
	const phase_memory *m = &k->m;
	inner g = inner_of(d, s->out);
	if (o->b->residual)
		memcpy(m->dx, m->dy, sizeof(float) * k->count * s->inputs * s->in);
	else
		memset(m->dx, 0, sizeof(float) * k->count * s->inputs * s->in);
	for (int c = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		if (c == 0 || vectors == 1)
			memset(m->inner, 0, sizeof(float) * inner_places(g) * width);
		float *inside = m->inner + (g.before * g.row + g.before) * width;
		for (int i = 0; i < k->count; i++) {
			long at = ((long)c * k->count + (long)i * width) * s->places, to = ((long)c * k->count + (long)i * width) * s->inputs;
			for (int y = 0; y < s->out; y++) {
				long row = at + (long)y * s->out * width;
				normed_back(&o->norms[1], c, m->wide_slopes + row, o->wide + row, s->out, width, inside + (long)y * g.row * width, width);
			}
			float *slopes = o->b->expand.weights ? m->expanded_slopes + to : 0;
			pad_input(k, o, c, i, slopes);
			if (o->back->depthwise_sum >= 0)
				kernel_slopes(d, vectors, m->padded, s->padded, g, inside, k->sums + o->back->depthwise_sum + (long)c * d->size * d->size);
			backed into = {.times = slopes, .plus = m->dx + (long)i * s->inputs * s->in + c, .channels = s->in, .last = lanes_of(s->in - c - width + lanes)};
			input_slopes(d, vectors, s->side, g, inside, d->weights + (long)c * d->size * d->size, &into);
			if (slopes)
				tally_back(slopes, m->panel, s->inputs, width, o->norms[0].mean + c, o->norms[0].channels, k->tally + c);
		}
	}
}

static void expand_back(const task *k, const phase_block *o) {
	const shape *s = &o->s;
	const phase_memory *m = &k->m;
	int in = o->b->expand.in;
	for (int c = 0; c < s->all; c += panel) {
		int vectors = vectors_at(s, c), width = vectors * lanes;
		for (int i = 0; i < k->count; i++) {
			float *slopes = m->expanded_slopes + ((long)c * k->count + (long)i * width) * s->inputs;
			expansion(o, c, i, m->panel);
			normed_back(&o->norms[0], c, slopes, m->panel, s->inputs, width, slopes, width);
		}
		float *slopes = m->expanded_slopes + (long)c * k->count * s->inputs;
		if (o->back->expand_sum >= 0)
			cross(vectors, o->x, in, k->count * s->inputs, slopes, k->sums + o->back->expand_sum + (long)c * in);
		add_panels(&o->back->expand, c, 1, slopes, k->count * s->inputs, width, m->dx);
	}
}

// phase runs one phase on a core's images. The gradients of a block's input are those of the output
// of the block before it: the two change places from block to block.
static void phase(const pvs_training *t, int which, int number, int count, const float *images, const float *factors, float *features, const float *slopes, float *sums, float *tally, int channels, float *memory) {
	task k = {.t = t, .count = count, .act = t->network->activation, .images = images, .factors = factors, .features = features, .slopes = slopes, .sums = sums, .tally = tally};
	lay_out_phases(t, count, memory, &k.m);
	if (number < t->network->block_count && (t->network->block_count - 1 - number) % 2 != 0) {
		float *dy = k.m.dy;
		k.m.dy = k.m.dx;
		k.m.dx = dy;
	}
	memset(tally, 0, sizeof(float) * 2 * channels);
	phase_block o = {0};
	if (number >= 0 && number < t->network->block_count)
		o = block_in(&k, number);
	switch (which) {
	case pvs_stem_tally:
	case pvs_stem_give:
	case pvs_stem_tally_back:
	case pvs_stem_back: stem_phase(&k, which); break;
	case pvs_top_tally:
	case pvs_top_give:
	case pvs_top_tally_back:
	case pvs_top_back: top_phase(&k, which); break;
	case pvs_expand_tally: expand_tally(&k, &o); break;
	case pvs_widen: widen_phase(&k, &o); break;
	case pvs_project: project_phase(&k, &o); break;
	case pvs_give: give(&k, &o); break;
	case pvs_project_tally_back: project_tally_back(&k, &o); break;
	case pvs_project_back: project_back(&k, &o); break;
	case pvs_widen_back: widen_back(&k, &o); break;
	case pvs_expand_back: expand_back(&k, &o); break;
	}
}

#endif
