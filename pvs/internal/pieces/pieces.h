// The pieces by themselves, for the vectors that PVS_LANES says.
#define PVS_PIECE(name) PVS_NAME(piece_##name)

void PVS_PIECE(activate)(int act, float *x, int n, float *slopes) {
	derive(x, n, act, slopes);
}

void PVS_PIECE(product)(const float *w, const float *bias, int in, int out, const float *x, int rows, int act, float factor, const float *residual, float *y) {
	pvs_matrix m = {.in = in, .out = out, .weights = w, .bias = bias};
	product(&m, x, rows, act, factor, residual, y);
}

void PVS_PIECE(onto_panel)(int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act, float *y, float *slopes) {
	onto_panel(vectors, x, rows, in, w, bias, act, y, slopes);
}

void PVS_PIECE(add_panels)(const float *w, int in, int out, int row, int panels, const float *x, int rows, int depth, float *y) {
	pvs_matrix m = {.in = in, .out = out, .weights = w};
	add_panels(&m, row, panels, x, rows, depth, y);
}

void PVS_PIECE(cross)(int vectors, const float *x, int columns, int places, const float *y, float *sums) {
	cross(vectors, x, columns, places, y, sums);
}

// The first half of a block without an expansion; buffer has room for all.
void PVS_PIECE(widen)(const float *w, const float *bias, int channels, int size, int stride, const float *x, int count, int side, int act, float *out, float *sums, float *buffer) {
	pvs_block b = {.depthwise = {.channels = channels, .size = size, .stride = stride, .weights = w, .bias = bias}};
	widen(&b, x, count, side, side, act, out, sums, buffer);
}

long PVS_PIECE(widen_buffer)(int channels, int size, int stride, int side) {
	pvs_block b = {.depthwise = {.channels = channels, .size = size, .stride = stride}};
	return widen_buffer(&b, side, side);
}

// Gradients of a panel of a depthwise convolution: x and slopes are without zeros around them, which are put into
// padded and inside.
long PVS_PIECE(depthwise_back_room)(int size, int stride, int side) {
	pvs_kernels d = {.size = size, .stride = stride};
	padding z = same(side, size, stride);
	long padded = z.before + side + z.after;
	return (padded_places(padded, stride) + inner_places(inner_of(&d, halved(side, stride)))) * panel;
}

PVS_TARGET void PVS_PIECE(depthwise_back)(int vectors, const float *w, int size, int stride, const float *x, int side, const float *slopes, float *kernel, float *times, float *plus, int channels, float *room) {
	pvs_kernels d = {.size = size, .stride = stride};
	padding z = same(side, size, stride);
	int padded = z.before + side + z.after, width = vectors * lanes, out = halved(side, stride);
	inner g = inner_of(&d, out);
	float *inside = room + padded_places(padded, stride) * width, *to = room + (long)(z.before * padded + z.before) * width;
	memset(room, 0, sizeof(float) * (padded_places(padded, stride) + inner_places(g)) * width);
	for (int y = 0; y < side; y++)
		memcpy(to + (long)y * padded * width, x + (long)y * side * width, sizeof(float) * side * width);
	inside += (g.before * g.row + g.before) * width;
	for (int y = 0; y < out; y++)
		memcpy(inside + (long)y * g.row * width, slopes + (long)y * out * width, sizeof(float) * out * width);
	kernel_slopes(&d, vectors, room, padded, g, inside, kernel);
	backed into = {.times = times, .plus = plus, .channels = channels, .last = lanes_of(channels - (vectors - 1) * lanes)};
	input_slopes(&d, vectors, side, g, inside, w, &into);
}

void PVS_PIECE(average)(const float *x, int rows, int apart, int channels, float *mean) { average(x, rows, apart, channels, mean); }

void PVS_PIECE(scale)(float *x, int rows, int channels, const float *gate) { scale(x, rows, channels, gate); }

void PVS_PIECE(gate)(int wide, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2, int count, const float *means, float *between, float *gate) {
	pvs_block b = {.squeeze = {wide, squeezed, w1, b1}, .excite = {squeezed, wide, w2, b2}};
	gate_of(&b, count, means, between, gate);
}

void PVS_PIECE(tally)(const float *x, int rows, int channels, const float *mean, int filled, float *sums) { tally(x, rows, channels, mean, filled, sums); }

void PVS_PIECE(tally_back)(const float *slopes, const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	tally_back(slopes, x, rows, channels, mean, filled, sums);
}

void PVS_PIECE(normed)(const float *factor, const float *shift, int act, const float *x, int rows, int channels, float *out, float *slopes) {
	pvs_norm n = {.channels = channels, .scale = factor, .shift = shift};
	normed(&n, 0, act, x, rows, channels, out, channels, channels, slopes);
}

void PVS_PIECE(normed_back)(const float *mean, const float *back, const float *back_mean, const float *back_slope, const float *slopes, const float *x, int rows, int channels, float *out) {
	pvs_norm n = {.channels = channels, .mean = mean, .back = back, .back_mean = back_mean, .back_slope = back_slope};
	normed_back(&n, 0, slopes, x, rows, channels, out, channels);
}

float PVS_PIECE(dot)(const float *x, const float *y, int n) { return dot(x, y, n); }

void PVS_PIECE(add_scaled)(const float *x, int n, float factor, float *y) { add_scaled(x, n, factor, y); }
