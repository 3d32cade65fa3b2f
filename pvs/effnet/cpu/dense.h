// A dense layer that trains, its weights as they are: a panel of them is copied when it is needed,
// which costs less than to keep a second order of weights that change with each step.
#ifndef PVS_NATIVE_DENSE_H
#define PVS_NATIVE_DENSE_H

#include "adam.h"
#include "cross.h"

// wide_panel is where the panel from column c on lies in rows of so many columns: how many of them
// it has, and how many vectors those fill.
typedef struct {
	int vectors, columns;
} wide_panel;

static inline wide_panel wide_panel_at(int c, int columns) {
	int left = columns - c;
	return (wide_panel){wide_vectors(left), left < panel ? left : panel};
}

// take_panel copies a panel of x, whose rows are apart values apart, and fills up its vectors with zeros.
PVS_TARGET static void take_panel(wide_panel p, const float *x, int rows, int apart, float *out) {
	int width = p.vectors * lanes;
	if (p.columns < width)
		memset(out, 0, sizeof(float) * rows * width);
	for (int r = 0; r < rows; r++, x += apart, out += width) {
		if (p.columns < width) {
			memcpy(out, x, sizeof(float) * p.columns);
			continue;
		}
		for (int j = 0; j < width; j += lanes)
			store(out + j, load(x + j));
	}
}

// dense computes the columns [from, to) of out.
PVS_TARGET static void dense(const pvs_layer *l, const float *x, int rows, const float *weights, const float *bias, int from, int to, float *out, float *scratch) {
	for (int c = from; c < to; c += panel) {
		wide_panel p = wide_panel_at(c, l->out);
		float start[panel] = {0};
		memcpy(start, bias + c, sizeof(float) * p.columns);
		take_panel(p, weights + c, l->in, l->out, scratch);
		after then = {.act = pvs_linear, .last = lanes_of(lanes), .columns = l->filled};
		if (p.vectors == 2)
			panel_of(2, x, rows, l->in, scratch, start, then, out + c);
		else
			panel_of(1, x, rows, l->in, scratch, start, then, out + c);
	}
}

// Of the product with the transpose so many rows of both factors go together as registers hold sums.
enum { dot_rows = 4, dot_columns = lanes / 4 };

// dots computes out[rows, dot_columns] = x[rows, l->filled] times as many rows of weights.
PVS_INLINE void dots(int rows, const pvs_layer *l, const float *x, const float *weights, float *out) {
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
			out[(long)i * l->in + j] = total_of(sum[i][j]);
}

// dense_back computes the columns [from, to) of the gradient of what enters.
PVS_TARGET static void dense_back(const pvs_layer *l, const float *slopes, int rows, const float *weights, int from, int to, float *out) {
	for (int c = from; c < to; c += dot_columns) {
		const float *w = weights + (long)c * l->out;
		for (int r = 0; r < rows; r += dot_rows) {
			const float *x = slopes + (long)r * l->filled;
			float *to = out + (long)r * l->in + c;
			switch (rows - r) {
			case 1: dots(1, l, x, w, to); break;
			case 2: dots(2, l, x, w, to); break;
			case 3: dots(3, l, x, w, to); break;
			default: dots(dot_rows, l, x, w, to);
			}
		}
	}
}

// softmax replaces rows of logits by how the mean loss of rows, each of which counts so much, falls with them.
// The largest logit may miss NaN; the sum does not, and so neither loss nor gradients do.
PVS_TARGET static void softmax(const pvs_layer *l, float *logits, int rows, float counts, const int *labels, pvs_found *found) {
	const int whole = l->out / lanes * lanes;
	for (int r = 0; r < rows; r++, logits += l->filled) {
		int label = labels[r];
		float own = logits[label], largest = own, each[lanes];
		vec most = all(own), sum = all(0);
		for (int i = 0; i < whole; i += lanes)
			most = larger(most, load(logits + i));
		store(each, most);
		for (int i = 0; i < lanes; i++)
			largest = each[i] > largest ? each[i] : largest;
		for (int i = whole; i < l->out; i++)
			largest = logits[i] > largest ? logits[i] : largest;
		found[r].is = own == largest;
		for (int i = 0; found[r].is && i < label; i++) // of equal ones the first is it
			found[r].is = logits[i] != own;
		for (int i = l->out; i < l->filled; i++)
			logits[i] = largest - 200; // nothing of the sum
		for (int i = 0; i < l->filled; i += lanes) {
			vec behind = all(largest) - load(logits + i), e = behind;
			decay(&e, 1);
			e = of_number(behind, e);
			store(logits + i, e);
			sum += e;
		}
		found[r].sum = total_of(sum);
		found[r].is &= found[r].sum == found[r].sum; // nothing is found among logits one of which is NaN
		found[r].behind = largest - own;
		float scale = counts / found[r].sum;
		for (int i = 0; i < l->filled; i += lanes)
			store(logits + i, load(logits + i) * scale);
		logits[label] -= counts;
		for (int i = l->out; i < l->filled; i++)
			logits[i] = 0;
	}
}

// dense_panels copies the panels of columns [from, to) of slopes one after the other, and computes
// the gradient of the bias.
PVS_TARGET static void dense_panels(const pvs_layer *l, const float *slopes, int rows, int from, int to, float *panels, float *bias) {
	for (int c = from; c < to; c += panel) {
		wide_panel p = wide_panel_at(c, l->out);
		int width = p.vectors * lanes;
		float *at = panels + (long)c * rows, total[panel] = {0};
		take_panel((wide_panel){p.vectors, width}, slopes + c, rows, l->filled, at);
		for (int r = 0; r < rows; r++, at += width)
			for (int j = 0; j < width; j += lanes)
				store(total + j, load(total + j) + load(at + j));
		memcpy(bias + c, total, sizeof(float) * p.columns);
	}
}

// dense_slopes computes the rows [from, to) of the gradient of the weights, whole rows one after the
// other, so that few pages are touched at a time.
PVS_TARGET static void dense_slopes(const pvs_layer *l, const float *x, const float *panels, int rows, int from, int to, const pvs_adam *a, trained t) {
	for (int k = from; k < to; k += cross_rows)
		for (int c = 0; c < l->out; c += panel) {
			wide_panel p = wide_panel_at(c, l->out);
			int width = p.vectors * lanes;
			float sums[cross_rows * panel] = {0};
			if (p.vectors == 2)
				cross_tile(2, x + k, l->in, rows, panels + (long)c * rows, sums);
			else
				cross_tile(1, x + k, l->in, rows, panels + (long)c * rows, sums);
			for (int i = 0; i < cross_rows; i++) {
				long out = (long)(k + i) * l->out + c;
				int j = 0;
				for (; j + lanes <= p.columns; j += lanes)
					arrive(a, load(sums + i * width + j), t, out + j);
				if (j < p.columns)
					arrive_some(a, sums + i * width + j, p.columns - j, t, out + j);
			}
		}
}

#endif
