// Packing weights into panels, and unpacking their gradients.
#ifndef PVS_CPU_PACK_H
#define PVS_CPU_PACK_H

#include "adam.h"

// scaled is x * factor, unless that is null.
PVS_INLINE vec scaled(vec x, const float *factor) {
	if (factor)
		x *= load(factor);
	return x;
}

// pack_rows packs weights that are not transposed.
PVS_TARGET static void pack_rows(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	for (int r = 0; r < p->rows; r++, weights += p->stride, out += p->width) {
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			store(out + i, scaled(load(weights + i), factor ? factor + i : 0));
		for (; i < p->columns; i++)
			out[i] = weights[i] * (factor ? factor[i] : 1);
	}
}

// pack_columns packs transposed weights: their columns become rows.
PVS_TARGET static void pack_columns(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	for (int r = 0; r < p->rows; r++, weights++, out += p->width) {
		float by = factor ? factor[r] : 1;
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			store(out + i, gather(weights + (long)i * p->stride, p->stride) * by);
		for (; i < p->columns; i++)
			out[i] = weights[(long)i * p->stride] * by;
	}
}

// partial_sums is the gradients of count parts of a batch, one part for each core, part_stride values from one to the
// next.
typedef struct {
	float *sums;
	int count;
	long part_stride;
} partial_sums;

// sum_parts adds up a vector of sums over all parts; its values lie stride apart.
PVS_INLINE vec sum_parts(const partial_sums *p, long at, int stride) {
	vec sum = all(0);
	for (int k = 0; k < p->count; k++) {
		const float *from = p->sums + k * p->part_stride + at;
		if (stride == 1)
			sum += load(from);
		else
			sum += gather(from, stride);
	}
	return sum;
}

static float sum_parts_one(const partial_sums *p, long at) {
	float sum = 0;
	for (int k = 0; k < p->count; k++)
		sum += p->sums[k * p->part_stride + at];
	return sum;
}

// clear_parts makes n sums of all parts zero.
static void clear_parts(const partial_sums *p, long at, long n) {
	for (int k = 0; k < p->count; k++)
		memset(p->sums + k * p->part_stride + at, 0, sizeof(float) * n);
}

// unpack_rows applies the gradients of a panel whose weights are not transposed.
PVS_TARGET static void unpack_rows(const pvs_panel *p, const partial_sums *of, const float *factor, const pvs_adam *a,
		trained t) {
	for (int r = 0; r < p->rows; r++) {
		long from = (long)r * p->width, to = (long)r * p->stride;
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			apply_gradient(a, scaled(sum_parts(of, from + i, 1), factor ? factor + i : 0), t, to + i);
		float rest[lanes];
		int left = p->columns - i;
		for (int j = 0; j < left; j++)
			rest[j] = sum_parts_one(of, from + i + j) * (factor ? factor[i + j] : 1);
		if (left)
			apply_gradients_part(a, rest, left, t, to + i);
		clear_parts(of, from, p->width);
	}
}

// unpack_columns applies those of transposed weights.
PVS_TARGET static void unpack_columns(const pvs_panel *p, const partial_sums *of, const float *factor,
		const pvs_adam *a, trained t) {
	for (int r = 0; r < p->rows; r += lanes) {
		int here = p->rows - r < lanes ? p->rows - r : lanes;
		for (int i = 0; i < p->columns; i++) {
			long from = (long)r * p->width + i, to = (long)i * p->stride + r;
			if (here == lanes) {
				apply_gradient(a, scaled(sum_parts(of, from, p->width), factor ? factor + r : 0), t, to);
				continue;
			}
			float rest[lanes];
			for (int j = 0; j < here; j++)
				rest[j] = sum_parts_one(of, from + (long)j * p->width) * (factor ? factor[r + j] : 1);
			apply_gradients_part(a, rest, here, t, to);
		}
		clear_parts(of, (long)r * p->width, (long)here * p->width);
	}
}

#endif
