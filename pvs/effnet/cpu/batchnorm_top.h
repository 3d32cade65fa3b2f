// The phases of the top.
#ifndef PVS_CPU_BATCHNORM_TOP_H
#define PVS_CPU_BATCHNORM_TOP_H

#include "batchnorm.h"
#include "batchnorm_scratch.h"
#include "training_backward.h"

// top_phase recomputes the top convolution in each of its phases, a panel at a time.
PVS_TARGET static void top_phase(const phase_task *k, int which) {
	const pvs_training *t = k->t;
	const pvs_matrix *top = &t->top;
	const pvs_batchnorm *norm = &t->batchnorms[1 + 3 * t->network->block_count];
	const phase_scratch *m = &k->m;
	feature_map p = block_input(t->network, t->network->block_count);
	int positions = p.side * p.side, rows = k->count * positions;
	const float *x = m->saved + input_at(t->network, k->count, t->network->block_count);
	if (which == pvs_top_backward)
		memset(m->dy, 0, sizeof(float) * rows * top->in);
	for (int c = 0; c < top->out; c += panel) {
		int left = top->out - c, vectors = channel_panel_vectors(left), width = vectors * lanes;
		mask last = lanes_of(left - width + lanes);
		pointwise_panel(vectors, x, rows, top->in, top->weights + (long)c * top->in, no_bias, pvs_linear, m->panel, 0);
		if (which == pvs_top_partial_sums) {
			batchnorm_sums(m->panel, rows, width, norm->mean + c, norm->channels, k->partial_sums + c);
			continue;
		}
		batchnorm_activate(norm, c, k->act, m->panel, rows, width, which == pvs_top_output ? m->panel : 0, width, width,
			m->panel_gradients);
		for (int i = 0; i < k->count; i++) {
			long at = (long)i * positions * width;
			if (which == pvs_top_output)
				average(m->panel + at, positions, width, left < width ? left : width, k->features + (long)i * top->out + c);
			else
				multiply_rows(vectors, positions, 1.0f / positions, k->dfeatures + (long)i * top->out + c, 0, last,
					m->panel_gradients + at, m->panel_gradients + at);
		}
		if (which == pvs_top_backward_sums)
			batchnorm_backward_sums(m->panel_gradients, m->panel, rows, width, norm->mean + c, norm->channels,
				k->partial_sums + c);
		if (which != pvs_top_backward)
			continue;
		batchnorm_input_gradient(norm, c, m->panel_gradients, m->panel, rows, width, m->panel_gradients, width);
		if (t->top_gradient >= 0)
			add_weight_gradient(vectors, x, top->in, rows, m->panel_gradients, k->sums + t->top_gradient + (long)c * top->in);
		add_panel_products(&t->top_transposed, c, 1, m->panel_gradients, rows, width, m->dy);
	}
}

#endif
