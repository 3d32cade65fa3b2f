// The CPU engine: EfficientNet's forward pass, its backward pass and Adam's step in fused C code. Tensors are
// row-major float32, channels last; in inference those between layers may be float16. Numbers of channels are
// multiples of 8, but for those between squeeze and excite. Weights, biases and scratch memory begin at multiples of
// 64 bytes. Nothing is allocated here.
#ifndef PVS_CPU_H
#define PVS_CPU_H

// pvs_value is the type of weights and activations: float32, or float16 in float16.c if the compiler has that type.
// The rest of the program only passes pointers to it.
#if defined __clang__ ? __clang_major__ >= 15 : __GNUC__ >= 12
#define PVS_HAS_FLOAT16
#endif
#if defined PVS_HAS_FLOAT16 && defined PVS_FLOAT16
typedef _Float16 pvs_value;
#else
typedef float pvs_value;
#endif

// The activation that follows a convolution and its BatchNorm.
enum { pvs_linear, pvs_swish, pvs_relu6 };

// pvs_matrix is a pointwise convolution with its BatchNorm: weights [in, out] in the matrix layout, that is in panels
// of two vectors of columns, one panel after the other; the last panel has three vectors or one if those are left.
// Zeros pad the last vector, and that of the bias. In float16 the rows of a panel are interleaved in pairs: the
// first column of two rows, then their second. There are as many rows as x has columns, an even number.
typedef struct {
	int in, out;
	const pvs_value *weights, *bias;
} pvs_matrix;

// pvs_depthwise is a depthwise convolution with its BatchNorm: weights [size, size, channels] in the channel layout,
// that is in panels of two vectors of channels, the last of which may have one.
typedef struct {
	int channels, size, stride; // size 3 or 5, stride 1 or 2
	const pvs_value *weights, *bias;
} pvs_depthwise;

// pvs_dense is a dense layer of squeeze and excite: weights [in, out], row-major, always float32.
typedef struct {
	int in, out;
	const float *weights, *bias;
} pvs_dense;

// pvs_block is one MBConv block.
typedef struct {
	pvs_matrix expand; // in the channel layout; weights are null in the first stage
	pvs_depthwise depthwise;
	pvs_dense squeeze, excite; // weights are null in the Lite family
	pvs_matrix project;
	int residual; // the input is added to the output
} pvs_block;

typedef struct {
	int lanes;                    // of the vectors that weights are packed for: 8 or 16
	int float16;                  // weights and activations are float16, lanes 16
	int size;                     // of the square image
	const float *factor, *offset; // of a row of pixels, [3 * size]
	pvs_matrix stem;              // of patches of 27 values, or of 28, the last 0
	const pvs_block *blocks;
	int block_count;
	pvs_matrix top;
	int activation;
	float exponent; // of generalised-mean pooling; 0: features are averages
} pvs_network;

enum { pvs_max_batch = 4 }; // images that go through a layer at once, so that its weights are fetched once

// pvs_lanes is how many lanes the processor's vectors have: 16 with AVX-512, 8 with AVX2 and FMA,
// 0 without.
int pvs_lanes(void);

// pvs_has_float16 is whether the processor has AVX512-FP16, and the compiler float16.
int pvs_has_float16(void);

// pvs_to_float16 writes x[n] as float16. Finite values beyond the largest float16 become that one; infinite values
// and NaN stay.
void pvs_to_float16(const float *x, long n, void *out);

// pvs_scratch is how many values of scratch memory pvs_run needs for count images.
long pvs_scratch(const pvs_network *n, int count);

// pvs_run computes, of images [count, size, size, 3], the input of a block, [count, height, width, channels], or,
// with the number of all blocks, the features, [count, top.out]: the last convolution, pooled over all
// positions. A block's residual branch is multiplied by factors[count, blocks] (stochastic depth), or by 1 if factors
// is null.
void pvs_run(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out,
		float *scratch);

// Training. In the shapes below `expanded` is the number of channels between expansion and projection; dx and dy are
// the gradients of a layer's input and output.

// pvs_block_backward is what the backward pass of a block needs besides pvs_block: transposed weights, and where the
// gradients of its weights (with BatchNorms folded into them) are added up: the index in sums of the first value,
// below 0 for weights that do not train.
typedef struct {
	pvs_matrix expand;  // transposed, [expanded, in]; rows are padded to whole vectors with zeros
	pvs_matrix project; // transposed, [out, expanded], in the channel layout
	pvs_dense squeeze;  // transposed, [squeezed, expanded]
	long expand_gradient;    // [in, expanded], in the channel layout
	long depthwise_gradient; // [size * size, expanded], in the channel layout
	long squeeze_gradient, squeeze_bias_gradient; // [squeezed, expanded], transposed; [squeezed]
	long excite_gradient, excite_bias_gradient;   // [squeezed, expanded]; [expanded]
	long project_gradient;   // [out, expanded], transposed, in the channel layout
} pvs_block_backward;

// pvs_batchnorm is a BatchNorm in training mode. Its vectors are padded to whole ones of the processor.
typedef struct {
	int channels;               // padded
	const float *mean;          // of the batch; until it is known, the moving mean
	const float *scale, *shift; // its forward pass: y = scale * x + shift
	const float *dy_factor, *dx_offset, *x_factor; // dx = dy_factor * dy - dx_offset - x_factor * (x - mean)
} pvs_batchnorm;

enum { pvs_patch_row = 32 }; // a patch of 27 values, and zeros

// An expansion of so many input channels or more has its output, and that of the depthwise convolution, saved for
// backward: to write and read them takes less time than to recompute them.
enum { pvs_min_saved_channels = 32 };

typedef struct {
	const pvs_network *network;
	pvs_matrix stem;           // of patches of 32, in the channel layout
	pvs_matrix top;            // in the channel layout
	pvs_matrix top_transposed; // rows are padded to whole vectors
	const pvs_block_backward *blocks;
	long stem_gradient;              // [32, stem.out], in the channel layout
	long top_gradient;               // [top.in, top.out], in the channel layout
	long exponent_gradient;          // of pooling, one value
	const pvs_batchnorm *batchnorms; // the stem's, three of each block, the top's
} pvs_training;

// pvs_saved_values is how many values pvs_forward saves for the backward pass of count images.
long pvs_saved_values(const pvs_training *t, int count, int first);

// pvs_training_scratch is how many values of scratch memory the forward and backward passes need.
long pvs_training_scratch(const pvs_training *t, int count, int first);

// pvs_forward computes features[count, top.out] of the input of the first block that trains, or of images if that is
// 0, and saves what pvs_backward needs. pvs_backward may also read `in` again. Factors are those of pvs_run.
void pvs_forward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *saved,
		float *features, float *scratch);

// pvs_backward adds to sums the gradients of the weights of all blocks from the first one on, of the top and, if
// first is 0, of the stem, and of an exponent that trains, given the gradient of the features, dy[count, top.out]. The
// other arguments are those of pvs_forward.
void pvs_backward(const pvs_training *t, const float *in, int count, int first, const float *factors, float *saved,
		const float *dy, float *sums, float *scratch);

// pvs_panel describes a panel of a matrix [rows, .]: width values a row in memory, of which columns are not filling.
// In the unpacked weights a row begins stride values after the one before, or, if they are the transpose, a column
// does.
typedef struct {
	int rows, columns, width, stride, transposed;
} pvs_panel;

// pvs_pack_panel packs weights, from the panel's first column on, into a panel. They are multiplied by the factors of
// their output channels (columns, or rows of the transpose), from the first one of the panel on, unless factor is
// null.
void pvs_pack_panel(int lanes, const pvs_panel *p, const float *weights, const float *factor, float *out);

// pvs_adam holds what a step of Adam needs: m += (g - m) * one_minus_beta1, v += (g * g - v) * one_minus_beta2,
// weight -= step_size * m / (sqrt(v) + epsilon). The step size is the learning rate with both bias corrections.
typedef struct {
	float step_size, one_minus_beta1, one_minus_beta2, epsilon;
} pvs_adam;

// pvs_adam_step takes a step of Adam for n weights with their moments m and v.
void pvs_adam_step(int lanes, const pvs_adam *a, const float *gradients, long n, float *weights, float *m, float *v);

// pvs_unpack_panel adds up a panel's gradients over count partial sums, part_stride values from one to the next, and
// makes those zeros. The unpacked weights take a step of Adam with them; if a is null, the gradients are written
// there.
void pvs_unpack_panel(int lanes, const pvs_panel *p, float *sums, int count, long part_stride, const float *factor,
		const pvs_adam *a, float *weights, float *m, float *v);

// pvs_dense_shape is the shape of a dense layer that trains. In is a multiple of 8. An output row has filled values,
// whole vectors; those from out on are zeros. The weights [in, out] are row-major.
typedef struct {
	int in, out, filled;
} pvs_dense_shape;

// pvs_dense_forward computes the columns [from, to) of out[rows, filled] = x[rows, in] * weights + bias. From and to,
// unless that is the end, are multiples of two vectors of so many lanes; scratch holds so many columns of weights.
void pvs_dense_forward(int lanes, const pvs_dense_shape *l, const float *x, int rows, const float *weights,
		const float *bias, int from, int to, float *out, float *scratch);

// pvs_row_loss is a row's softmax and prediction: whether its label is the first of the largest logits, all logits
// being numbers; the sum of exp(logit - largest logit); and how far the label's logit is below the largest. The
// cross-entropy is log(sum) + below_largest.
typedef struct {
	int correct;
	float sum, below_largest;
} pvs_row_loss;

// pvs_softmax replaces logits[rows, filled] by the gradient of the sum over rows of the cross-entropy times weight,
// with zeros as padding.
void pvs_softmax(int lanes, const pvs_dense_shape *l, float *logits, int rows, float weight, const int *labels,
		pvs_row_loss *results);

// pvs_dense_input_gradient computes the columns [from, to), multiples of 8, of the gradient of the input, dx[rows,
// in], given that of the output, dy[rows, filled].
void pvs_dense_input_gradient(int lanes, const pvs_dense_shape *l, const float *dy, int rows, const float *weights,
		int from, int to, float *dx);

// pvs_dense_pack_dy copies the columns [from, to) of dy to panels[rows, filled], one panel after the other, and
// computes the gradient of the bias. From and to are as in pvs_dense_forward.
void pvs_dense_pack_dy(int lanes, const pvs_dense_shape *l, const float *dy, int rows, int from, int to, float *panels,
		float *bias);

// pvs_dense_kernel_gradient computes the rows [from, to), multiples of 8, of the gradient of the weights. The weights
// take a step of Adam with it; if a is null, it is written there.
void pvs_dense_kernel_gradient(int lanes, const pvs_dense_shape *l, const float *x, const float *panels, int rows,
		int from, int to, const pvs_adam *a, float *weights, float *m, float *v);

// Phases of a training step with BatchNorms in training mode, in this order; those between stem and top for each
// block. A phase before a BatchNorm also writes that BatchNorm's partial sums: forward of x - mean and of its square,
// x being the BatchNorm's input; backward of dy, the gradient of its output, and of dy * (x - mean).
enum {
	pvs_stem_partial_sums, pvs_stem_output,
	pvs_expand_partial_sums, pvs_expand_depthwise, pvs_project, pvs_bn_residual_output, // the first only with an expansion
	pvs_top_partial_sums, pvs_top_output,
	pvs_top_backward_sums, pvs_top_backward,
	pvs_project_backward_sums, pvs_project_backward, pvs_depthwise_backward, pvs_expand_backward, // the last only with one
	pvs_stem_backward_sums, pvs_stem_backward,
};

// pvs_phases_scratch is how many values of memory the phases of a step need for count images.
long pvs_phases_scratch(const pvs_training *t, int count);

// pvs_phase runs a phase on count images. partial_sums has 2 * channels values. The weights of t have no BatchNorms
// folded in; rows of the projections are padded to whole vectors. Memory and sums must stay from phase to phase.
void pvs_phase(const pvs_training *t, int phase, int block, int count, const float *images, const float *factors,
		float *features, const float *dy, float *sums, float *partial_sums, int channels, float *memory);

#endif
