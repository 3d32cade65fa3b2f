// Weights on their way to panels, and gradients on their way back.
#ifndef PVS_NATIVE_PACK_H
#define PVS_NATIVE_PACK_H

#include "vector.h"

// scaled is x * factor, unless that is null.
PVS_INLINE vec scaled(vec x, const float *factor) {
	if (factor)
		x *= load(factor);
	return x;
}

// arrive puts values in their place, or adds them to what is there.
PVS_INLINE void arrive(vec x, int add, float *out) {
	if (add)
		x += load(out);
	store(out, x);
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

// unpack_rows brings rows of sums back, as they are.
PVS_TARGET static void unpack_rows(const pvs_panel *p, const float *sums, const float *factor, int add, float *out) {
	for (int r = 0; r < p->rows; r++, sums += p->width, out += p->apart) {
		int i = 0;
		for (; i + lanes <= p->columns; i += lanes)
			arrive(scaled(load(sums + i), factor ? factor + i : 0), add, out + i);
		for (; i < p->columns; i++)
			out[i] = sums[i] * (factor ? factor[i] : 1) + (add ? out[i] : 0);
	}
}

// unpack_columns brings them back to columns.
PVS_TARGET static void unpack_columns(const pvs_panel *p, const float *sums, const float *factor, int add, float *out) {
	int r = 0;
	for (; r + lanes <= p->rows; r += lanes)
		for (int i = 0; i < p->columns; i++)
			arrive(scaled(gather(sums + (long)r * p->width + i, p->width), factor ? factor + r : 0), add, out + (long)i * p->apart + r);
	for (; r < p->rows; r++)
		for (int i = 0; i < p->columns; i++) {
			float *to = out + (long)i * p->apart + r;
			*to = sums[(long)r * p->width + i] * (factor ? factor[r] : 1) + (add ? *to : 0);
		}
}

#endif
