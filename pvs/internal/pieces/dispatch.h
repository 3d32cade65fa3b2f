// The first argument of all says which vectors compute: of 8 or of 16 lanes.
#ifndef PVS_PIECES_DISPATCH_H
#define PVS_PIECES_DISPATCH_H

void piece_activate_8(int act, float *x, int n, float *derivatives);
void piece_activate_16(int act, float *x, int n, float *derivatives);
void piece_activate_32(int act, float *x, int n, float *derivatives); // float16

void piece_matrix_product_8(const float *w, const float *bias, int in, int out, const float *x, int rows, int act,
		float factor, const float *residual, float *y);
void piece_matrix_product_16(const float *w, const float *bias, int in, int out, const float *x, int rows, int act,
		float factor, const float *residual, float *y);
static inline void piece_matrix_product(int lanes, const float *w, const float *bias, int in, int out, const float *x,
		int rows, int act, float factor, const float *residual, float *y) {
	(lanes == 16 ? piece_matrix_product_16 : piece_matrix_product_8)(w, bias, in, out, x, rows, act, factor, residual, y);
}

void piece_pointwise_panel_8(int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act,
		float *y, float *derivatives);
void piece_pointwise_panel_16(int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act,
		float *y, float *derivatives);
static inline void piece_pointwise_panel(int lanes, int vectors, const float *w, const float *bias, int in,
		const float *x,
		int rows, int act, float *y, float *derivatives) {
	(lanes == 16 ? piece_pointwise_panel_16 : piece_pointwise_panel_8)(vectors, w, bias, in, x, rows, act, y, derivatives);
}

void piece_add_panel_products_8(const float *w, int in, int out, int row, int panels, const float *x, int rows,
		int depth,
		float *y);
void piece_add_panel_products_16(const float *w, int in, int out, int row, int panels, const float *x, int rows,
		int depth,
		float *y);
static inline void piece_add_panel_products(int lanes, const float *w, int in, int out, int row, int panels,
		const float *x,
		int rows, int depth, float *y) {
	(lanes == 16 ? piece_add_panel_products_16 : piece_add_panel_products_8)(w, in, out, row, panels, x, rows, depth, y);
}

void piece_add_weight_gradient_8(int vectors, const float *x, int columns, int positions, const float *dy, float *sums);
void piece_add_weight_gradient_16(int vectors, const float *x, int columns, int positions, const float *dy,
		float *sums);
static inline void piece_add_weight_gradient(int lanes, int vectors, const float *x, int columns, int positions,
		const float *dy,
		float *sums) {
	(lanes == 16 ? piece_add_weight_gradient_16 : piece_add_weight_gradient_8)(vectors, x, columns, positions, dy, sums);
}

void piece_expand_depthwise_8(const float *w, const float *bias, int channels, int size, int stride, const float *x,
		int count,
		int side, int act, float *out, float *sums, float *buffer);
void piece_expand_depthwise_16(const float *w, const float *bias, int channels, int size, int stride, const float *x,
		int count,
		int side, int act, float *out, float *sums, float *buffer);
static inline void piece_expand_depthwise(int lanes, const float *w, const float *bias, int channels, int size,
		int stride,
		const float *x, int count, int side, int act, float *out, float *sums, float *buffer) {
	(lanes == 16 ? piece_expand_depthwise_16 : piece_expand_depthwise_8)(w, bias, channels, size, stride, x, count, side,
		act, out, sums,
		buffer);
}

long piece_expand_depthwise_scratch_8(int channels, int size, int stride, int side);
long piece_expand_depthwise_scratch_16(int channels, int size, int stride, int side);
static inline long piece_expand_depthwise_scratch(int lanes, int channels, int size, int stride, int side) {
	return (lanes == 16 ? piece_expand_depthwise_scratch_16 : piece_expand_depthwise_scratch_8)(channels, size, stride,
		side);
}

long piece_depthwise_backward_scratch_8(int size, int stride, int side);
long piece_depthwise_backward_scratch_16(int size, int stride, int side);
static inline long piece_depthwise_backward_scratch(int lanes, int size, int stride, int side) {
	return (lanes == 16 ? piece_depthwise_backward_scratch_16 : piece_depthwise_backward_scratch_8)(size, stride, side);
}

void piece_depthwise_backward_8(int vectors, const float *w, int size, int stride, const float *x, int side,
		const float *dy, float *kernel, float *multiply, float *add, int channels, float *scratch);
void piece_depthwise_backward_16(int vectors, const float *w, int size, int stride, const float *x, int side,
		const float *dy, float *kernel, float *multiply, float *add, int channels, float *scratch);
static inline void piece_depthwise_backward(int lanes, int vectors, const float *w, int size, int stride,
		const float *x,
		int side, const float *dy, float *kernel, float *multiply, float *add, int channels, float *scratch) {
	(lanes == 16 ? piece_depthwise_backward_16 : piece_depthwise_backward_8)(vectors, w, size, stride, x, side, dy, kernel,
		multiply, add, channels, scratch);
}

void piece_average_8(const float *x, int rows, int row_stride, int channels, float *mean);
void piece_average_16(const float *x, int rows, int row_stride, int channels, float *mean);
static inline void piece_average(int lanes, const float *x, int rows, int row_stride, int channels, float *mean) {
	(lanes == 16 ? piece_average_16 : piece_average_8)(x, rows, row_stride, channels, mean);
}

void piece_scale_8(float *x, int rows, int channels, const float *gate);
void piece_scale_16(float *x, int rows, int channels, const float *gate);
static inline void piece_scale(int lanes, float *x, int rows, int channels, const float *gate) {
	(lanes == 16 ? piece_scale_16 : piece_scale_8)(x, rows, channels, gate);
}

void piece_gate_8(int expanded, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2,
		int count, const float *means, float *between, float *gate);
void piece_gate_16(int expanded, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2,
		int count, const float *means, float *between, float *gate);
static inline void piece_gate(int lanes, int expanded, int squeezed, const float *w1, const float *b1, const float *w2,
		const float *b2, int count, const float *means, float *between, float *gate) {
	(lanes == 16 ? piece_gate_16 : piece_gate_8)(expanded, squeezed, w1, b1, w2, b2, count, means, between, gate);
}

void piece_batchnorm_sums_8(const float *x, int rows, int channels, const float *mean, int filled, float *sums);
void piece_batchnorm_sums_16(const float *x, int rows, int channels, const float *mean, int filled, float *sums);
static inline void piece_batchnorm_sums(int lanes, const float *x, int rows, int channels, const float *mean,
		int filled,
		float *sums) {
	(lanes == 16 ? piece_batchnorm_sums_16 : piece_batchnorm_sums_8)(x, rows, channels, mean, filled, sums);
}

void piece_batchnorm_backward_sums_8(const float *dy, const float *x, int rows, int channels, const float *mean,
		int filled,
		float *sums);
void piece_batchnorm_backward_sums_16(const float *dy, const float *x, int rows, int channels, const float *mean,
		int filled,
		float *sums);
static inline void piece_batchnorm_backward_sums(int lanes, const float *dy, const float *x, int rows, int channels,
		const float *mean, int filled, float *sums) {
	(lanes == 16 ? piece_batchnorm_backward_sums_16 : piece_batchnorm_backward_sums_8)(dy, x, rows, channels, mean,
		filled, sums);
}

void piece_batchnorm_activate_8(const float *factor, const float *shift, int act, const float *x, int rows,
		int channels,
		float *out, float *derivatives);
void piece_batchnorm_activate_16(const float *factor, const float *shift, int act, const float *x, int rows,
		int channels,
		float *out, float *derivatives);
static inline void piece_batchnorm_activate(int lanes, const float *factor, const float *shift, int act,
		const float *x, int rows,
		int channels, float *out, float *derivatives) {
	(lanes == 16 ? piece_batchnorm_activate_16 : piece_batchnorm_activate_8)(factor, shift, act, x, rows, channels, out,
		derivatives);
}

void piece_batchnorm_input_gradient_8(const float *mean, const float *dy_factor, const float *dx_offset,
		const float *x_factor,
		const float *dy, const float *x, int rows, int channels, float *out);
void piece_batchnorm_input_gradient_16(const float *mean, const float *dy_factor, const float *dx_offset,
		const float *x_factor,
		const float *dy, const float *x, int rows, int channels, float *out);
static inline void piece_batchnorm_input_gradient(int lanes, const float *mean, const float *dy_factor,
		const float *dx_offset,
		const float *x_factor, const float *dy, const float *x, int rows, int channels, float *out) {
	(lanes == 16 ? piece_batchnorm_input_gradient_16 : piece_batchnorm_input_gradient_8)(mean, dy_factor, dx_offset,
		x_factor,
		dy, x, rows, channels,
		out);
}

float piece_dot_8(const float *x, const float *y, int n);
float piece_dot_16(const float *x, const float *y, int n);
static inline float piece_dot(int lanes, const float *x, const float *y, int n) {
	return (lanes == 16 ? piece_dot_16 : piece_dot_8)(x, y, n);
}

void piece_add_scaled_8(const float *x, int n, float factor, float *y);
void piece_add_scaled_16(const float *x, int n, float factor, float *y);
static inline void piece_add_scaled(int lanes, const float *x, int n, float factor, float *y) {
	(lanes == 16 ? piece_add_scaled_16 : piece_add_scaled_8)(x, n, factor, y);
}

#endif
