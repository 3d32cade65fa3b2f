// EfficientNet's forward pass and its gradients. Tensors are float32, those between layers also
// float16, row by row, channels last.
// Numbers of channels are multiples of 8 but for those between squeeze and excite. Weights, biases
// and working memory begin at multiples of 64 bytes. Nothing is allocated.
#ifndef PVS_NATIVE_H
#define PVS_NATIVE_H

// pvs_value is what weights and activations are: float32, or float16 in half.c, if the compiler has
// it; the rest of the program only keeps the places of those.
#if defined __clang__ ? __clang_major__ >= 15 : __GNUC__ >= 12
#define PVS_HAS_HALF
#endif
#if defined PVS_HAS_HALF && defined PVS_HALF
typedef _Float16 pvs_value;
#else
typedef float pvs_value;
#endif

// What follows a convolution and its BatchNorm.
enum { pvs_linear, pvs_swish, pvs_relu6 };

// pvs_matrix is a pointwise convolution with its BatchNorm: weights [in, out] in panels of two
// vectors of columns, one after the other; the last panel has three or one if those are left.
// Zeros fill the last vector, and that of the bias. In float16 rows lie in pairs: of two rows the
// first column's, then the second's. There are as many as x has columns, an even number.
typedef struct {
	int in, out;
	const pvs_value *weights, *bias;
} pvs_matrix;

// pvs_kernels is a depthwise convolution with its BatchNorm: weights [size, size, channels] in
// panels of two vectors of channels, the last of which may have one.
typedef struct {
	int channels, size, stride; // size 3 or 5, stride 1 or 2
	const pvs_value *weights, *bias;
} pvs_kernels;

// pvs_dense is a layer of squeeze and excite: weights [in, out] as they are, always float32.
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
	int lanes;                    // of the vectors that weights are in panels of: 8 or 16
	int half;                     // weights and activations are float16, lanes 16
	int size;                     // of the square image
	const float *factor, *offset; // of a row of pixels, [3 * size]
	pvs_matrix stem;              // of patches of 27 values, or of 28, the last 0
	const pvs_block *blocks;
	int block_count;
	pvs_matrix top;
	int activation;
} pvs_network;

enum { pvs_together = 4 }; // images that go through a layer together, so that its weights are fetched once

// pvs_lanes is how many lanes the processor's vectors have: 16 with AVX-512, 8 with AVX2 and FMA,
// 0 without.
int pvs_lanes(void);

// pvs_half is whether the processor, and the compiler, have AVX512-FP16, which float16 needs.
int pvs_half(void);

// pvs_to_half writes x[n] as float16; numbers of more than the largest one become that. What is infinite or
// NaN stays so.
void pvs_to_half(const float *x, long n, void *out);

// pvs_scratch is how many values of working memory pvs_run needs for count images.
long pvs_scratch(const pvs_network *n, int count);

// pvs_run computes, of images [count, size, size, 3], what enters a block, [count, height,
// width, channels], or, with the number of all blocks, the features, [count, top.out]: the
// average of the last convolution over all places. What a block with a residual adds to its
// input counts factors[count, blocks] times, once if factors is null.
void pvs_run(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch);

// What follows trains. In the names below a block's narrow sides are its input and output, and
// its wide one what is between expansion and projection. "Wide panels" are those of pvs_kernels.

// pvs_slopes is what the gradients of a block need besides the block, and where those of its
// weights, with BatchNorms folded into them, are added up: the first of their values in sums, below
// 0 for weights that do not train.
typedef struct {
	pvs_matrix expand;  // transposed, [wide, in]; rows are filled up to whole vectors with zeros
	pvs_matrix project; // transposed, [out, wide], in wide panels
	pvs_dense squeeze;  // transposed, [squeezed, wide]
	long expand_sum;    // [in, wide], in wide panels
	long depthwise_sum; // [size * size, wide], in wide panels
	long squeeze_sum, squeeze_bias_sum; // [squeezed, wide], transposed; [squeezed]
	long excite_sum, excite_bias_sum;   // [squeezed, wide]; [wide]
	long project_sum;   // [out, wide], transposed, in wide panels
} pvs_slopes;

// pvs_norm is a BatchNorm that trains. Vectors are filled up to whole ones of the processor.
typedef struct {
	int channels;                               // filled up
	const float *mean;                          // of the batch; until it is known one that is near
	const float *scale, *shift;                 // of what enters it
	const float *back, *back_mean, *back_slope; // its gradient: back * that of what it gives - back_mean - back_slope * (x - mean)
} pvs_norm;

enum { pvs_patch_row = 32 }; // a patch of 27 values, and zeros

// What an expansion of so many channels or more gives is kept for the way back, and what is convolved
// of it: to write and read it takes less time than to compute it again.
enum { pvs_worth_keeping = 32 };

typedef struct {
	const pvs_network *network;
	pvs_matrix stem;     // of patches of 32, in wide panels
	pvs_matrix top;      // in wide panels
	pvs_matrix top_back; // transposed; rows are filled up to whole vectors
	const pvs_slopes *blocks;
	long stem_sum; // [32, stem.out], in wide panels
	long top_sum;  // [top.in, top.out], in wide panels
	const pvs_norm *norms; // the stem's, three of each block, the top's
} pvs_training;

// pvs_kept is how many values pvs_forward keeps for count images.
long pvs_kept(const pvs_training *t, int count, int first);

// pvs_training_scratch is how many values of working memory both ways need.
long pvs_training_scratch(const pvs_training *t, int count, int first);

// pvs_forward computes features[count, top.out] of what enters the first block that trains, or
// of images, if that is 0, and keeps what pvs_gradients needs; it may read all again. Factors are as
// pvs_run's.
void pvs_forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, float *features, float *scratch);

// pvs_gradients adds to sums how a loss falls with the weights of all from the first block on,
// and of the stem if that is 0, given how it falls with the features, slopes[count, top.out]; the
// rest is what pvs_forward was given.
void pvs_gradients(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, const float *slopes, float *sums, float *scratch);

// pvs_panel is how a panel of a matrix [rows, .] lies in memory, so many values wide, of which columns
// are not filling; and how in the weights: a row apart values after the one before, or, if they are
// the transpose, a column.
typedef struct {
	int rows, columns, width, apart, transposed;
} pvs_panel;

// pvs_pack_panel brings weights, from the panel's first column on, to a panel, multiplied by the
// factors of the channels that they give, from the first one on, unless those are null: of columns,
// or of rows of the transpose.
void pvs_pack_panel(int lanes, const pvs_panel *p, const float *weights, const float *factor, float *out);

// pvs_adam is how a step of Adam is taken: the moments go mean and square of the way to the
// gradients and their squares; the weights lose rate * m / (sqrt(v) + epsilon).
typedef struct {
	float rate, mean, square, epsilon;
} pvs_adam;

// pvs_adam_step takes one for n weights, with their moments m and v.
void pvs_adam_step(int lanes, const pvs_adam *a, const float *slopes, long n, float *weights, float *m, float *v);

// pvs_unpack_panel is the way back of gradients: the weights take a step with them or, if a is null,
// they are written there. Sums of all parts, so many values apart, are added up, and zeros then.
void pvs_unpack_panel(int lanes, const pvs_panel *p, float *sums, int count, long apart, const float *factor, const pvs_adam *a, float *weights, float *m, float *v);

// pvs_layer is the sides of a dense layer that trains. In is a multiple of 8. Rows of what it gives
// have filled values, whole vectors; those from out on are zeros. Its weights [in, out] are as they are.
typedef struct {
	int in, out, filled;
} pvs_layer;

// pvs_dense_layer computes the columns [from, to) of out[rows, filled] = x[rows, in] * weights + bias.
// From and to, unless it is the end, are multiples of two vectors of so many lanes, and scratch has
// room for so many columns of weights.
void pvs_dense_layer(int lanes, const pvs_layer *l, const float *x, int rows, const float *weights, const float *bias, int from, int to, float *out, float *scratch);

// pvs_found is what softmax finds of a row: whether the label has the largest logit, and is the first
// that has, all of them being numbers; the sum of e to the power of each logit less that; and how far the label's is behind.
typedef struct {
	int is;
	float sum, behind;
} pvs_found;

// pvs_softmax replaces logits[rows, filled] by how the sum over rows of the cross-entropy, each of
// which counts so much, falls with them, with zeros where they are filled up.
void pvs_softmax(int lanes, const pvs_layer *l, float *logits, int rows, float counts, const int *labels, pvs_found *found);

// pvs_dense_back computes the columns [from, to), multiples of 8, of how a loss falls with what
// enters, out[rows, in], given how it falls with what the layer gives, slopes[rows, filled].
void pvs_dense_back(int lanes, const pvs_layer *l, const float *slopes, int rows, const float *weights, int from, int to, float *out);

// pvs_dense_panels copies the columns [from, to) of slopes to panels[rows, filled], one panel after the
// other, and computes the gradient of the bias. From and to are as pvs_dense_layer's.
void pvs_dense_panels(int lanes, const pvs_layer *l, const float *slopes, int rows, int from, int to, float *panels, float *bias);

// pvs_dense_slopes computes the rows [from, to), multiples of 8, of the gradient of the weights, which
// take a step with it or, if a is null, it is written there.
void pvs_dense_slopes(int lanes, const pvs_layer *l, const float *x, const float *panels, int rows, int from, int to, const pvs_adam *a, float *weights, float *m, float *v);

// Phases of a step in which BatchNorms train, in this order, those between stem and top for each
// block. Phases with "tally" in their names, and those without that stand before a BatchNorm,
// write its sums: of what enters it less its mean, and of the squares; on the way back of the
// gradients of what it gives, and of their products with what enters it less its mean.
enum {
	pvs_stem_tally, pvs_stem_give,
	pvs_expand_tally, pvs_widen, pvs_project, pvs_give, // the first only where there is an expansion
	pvs_top_tally, pvs_top_give,
	pvs_top_tally_back, pvs_top_back,
	pvs_project_tally_back, pvs_project_back, pvs_widen_back, pvs_expand_back, // the last only where there is one
	pvs_stem_tally_back, pvs_stem_back,
};

// pvs_phases_memory is how many values of memory the phases of a step need for count images.
long pvs_phases_memory(const pvs_training *t, int count);

// pvs_phase runs a phase on count images. The tally has 2 * channels values. The weights of t are
// as they are, without BatchNorms; rows of the projections are filled up to whole vectors. Memory
// and sums are kept from phase to phase.
void pvs_phase(const pvs_training *t, int phase, int block, int count, const float *images, const float *factors, float *features, const float *slopes, float *sums, float *tally, int channels, float *memory);

#endif
