// The phases of the stem.
#ifndef PVS_CPU_BATCHNORM_STEM_H
#define PVS_CPU_BATCHNORM_STEM_H

#include "batchnorm.h"
#include "batchnorm_scratch.h"
#include "training_backward.h"

// stem_phase recomputes the stem's convolution in each of its phases, a row and a panel at a time.
PVS_TARGET static void stem_phase(const phase_task *k, int which) {
	const pvs_training *t = k->t;
	const pvs_matrix *stem = &t->stem;
	const pvs_batchnorm *norm = &t->batchnorms[0];
	const phase_scratch *m = &k->m;
	int size = t->network->size, side = output_side(size, stem_stride);
	memset(m->patches, 0, sizeof(float) * side * pvs_patch_row);
	for (int i = 0; i < k->count; i++)
		for (int y = 0; y < side; y++) {
			patches_of(t->network, k->images + (long)i * size * size * 3, y, m->lines, pvs_patch_row, m->patches);
			long at = ((long)i * side + y) * side * stem->out;
			for (int c = 0; c < stem->out; c += panel) {
				int left = stem->out - c, vectors = channel_panel_vectors(left), width = vectors * lanes;
				mask last = lanes_of(left - width + lanes);
				pointwise_panel(vectors, m->patches, side, stem->in, stem->weights + (long)c * stem->in, no_bias, pvs_linear,
					m->panel, 0);
				if (which == pvs_stem_partial_sums) {
					batchnorm_sums(m->panel, side, width, norm->mean + c, norm->channels, k->partial_sums + c);
					continue;
				}
				if (which == pvs_stem_output) {
					batchnorm_activate(norm, c, k->act, m->panel, side, width, m->saved + at + c, stem->out,
						left < width ? left : width, 0);
					continue;
				}
				batchnorm_activate(norm, c, k->act, m->panel, side, width, 0, 0, 0, m->panel_gradients);
				multiply_rows(vectors, side, 1, m->dy + at + c, stem->out, last, m->panel_gradients, m->panel_gradients);
				if (which == pvs_stem_backward_sums) {
					batchnorm_backward_sums(m->panel_gradients, m->panel, side, width, norm->mean + c, norm->channels,
						k->partial_sums + c);
					continue;
				}
				batchnorm_input_gradient(norm, c, m->panel_gradients, m->panel, side, width, m->panel_gradients, width);
				if (t->stem_gradient >= 0)
					add_weight_gradient(vectors, m->patches, stem->in, side, m->panel_gradients,
						k->sums + t->stem_gradient + (long)c * stem->in);
			}
		}
}

#endif
