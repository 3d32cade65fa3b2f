// Training's forward pass, with BatchNorms in inference mode.
#ifndef PVS_CPU_TRAINING_FORWARD_H
#define PVS_CPU_TRAINING_FORWARD_H

#include "mbconv_forward.h"
#include "network.h"
#include "training_saved.h"

// top_forward computes the features, and saves the derivatives of the top's activation, times those of the pooling
// where it is no average.
PVS_TARGET static void top_forward(const pvs_training *t, int count, int side, const float *x, float *panels,
		float *features, float *derivatives, float *by_exponent) {
	const pvs_matrix *top = &t->top;
	int positions = side * side, rows = count * positions;
	for (int c = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = channel_panel_vectors(left), width = vectors * lanes;
		pointwise_panel(vectors, x, rows, top->in, top->weights + (long)c * top->in, top->bias + c, t->network->activation,
			panels, derivatives + (long)c * rows);
		for (int i = 0; i < count; i++)
			pool(panels + (long)i * positions * width, positions, width, left < width ? left : width,
				t->network->exponent, features + (long)i * top->out + c,
				derivatives + (long)c * rows + (long)i * positions * width, by_exponent + (long)i * top->out + c);
	}
}

// lay_out_forward divides the scratch memory of the forward pass, and returns how many values it takes.
static long lay_out_forward(const pvs_training *t, int count, int first, float *scratch, forward_scratch *m) {
	const pvs_network *n = t->network;
	feature_map p = block_input(n, first);
	long padded = 0, activated = 0, expanded = 0, convolved = 0, used = lay_out_inference(n, count, 0, scratch,
		&m->inference);
	for (int b = first; b < n->block_count; b++) {
		shape s = shape_of(&n->blocks[b], p.side);
		if (s.saves) {
			padded = most(padded, padded_positions(s.padded, s.stride) * panel);
			expanded = most(expanded, (long)batch_of(s.positions, count) * s.in_positions * panel);
			convolved = most(convolved, (long)s.positions * panel);
			activated = most(activated, (long)batch_of(s.positions, count) * s.positions * s.filled);
		}
		p = block_output(&n->blocks[b], p);
	}
	scratch_part parts[] = {{&m->expanded, expanded}, {&m->convolved, convolved}, {&m->padded, padded},
		{&m->activated, activated}};
	return used + lay_out_parts(parts, sizeof parts / sizeof *parts, scratch + used);
}

// mbconv_batch_forward computes a block of a batch, and saves what its backward pass needs.
static void mbconv_batch_forward(const pvs_block *b, const shape *s, int count, int act, const float *factors,
		int blocks, const saved *k, float *y, const forward_scratch *m) {
	if (s->saves) {
		mbconv_batch_saving(b, s, count, act, factors, blocks, k, y, m);
		return;
	}
	mbconv_batch(b, count, s->side, act, factors, blocks, k->x, y, &m->inference);
	for (int i = 0; b->squeeze.weights && i < count; i++) {
		memcpy(k->means + (long)i * s->filled, m->inference.sums + (long)i * s->expanded, sizeof(float) * s->expanded);
		memcpy(k->gate + (long)i * s->filled, m->inference.gate + (long)i * s->expanded, sizeof(float) * s->expanded);
		zero_gate_tail(s, k->gate + (long)i * s->filled);
	}
}

// network_forward goes through the network with a few images at a time.
static void network_forward(const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *memory, float *features, float *scratch) {
	const pvs_network *n = t->network;
	forward_scratch m;
	lay_out_forward(t, count < pvs_max_batch ? count : pvs_max_batch, first, scratch, &m);
	for (int i = 0; i < count; i += pvs_max_batch) {
		int here = count - i < pvs_max_batch ? count - i : pvs_max_batch;
		saved_block g = saved_block_of(t, count, first, first, in, memory);
		for (int j = i; first == 0 && j < i + here; j++)
			stem_forward(n, in + (long)j * n->size * n->size * 3, &m.inference,
				g.input + (long)j * g.shape.in_positions * g.shape.in);
		for (int b = first; b < n->block_count; b++) {
			saved_block next = saved_block_of(t, count, first, b + 1, in, memory);
			int batch = batch_of(g.shape.positions, here);
			for (int j = 0; j < here; j += batch) {
				int now = here - j < batch ? here - j : batch;
				saved k = saved_from(g.saved, &g.shape, i + j);
				mbconv_batch_forward(&n->blocks[b], &g.shape, now, n->activation,
					factors ? factors + (long)(i + j) * n->block_count + b : 0, n->block_count,
				            &k, next.input + (long)(i + j) * next.shape.in_positions * next.shape.in, &m);
			}
			g = next;
		}
		top_forward(t, here, g.shape.side, g.saved.x + (long)i * g.shape.in_positions * g.shape.in, m.inference.depthwise,
			features + (long)i * n->top.out, top_derivatives_at(n, &g, count, i), by_exponent_at(n, &g, count, i));
	}
}

#endif
