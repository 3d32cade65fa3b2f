// The pieces, for the vectors that PVS_LANES says.
#define PVS_PIECE(name) PVS_NAME(piece_##name)

void PVS_PIECE(activate)(int act, float *x, int n, float *derivatives) {
	differentiate_values(x, n, act, derivatives);
}

void PVS_PIECE(matrix_product)(const float *w, const float *bias, int in, int out, const float *x, int rows, int act,
		float factor, const float *residual, float *y) {
	pvs_matrix m = {.in = in, .out = out, .weights = w, .bias = bias};
	matrix_product(&m, x, rows, act, factor, residual, y);
}

void PVS_PIECE(pointwise_panel)(int vectors, const float *w, const float *bias, int in, const float *x, int rows,
		int act, float *y, float *derivatives) {
	pointwise_panel(vectors, x, rows, in, w, bias, act, y, derivatives);
}

void PVS_PIECE(add_panel_products)(const float *w, int in, int out, int row, int panels, const float *x, int rows,
		int depth, float *y) {
	pvs_matrix m = {.in = in, .out = out, .weights = w};
	add_panel_products(&m, row, panels, x, rows, depth, y);
}

void PVS_PIECE(add_weight_gradient)(int vectors, const float *x, int columns, int positions, const float *dy,
		float *sums) {
	add_weight_gradient(vectors, x, columns, positions, dy, sums);
}

// Expansion and depthwise convolution of a block without an expansion; buffer holds a strip.
void PVS_PIECE(expand_depthwise)(const float *w, const float *bias, int channels, int size, int stride, const float *x,
		int count, int side, int act, float *out, float *sums, float *buffer) {
	pvs_block b = {.depthwise = {.channels = channels, .size = size, .stride = stride, .weights = w, .bias = bias}};
	expand_depthwise(&b, x, count, side, side, act, out, sums, buffer);
}

long PVS_PIECE(expand_depthwise_scratch)(int channels, int size, int stride, int side) {
	pvs_block b = {.depthwise = {.channels = channels, .size = size, .stride = stride}};
	return expand_depthwise_scratch(&b, side, side);
}

// The backward pass of a panel of a depthwise convolution: x and dy come without padding, and are copied into padded
// memory.
long PVS_PIECE(depthwise_backward_scratch)(int size, int stride, int side) {
	pvs_depthwise d = {.size = size, .stride = stride};
	padding z = same_padding(side, size, stride);
	long padded = z.before + side + z.after;
	return (padded_positions(padded, stride) + padded_dy_positions(padded_dy_of(&d, output_side(side, stride)))) * panel;
}

PVS_TARGET void PVS_PIECE(depthwise_backward)(int vectors, const float *w, int size, int stride, const float *x,
		int side,
		const float *dy, float *kernel, float *multiply, float *add, int channels, float *scratch) {
	pvs_depthwise d = {.size = size, .stride = stride};
	padding z = same_padding(side, size, stride);
	int padded = z.before + side + z.after, width = vectors * lanes, out = output_side(side, stride);
	padded_dy g = padded_dy_of(&d, out);
	float *inside = scratch + padded_positions(padded, stride) * width,
		*to = scratch + (long)(z.before * padded + z.before) * width;
	memset(scratch, 0, sizeof(float) * (padded_positions(padded, stride) + padded_dy_positions(g)) * width);
	for (int y = 0; y < side; y++)
		memcpy(to + (long)y * padded * width, x + (long)y * side * width, sizeof(float) * side * width);
	inside += (g.before * g.row + g.before) * width;
	for (int y = 0; y < out; y++)
		memcpy(inside + (long)y * g.row * width, dy + (long)y * out * width, sizeof(float) * out * width);
	depthwise_kernel_gradient(&d, vectors, scratch, padded, g, inside, kernel);
	dx_target into = {.multiply = multiply, .add = add, .channels = channels,
		.last = lanes_of(channels - (vectors - 1) * lanes)};
	depthwise_input_gradient(&d, vectors, side, g, inside, w, &into);
}

void PVS_PIECE(average)(const float *x, int rows, int row_stride, int channels, float *mean) {
	average(x, rows, row_stride, channels, mean);
}

void PVS_PIECE(scale)(float *x, int rows, int channels, const float *gate) { scale(x, rows, channels, gate); }

void PVS_PIECE(gate)(int expanded, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2,
		int count, const float *means, float *between, float *gate) {
	pvs_block b = {.squeeze = {expanded, squeezed, w1, b1}, .excite = {squeezed, expanded, w2, b2}};
	gate_of(&b, count, means, between, gate);
}

void PVS_PIECE(batchnorm_sums)(const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	batchnorm_sums(x, rows, channels, mean, filled, sums);
}

void PVS_PIECE(batchnorm_backward_sums)(const float *dy, const float *x, int rows, int channels, const float *mean,
		int filled, float *sums) {
	batchnorm_backward_sums(dy, x, rows, channels, mean, filled, sums);
}

void PVS_PIECE(batchnorm_activate)(const float *factor, const float *shift, int act, const float *x, int rows,
		int channels, float *out, float *derivatives) {
	pvs_batchnorm n = {.channels = channels, .scale = factor, .shift = shift};
	batchnorm_activate(&n, 0, act, x, rows, channels, out, channels, channels, derivatives);
}

void PVS_PIECE(batchnorm_input_gradient)(const float *mean, const float *dy_factor, const float *dx_offset,
		const float *x_factor, const float *dy, const float *x, int rows, int channels, float *out) {
	pvs_batchnorm n = {.channels = channels, .mean = mean, .dy_factor = dy_factor, .dx_offset = dx_offset,
		.x_factor = x_factor};
	batchnorm_input_gradient(&n, 0, dy, x, rows, channels, out, channels);
}

float PVS_PIECE(dot)(const float *x, const float *y, int n) { return dot(x, y, n); }

void PVS_PIECE(add_scaled)(const float *x, int n, float factor, float *y) { add_scaled(x, n, factor, y); }
