// The layers that a block is made of.
#ifndef PVS_NATIVE_LAYERS_H
#define PVS_NATIVE_LAYERS_H

#include "native.h"

// A vector, and a panel of channels in the cache.
enum { pvs_lanes = 8, pvs_panel = 16 };

// pvs_padding is the zeros around a row or column.
typedef struct {
	int before, after;
} pvs_padding;

// pvs_same is TensorFlow's "same" padding.
pvs_padding pvs_same(int size, int kernel, int stride);

// pvs_multiply computes out[rows, m->out] = act(x[rows, m->in] * weights + bias), plus
// residual[rows, m->out] unless it is null; then the product is linear and counts factor times.
void pvs_multiply(const pvs_matrix *m, const float *x, int rows, int act, float factor, const float *residual, float *out);

// pvs_widen_buffer is how many values of working memory pvs_widen needs.
long pvs_widen_buffer(const pvs_block *b, int height, int width);

// pvs_widen computes the first half of a block, expansion and depthwise convolution, both
// activated, of x[count, height, width, .]; sums[count, channels] are those of out over all
// places.
void pvs_widen(const pvs_block *b, const float *x, int count, int height, int width, int act, float *out, float *sums, float *buffer);

// pvs_apply computes out[count, d->out] = x[count, d->in] * weights + bias.
void pvs_apply(const pvs_dense *d, const float *x, int count, float *out);

// pvs_swish_of and pvs_sigmoid_of replace x[n].
void pvs_swish_of(float *x, int n);
void pvs_sigmoid_of(float *x, int n);

// pvs_scale multiplies x[rows, channels] by gate[channels].
void pvs_scale(float *x, int rows, int channels, const float *gate);

// pvs_scale_weights writes weights that have the same product with x as m's have with x times
// gate[m->in].
void pvs_scale_weights(const pvs_matrix *m, const float *gate, float *weights);

// pvs_mean computes mean[channels] of x[rows, channels].
void pvs_mean(const float *x, int rows, int channels, float *mean);

// pvs_normalize computes out[n] = x[n] * factor[n] + offset[n].
void pvs_normalize(const float *x, int n, const float *factor, const float *offset, float *out);

#endif
