// The phases of a training step with BatchNorms in training mode. Each BatchNorm needs sums over the positions of all
// images, which Go adds up over the cores between two phases.
#ifndef PVS_CPU_BATCHNORM_PHASES_H
#define PVS_CPU_BATCHNORM_PHASES_H

#include "batchnorm_backward.h"
#include "batchnorm_stem.h"
#include "batchnorm_top.h"

// phase runs one phase on a core's images. The gradient of a block's input is that of the output of the block before
// it: dx and dy are swapped from block to block.
static void phase(const pvs_training *t, int which, int number, int count, const float *images, const float *factors,
		float *features, const float *dfeatures, float *sums, float *partial_sums, int channels, float *memory) {
	phase_task k = {.t = t, .count = count, .act = t->network->activation, .images = images, .factors = factors,
		.features = features, .dfeatures = dfeatures, .sums = sums, .partial_sums = partial_sums};
	lay_out_phases(t, count, memory, &k.m);
	if (number < t->network->block_count && (t->network->block_count - 1 - number) % 2 != 0) {
		float *dy = k.m.dy;
		k.m.dy = k.m.dx;
		k.m.dx = dy;
	}
	memset(partial_sums, 0, sizeof(float) * 2 * channels);
	phase_block o = {0};
	if (number >= 0 && number < t->network->block_count)
		o = phase_block_of(&k, number);
	switch (which) {
	case pvs_stem_partial_sums:
	case pvs_stem_output:
	case pvs_stem_backward_sums:
	case pvs_stem_backward: stem_phase(&k, which); break;
	case pvs_top_partial_sums:
	case pvs_top_output:
	case pvs_top_backward_sums:
	case pvs_top_backward: top_phase(&k, which); break;
	case pvs_expand_partial_sums: expand_partial_sums(&k, &o); break;
	case pvs_expand_depthwise: expand_depthwise_phase(&k, &o); break;
	case pvs_project: project_phase(&k, &o); break;
	case pvs_bn_residual_output: bn_residual_output(&k, &o); break;
	case pvs_project_backward_sums: project_backward_sums(&k, &o); break;
	case pvs_project_backward: project_backward(&k, &o); break;
	case pvs_depthwise_backward: depthwise_backward(&k, &o); break;
	case pvs_expand_backward: expand_backward(&k, &o); break;
	}
}

#endif
