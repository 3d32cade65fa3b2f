// EfficientNet's forward pass. Tensors are float32, row by row, channels last. Numbers of
// channels are multiples of 8 but for those between squeeze and excite. Weights, biases and
// working memory begin at multiples of 64 bytes. Nothing is allocated.
#ifndef PVS_NATIVE_H
#define PVS_NATIVE_H

// What follows a convolution and its BatchNorm.
enum { pvs_linear, pvs_swish, pvs_relu6 };

// pvs_matrix is a pointwise convolution with its BatchNorm: weights [in, out] in panels of two
// vectors of columns, one after the other; the last panel has three or one if those are left.
// Zeros fill the last vector, and that of the bias.
typedef struct {
	int in, out;
	const float *weights, *bias;
} pvs_matrix;

// pvs_kernels is a depthwise convolution with its BatchNorm: weights [size, size, channels] in
// panels of two vectors of channels, the last of which may have one.
typedef struct {
	int channels, size, stride; // size 3 or 5, stride 1 or 2
	const float *weights, *bias;
} pvs_kernels;

// pvs_dense is a layer of squeeze and excite: weights [in, out] as they are.
typedef struct {
	int in, out;
	const float *weights, *bias;
} pvs_dense;

// pvs_block is one MBConv block.
typedef struct {
	pvs_matrix expand; // in panels as the depthwise; weights are null in the first stage
	pvs_kernels depthwise;
	pvs_dense squeeze, excite; // weights are null in the Lite family
	pvs_matrix project;
	int residual; // the input is added to the output
} pvs_block;

typedef struct {
	int size;                     // of the square image
	const float *factor, *offset; // of a row of pixels, [3 * size]
	pvs_matrix stem;              // of patches of 27 values
	const pvs_block *blocks;
	int block_count;
	pvs_matrix top;
	int activation;
} pvs_network;

// pvs_lanes is how many lanes the processor's vectors have: 16 with AVX-512, 8 with AVX2 and FMA,
// 0 without.
int pvs_lanes(void);

// Each function is there for vectors of 8 and of 16 lanes; weights are in panels of those.

// pvs_scratch is how many values of working memory pvs_run needs for count images.
long pvs_scratch_8(const pvs_network *n, int count);
long pvs_scratch_16(const pvs_network *n, int count);

// pvs_run computes, of images [count, size, size, 3], what enters a block, [count, height,
// width, channels], or, with the number of all blocks, the features, [count, top.out]: the
// average of the last convolution over all places. What a block with a residual adds to its
// input counts factors[count, blocks] times, once if factors is null.
void pvs_run_8(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch);
void pvs_run_16(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch);

#endif
