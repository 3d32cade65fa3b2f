// A dense layer that trains. Its weights stay row-major: a panel of them is packed when it is needed, which costs
// less than to keep packed weights up to date that change with each step.
#ifndef PVS_CPU_DENSE_H
#define PVS_CPU_DENSE_H

#include "adam.h"
#include "weight_gradient.h"

// channel_panel is a panel in rows of unpacked columns: how many columns it has, and how many vectors those fill.
typedef struct {
	int vectors, columns;
} channel_panel;

static inline channel_panel channel_panel_at(int c, int columns) {
	int left = columns - c;
	return (channel_panel){channel_panel_vectors(left), left < panel ? left : panel};
}

// copy_panel packs a panel of x, row_stride values a row, and pads its vectors with zeros.
PVS_TARGET static void copy_panel(channel_panel p, const float *x, int rows, int row_stride, float *out) {
	int width = p.vectors * lanes;
	if (p.columns < width)
		memset(out, 0, sizeof(float) * rows * width);
	for (int r = 0; r < rows; r++, x += row_stride, out += width) {
		if (p.columns < width) {
			memcpy(out, x, sizeof(float) * p.columns);
			continue;
		}
		for (int j = 0; j < width; j += lanes)
			store(out + j, load(x + j));
	}
}

// dense_forward computes the columns [from, to) of the output.
PVS_TARGET static void dense_forward(const pvs_dense_shape *l, const float *x, int rows, const float *weights,
		const float *bias, int from, int to, float *out, float *scratch) {
	for (int c = from; c < to; c += panel) {
		channel_panel p = channel_panel_at(c, l->out);
		float start[panel] = {0};
		memcpy(start, bias + c, sizeof(float) * p.columns);
		copy_panel(p, weights + c, l->in, l->out, scratch);
		epilogue then = {.act = pvs_linear, .last = lanes_of(lanes), .columns = l->filled};
		if (p.vectors == 2)
			panel_product(2, x, rows, l->in, scratch, start, then, out + c);
		else
			panel_product(1, x, rows, l->in, scratch, start, then, out + c);
	}
}

// Rows of dy and of the weights whose inner products are computed at once, as many as registers hold sums.
enum { dot_rows = 4, dot_columns = lanes / 4 };

// dot_products computes out[rows, dot_columns], the inner products of x[rows, l->filled] with dot_columns rows of
// weights.
PVS_INLINE void dot_products(int rows, const pvs_dense_shape *l, const float *x, const float *weights, float *out) {
	vec sum[dot_rows][dot_columns];
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < dot_columns; j++)
			sum[i][j] = all(0);
	for (int k = 0; k < l->out; k += lanes) {
		vec w[dot_columns];
		for (int j = 0; j < dot_columns; j++) {
			float rest[lanes] = {0};
			const float *from = weights + (long)j * l->out + k;
			w[j] = load(l->out - k < lanes ? memcpy(rest, from, sizeof(float) * (l->out - k)) : from);
		}
		for (int i = 0; i < rows; i++) {
			vec v = load(x + (long)i * l->filled + k);
			for (int j = 0; j < dot_columns; j++)
				sum[i][j] += v * w[j];
		}
	}
	for (int i = 0; i < rows; i++)
		for (int j = 0; j < dot_columns; j++)
			out[(long)i * l->in + j] = sum_lanes(sum[i][j]);
}

// dense_input_gradient computes the columns [from, to) of dx.
PVS_TARGET static void dense_input_gradient(const pvs_dense_shape *l, const float *dy, int rows, const float *weights,
		int from, int to, float *dx) {
	for (int c = from; c < to; c += dot_columns) {
		const float *w = weights + (long)c * l->out;
		for (int r = 0; r < rows; r += dot_rows) {
			const float *x = dy + (long)r * l->filled;
			float *to = dx + (long)r * l->in + c;
			switch (rows - r) {
			case 1: dot_products(1, l, x, w, to); break;
			case 2: dot_products(2, l, x, w, to); break;
			case 3: dot_products(3, l, x, w, to); break;
			default: dot_products(dot_rows, l, x, w, to);
			}
		}
	}
}

// softmax replaces logits by the gradient of the rows' summed cross-entropy times weight. The largest logit may miss
// NaN; the sum does not, and so neither do loss and gradients.
PVS_TARGET static void softmax(const pvs_dense_shape *l, float *logits, int rows, float weight, const int *labels,
		pvs_row_loss *results) {
	const int whole = l->out / lanes * lanes;
	for (int r = 0; r < rows; r++, logits += l->filled) {
		int label = labels[r];
		float label_logit = logits[label], largest = label_logit, each[lanes];
		vec most = all(label_logit), sum = all(0);
		for (int i = 0; i < whole; i += lanes)
			most = larger(most, load(logits + i));
		store(each, most);
		for (int i = 0; i < lanes; i++)
			largest = each[i] > largest ? each[i] : largest;
		for (int i = whole; i < l->out; i++)
			largest = logits[i] > largest ? logits[i] : largest;
		results[r].correct = label_logit == largest;
		for (int i = 0; results[r].correct && i < label; i++) // the first of equal ones is the prediction
			results[r].correct = logits[i] != label_logit;
		for (int i = l->out; i < l->filled; i++)
			logits[i] = largest - 200; // adds nothing to the sum
		for (int i = 0; i < l->filled; i += lanes) {
			vec below = all(largest) - load(logits + i), e = below;
			exp_negative(&e, 1);
			e = keep_nan(below, e);
			store(logits + i, e);
			sum += e;
		}
		results[r].sum = sum_lanes(sum);
		results[r].correct &= results[r].sum == results[r].sum; // never if a logit is NaN
		results[r].below_largest = largest - label_logit;
		float scale = weight / results[r].sum;
		for (int i = 0; i < l->filled; i += lanes)
			store(logits + i, load(logits + i) * scale);
		logits[label] -= weight;
		for (int i = l->out; i < l->filled; i++)
			logits[i] = 0;
	}
}

// dense_pack_dy packs the columns [from, to) of dy into panels, and computes the gradient of the bias.
PVS_TARGET static void dense_pack_dy(const pvs_dense_shape *l, const float *dy, int rows, int from, int to,
		float *panels, float *bias) {
	for (int c = from; c < to; c += panel) {
		channel_panel p = channel_panel_at(c, l->out);
		int width = p.vectors * lanes;
		float *at = panels + (long)c * rows, total[panel] = {0};
		copy_panel((channel_panel){p.vectors, width}, dy + c, rows, l->filled, at);
		for (int r = 0; r < rows; r++, at += width)
			for (int j = 0; j < width; j += lanes)
				store(total + j, load(total + j) + load(at + j));
		memcpy(bias + c, total, sizeof(float) * p.columns);
	}
}

// dense_kernel_gradient computes the rows [from, to) of the gradient of the weights, one whole row after the other,
// so that few pages are touched at a time.
PVS_TARGET static void dense_kernel_gradient(const pvs_dense_shape *l, const float *x, const float *panels, int rows,
		int from, int to, const pvs_adam *a, trained t) {
	for (int k = from; k < to; k += gradient_rows)
		for (int c = 0; c < l->out; c += panel) {
			channel_panel p = channel_panel_at(c, l->out);
			int width = p.vectors * lanes;
			float sums[gradient_rows * panel] = {0};
			if (p.vectors == 2)
				weight_gradient_tile(2, x + k, l->in, rows, panels + (long)c * rows, sums);
			else
				weight_gradient_tile(1, x + k, l->in, rows, panels + (long)c * rows, sums);
			for (int i = 0; i < gradient_rows; i++) {
				long out = (long)(k + i) * l->out + c;
				int j = 0;
				for (; j + lanes <= p.columns; j += lanes)
					apply_gradient(a, load(sums + i * width + j), t, out + j);
				if (j < p.columns)
					apply_gradients_part(a, sums + i * width + j, p.columns - j, t, out + j);
			}
		}
}

#endif
