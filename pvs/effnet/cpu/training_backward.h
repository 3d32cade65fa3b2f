// Training's backward pass, with BatchNorms in inference mode.
#ifndef PVS_CPU_TRAINING_BACKWARD_H
#define PVS_CPU_TRAINING_BACKWARD_H

#include "mbconv_backward.h"
#include "training_forward.h"

// backward_scratch is the scratch memory of the backward pass.
typedef struct {
	float *dx, *dy; // gradients of a block's input and output
	float *lines, *patches;
	mbconv_scratch mbconv;
} backward_scratch;

// lay_out_backward divides it for count images, and returns how many values it takes.
static long lay_out_backward(const pvs_training *t, int count, int first, float *scratch, backward_scratch *m) {
	const pvs_network *n = t->network;
	feature_map p = block_input(n, first);
	long block_io = feature_map_size(p), scaled = 0, padded = 0, expanded = 0, panels = 0, depthwise = 0, padded_dy = 0,
		channels = 0, squeezed = 0;
	for (int b = first; b < n->block_count; b++) {
		const pvs_block *block = &n->blocks[b];
		shape s = shape_of(block, p.side);
		int batch = batch_of(s.positions, count);
		feature_map next = block_output(block, p);
		block_io = most(block_io, feature_map_size(next));
		scaled = most(scaled, batch * feature_map_size(next));
		padded = most(padded, padded_positions(s.padded, s.stride) * panel);
		if (block->expand.weights)
			expanded = most(expanded, (long)accumulated_panels_of(&s) * batch * s.in_positions * panel);
		panels = most(panels, (long)batch * s.positions * panel);
		depthwise = most(depthwise, (long)batch * s.positions * s.filled);
		padded_dy = most(padded_dy, padded_dy_positions(padded_dy_of(&block->depthwise, s.out)) * panel);
		channels = most(channels, (long)batch * s.filled);
		squeezed = most(squeezed, block->squeeze.out);
		p = next;
	}
	int side = output_side(n->size, stem_stride);
	// the top's, and a row of the stem's
	expanded = most(expanded, most((long)accumulated_panels * count * p.side * p.side * panel, (long)side * panel));
	panels = most(panels, (long)side * panel);
	scratch_part parts[] = {
		{&m->dx, count * block_io}, {&m->dy, count * block_io}, {&m->lines, lines_of(n)},
			{&m->patches, (long)side * pvs_patch_row},
		{&m->mbconv.scaled, scaled}, {&m->mbconv.padded, padded}, {&m->mbconv.expanded_gradients, expanded},
		{&m->mbconv.depthwise, panels}, {&m->mbconv.depthwise_derivatives, depthwise},
			{&m->mbconv.depthwise_gradients, depthwise}, {&m->mbconv.padded_dy, padded_dy},
		{&m->mbconv.gate_gradients, channels}, {&m->mbconv.squeezed, squeezed}, {&m->mbconv.squeezed_gradients, squeezed},
	};
	return lay_out_parts(parts, sizeof parts / sizeof *parts, scratch);
}

// training_scratch is how many values of scratch memory both passes need for count images.
static long training_scratch(const pvs_training *t, int count, int first) {
	float begin;
	forward_scratch forward;
	backward_scratch backward;
	if (count > pvs_max_batch)
		count = pvs_max_batch;
	return most(lay_out_forward(t, count, first, &begin, &forward), lay_out_backward(t, count, first, &begin, &backward));
}

// multiply_rows multiplies a panel x[rows, .] by factor and by the rows of by, row_stride values from one to the next
// (0: all the same); the mask last has the lanes of their last vector.
PVS_TARGET static void multiply_rows(int vectors, int rows, float factor, const float *by, int row_stride, mask last,
		const float *x, float *out) {
	for (int r = 0; r < rows; r++, by += row_stride)
		for (int j = 0; j < vectors; j++, x += lanes, out += lanes)
			store(out, load(x) * load_part(by + lanes * j, j == vectors - 1 ? last : lanes_of(lanes)) * factor);
}

// top_backward computes the gradient dx of the top's input x from that of the features and the activation's
// derivatives.
PVS_TARGET static void top_backward(const pvs_training *t, int count, int side, const float *x,
		const float *derivatives, const float *by_exponent, const float *dfeatures, float *dx, const mbconv_scratch *m,
		float *sums) {
	const pvs_matrix *top = &t->top;
	int positions = side * side, rows = count * positions;
	for (long i = 0; t->exponent_gradient >= 0 && i < (long)count * top->out; i++)
		sums[t->exponent_gradient] += dfeatures[i] * by_exponent[i];
	memset(dx, 0, sizeof(float) * rows * top->in);
	for (int c = 0, from = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = channel_panel_vectors(left), width = vectors * lanes;
		float *to = m->expanded_gradients + (long)(c - from) * rows;
		for (int i = 0; i < count; i++) {
			long at = (long)i * positions * width;
			multiply_rows(vectors, positions, 1.0f / positions, dfeatures + (long)i * top->out + c, 0,
				lanes_of(left - width + lanes), derivatives + (long)c * rows + at, to + at);
		}
		if (t->top_gradient >= 0)
			add_weight_gradient(vectors, x, top->in, rows, to, sums + t->top_gradient + (long)c * top->in);
		if (accumulation_due(from, c, top->out, accumulated_panels)) {
			add_panel_products(&t->top_transposed, from, (c - from) / panel + 1, m->expanded_gradients, rows, width, dx);
			from = c + panel;
		}
	}
}

// stem_backward adds the gradient of the stem's weights, dy being that of an image's stem output.
PVS_TARGET static void stem_backward(const pvs_training *t, const float *image, const float *dy,
		const backward_scratch *m, float *sums) {
	const pvs_matrix *stem = &t->stem;
	const mbconv_scratch *w = &m->mbconv;
	int side = output_side(t->network->size, stem_stride);
	memset(m->patches, 0, sizeof(float) * side * pvs_patch_row);
	for (int y = 0; y < side; y++, dy += (long)side * stem->out) {
		patches_of(t->network, image, y, m->lines, pvs_patch_row, m->patches);
		for (int c = 0; c < stem->out; c += panel) {
			int left = stem->out - c, vectors = channel_panel_vectors(left), width = vectors * lanes;
			pointwise_panel(vectors, m->patches, side, stem->in, stem->weights + (long)c * stem->in, stem->bias + c,
				t->network->activation, w->depthwise, w->expanded_gradients);
			multiply_rows(vectors, side, 1, dy + c, stem->out, lanes_of(left - width + lanes), w->expanded_gradients,
				w->expanded_gradients);
			add_weight_gradient(vectors, m->patches, stem->in, side, w->expanded_gradients,
				sums + t->stem_gradient + (long)c * stem->in);
		}
	}
}

// network_backward goes back through the network with a few images at a time.
static void network_backward(const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *memory, const float *dfeatures, float *sums, float *scratch) {
	const pvs_network *n = t->network;
	backward_scratch m;
	lay_out_backward(t, count < pvs_max_batch ? count : pvs_max_batch, first, scratch, &m);
	saved_block top = saved_block_of(t, count, first, n->block_count, in, memory);
	for (int i = 0; i < count; i += pvs_max_batch) {
		int here = count - i < pvs_max_batch ? count - i : pvs_max_batch;
		long given = (long)top.shape.in_positions * top.shape.in; // values of an image's block output
		top_backward(t, here, top.shape.side, top.saved.x + i * given, top_derivatives_at(n, &top, count, i),
			by_exponent_at(n, &top, count, i), dfeatures + (long)i * n->top.out, m.dy, &m.mbconv, sums);
		for (int b = n->block_count - 1; b >= first; b--) {
			saved_block g = saved_block_of(t, count, first, b, in, memory);
			long each = (long)g.shape.in_positions * g.shape.in;
			float *dx = b > first || first == 0 ? m.dx : 0;
			int batch = batch_of(g.shape.positions, here);
			for (int j = 0; j < here; j += batch) {
				int now = here - j < batch ? here - j : batch;
				saved k = saved_from(g.saved, &g.shape, i + j);
				mbconv_backward(&n->blocks[b], &t->blocks[b], &g.shape, now, n->activation,
					factors ? factors + (long)(i + j) * n->block_count + b : 0, n->block_count,
				             &k, m.dy + j * given, dx ? dx + j * each : 0, &m.mbconv, sums);
			}
			float *dy = m.dy;
			m.dy = m.dx;
			m.dx = dy;
			given = each;
		}
		for (int j = 0; first == 0 && t->stem_gradient >= 0 && j < here; j++)
			stem_backward(t, in + (long)(i + j) * n->size * n->size * 3, m.dy + j * given, &m, sums);
	}
}

#endif
