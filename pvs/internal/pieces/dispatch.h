// Which vectors run says the first argument of all: 8 or 16 lanes.
#ifndef PVS_PIECES_DISPATCH_H
#define PVS_PIECES_DISPATCH_H

void piece_activate_8(int act, float *x, int n, float *slopes);
void piece_activate_16(int act, float *x, int n, float *slopes);
void piece_activate_32(int act, float *x, int n, float *slopes); // float16

void piece_product_8(const float *w, const float *bias, int in, int out, const float *x, int rows, int act, float factor, const float *residual, float *y);
void piece_product_16(const float *w, const float *bias, int in, int out, const float *x, int rows, int act, float factor, const float *residual, float *y);
static inline void piece_product(int lanes, const float *w, const float *bias, int in, int out, const float *x, int rows, int act, float factor, const float *residual, float *y) {
	(lanes == 16 ? piece_product_16 : piece_product_8)(w, bias, in, out, x, rows, act, factor, residual, y);
}

void piece_onto_panel_8(int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act, float *y, float *slopes);
void piece_onto_panel_16(int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act, float *y, float *slopes);
static inline void piece_onto_panel(int lanes, int vectors, const float *w, const float *bias, int in, const float *x, int rows, int act, float *y, float *slopes) {
	(lanes == 16 ? piece_onto_panel_16 : piece_onto_panel_8)(vectors, w, bias, in, x, rows, act, y, slopes);
}

void piece_add_panels_8(const float *w, int in, int out, int row, int panels, const float *x, int rows, int depth, float *y);
void piece_add_panels_16(const float *w, int in, int out, int row, int panels, const float *x, int rows, int depth, float *y);
static inline void piece_add_panels(int lanes, const float *w, int in, int out, int row, int panels, const float *x, int rows, int depth, float *y) {
	(lanes == 16 ? piece_add_panels_16 : piece_add_panels_8)(w, in, out, row, panels, x, rows, depth, y);
}

void piece_cross_8(int vectors, const float *x, int columns, int places, const float *y, float *sums);
void piece_cross_16(int vectors, const float *x, int columns, int places, const float *y, float *sums);
static inline void piece_cross(int lanes, int vectors, const float *x, int columns, int places, const float *y, float *sums) {
	(lanes == 16 ? piece_cross_16 : piece_cross_8)(vectors, x, columns, places, y, sums);
}

void piece_widen_8(const float *w, const float *bias, int channels, int size, int stride, const float *x, int count, int side, int act, float *out, float *sums, float *buffer);
void piece_widen_16(const float *w, const float *bias, int channels, int size, int stride, const float *x, int count, int side, int act, float *out, float *sums, float *buffer);
static inline void piece_widen(int lanes, const float *w, const float *bias, int channels, int size, int stride, const float *x, int count, int side, int act, float *out, float *sums, float *buffer) {
	(lanes == 16 ? piece_widen_16 : piece_widen_8)(w, bias, channels, size, stride, x, count, side, act, out, sums, buffer);
}

long piece_widen_buffer_8(int channels, int size, int stride, int side);
long piece_widen_buffer_16(int channels, int size, int stride, int side);
static inline long piece_widen_buffer(int lanes, int channels, int size, int stride, int side) {
	return (lanes == 16 ? piece_widen_buffer_16 : piece_widen_buffer_8)(channels, size, stride, side);
}

long piece_depthwise_back_room_8(int size, int stride, int side);
long piece_depthwise_back_room_16(int size, int stride, int side);
static inline long piece_depthwise_back_room(int lanes, int size, int stride, int side) {
	return (lanes == 16 ? piece_depthwise_back_room_16 : piece_depthwise_back_room_8)(size, stride, side);
}

void piece_depthwise_back_8(int vectors, const float *w, int size, int stride, const float *x, int side, const float *slopes, float *kernel, float *times, float *plus, int channels, float *room);
void piece_depthwise_back_16(int vectors, const float *w, int size, int stride, const float *x, int side, const float *slopes, float *kernel, float *times, float *plus, int channels, float *room);
static inline void piece_depthwise_back(int lanes, int vectors, const float *w, int size, int stride, const float *x, int side, const float *slopes, float *kernel, float *times, float *plus, int channels, float *room) {
	(lanes == 16 ? piece_depthwise_back_16 : piece_depthwise_back_8)(vectors, w, size, stride, x, side, slopes, kernel, times, plus, channels, room);
}

void piece_average_8(const float *x, int rows, int apart, int channels, float *mean);
void piece_average_16(const float *x, int rows, int apart, int channels, float *mean);
static inline void piece_average(int lanes, const float *x, int rows, int apart, int channels, float *mean) {
	(lanes == 16 ? piece_average_16 : piece_average_8)(x, rows, apart, channels, mean);
}

void piece_scale_8(float *x, int rows, int channels, const float *gate);
void piece_scale_16(float *x, int rows, int channels, const float *gate);
static inline void piece_scale(int lanes, float *x, int rows, int channels, const float *gate) {
	(lanes == 16 ? piece_scale_16 : piece_scale_8)(x, rows, channels, gate);
}

void piece_gate_8(int wide, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2, int count, const float *means, float *between, float *gate);
void piece_gate_16(int wide, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2, int count, const float *means, float *between, float *gate);
static inline void piece_gate(int lanes, int wide, int squeezed, const float *w1, const float *b1, const float *w2, const float *b2, int count, const float *means, float *between, float *gate) {
	(lanes == 16 ? piece_gate_16 : piece_gate_8)(wide, squeezed, w1, b1, w2, b2, count, means, between, gate);
}

void piece_tally_8(const float *x, int rows, int channels, const float *mean, int filled, float *sums);
void piece_tally_16(const float *x, int rows, int channels, const float *mean, int filled, float *sums);
static inline void piece_tally(int lanes, const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	(lanes == 16 ? piece_tally_16 : piece_tally_8)(x, rows, channels, mean, filled, sums);
}

void piece_tally_back_8(const float *slopes, const float *x, int rows, int channels, const float *mean, int filled, float *sums);
void piece_tally_back_16(const float *slopes, const float *x, int rows, int channels, const float *mean, int filled, float *sums);
static inline void piece_tally_back(int lanes, const float *slopes, const float *x, int rows, int channels, const float *mean, int filled, float *sums) {
	(lanes == 16 ? piece_tally_back_16 : piece_tally_back_8)(slopes, x, rows, channels, mean, filled, sums);
}

void piece_normed_8(const float *factor, const float *shift, int act, const float *x, int rows, int channels, float *out, float *slopes);
void piece_normed_16(const float *factor, const float *shift, int act, const float *x, int rows, int channels, float *out, float *slopes);
static inline void piece_normed(int lanes, const float *factor, const float *shift, int act, const float *x, int rows, int channels, float *out, float *slopes) {
	(lanes == 16 ? piece_normed_16 : piece_normed_8)(factor, shift, act, x, rows, channels, out, slopes);
}

void piece_normed_back_8(const float *mean, const float *back, const float *back_mean, const float *back_slope, const float *slopes, const float *x, int rows, int channels, float *out);
void piece_normed_back_16(const float *mean, const float *back, const float *back_mean, const float *back_slope, const float *slopes, const float *x, int rows, int channels, float *out);
static inline void piece_normed_back(int lanes, const float *mean, const float *back, const float *back_mean, const float *back_slope, const float *slopes, const float *x, int rows, int channels, float *out) {
	(lanes == 16 ? piece_normed_back_16 : piece_normed_back_8)(mean, back, back_mean, back_slope, slopes, x, rows, channels, out);
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
