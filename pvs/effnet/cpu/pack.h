// Weights on their way to panels, and gradients on their way back.
#ifndef PVS_NATIVE_PACK_H
#define PVS_NATIVE_PACK_H

#include "adam.h"

// scaled is x * factor, unless that is null.
PVS_INLINE vec scaled(vec x, const float *factor) {
	if (factor)
		x *= load(factor);
	return x;
}

// pack_rows brings weights to a panel as they are.
PVS_TARGET static void pack_rows(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	for (int r = 0; r < p->rows; r++, weights += p->apart, out += p->width) {
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			store(out + i, scaled(load(weights + i), factor ? factor + i : 0));
		for (; i < p->columns; i++)
			out[i] = weights[i] * (factor ? factor[i] : 1);
	}
}

// pack_columns brings their columns to rows.
PVS_TARGET static void pack_columns(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	for (int r = 0; r < p->rows; r++, weights++, out += p->width) {
		float by = factor ? factor[r] : 1;
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			store(out + i, gather(weights + (long)i * p->apart, p->apart) * by);
		for (; i < p->columns; i++)
			out[i] = weights[(long)i * p->apart] * by;
	}
}

// parts is the sums that several cores have, so many values apart.
typedef struct {
	float *sums;
	int count;
	long apart;
} parts;

// total adds up what parts have of a vector of sums, whose values are so many apart.
PVS_INLINE vec total(const parts *p, long at, int apart) {
	vec sum = all(0);
	for (int k = 0; k < p->count; k++) {
		const float *from = p->sums + k * p->apart + at;
		if (apart == 1)
			sum += load(from);
		else
			sum += gather(from, apart);
	}
	return sum;
}

static float total_one(const parts *p, long at) {
	float sum = 0;
	for (int k = 0; k < p->count; k++)
		sum += p->sums[k * p->apart + at];
	return sum;
}

// clear makes n sums of all parts zero.
static void clear(const parts *p, long at, long n) {
	for (int k = 0; k < p->count; k++)
		memset(p->sums + k * p->apart + at, 0, sizeof(float) * n);
}

// unpack_rows brings rows of sums back, as they are.
PVS_TARGET static void unpack_rows(const pvs_panel *p, const parts *of, const float *factor, const pvs_adam *a, trained t) {
	for (int r = 0; r < p->rows; r++) {
		long from = (long)r * p->width, to = (long)r * p->apart;
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			arrive(a, scaled(total(of, from + i, 1), factor ? factor + i : 0), t, to + i);
		float rest[lanes];
		int left = p->columns - i;
		for (int j = 0; j < left; j++)
			rest[j] = total_one(of, from + i + j) * (factor ? factor[i + j] : 1);
		if (left)
			arrive_some(a, rest, left, t, to + i);
		clear(of, from, p->width);
	}
}

// unpack_columns brings them back to columns.
PVS_TARGET static void unpack_columns(const pvs_panel *p, const parts *of, const float *factor, const pvs_adam *a, trained t) {
	for (int r = 0; r < p->rows; r += lanes) {
		int here = p->rows - r < lanes ? p->rows - r : lanes;
		for (int i = 0; i < p->columns; i++) {
			long from = (long)r * p->width + i, to = (long)i * p->apart + r;
			if (here == lanes) {
				arrive(a, scaled(total(of, from, p->width), factor ? factor + r : 0), t, to);
				continue;
			}
			float rest[lanes];
			for (int j = 0; j < here; j++)
				rest[j] = total_one(of, from + (long)j * p->width) * (factor ? factor[r + j] : 1);
			arrive_some(a, rest, here, t, to);
		}
		clear(of, (long)r * p->width, (long)here * p->width);
	}
}

#endif
