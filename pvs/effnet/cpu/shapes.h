// Sizes of feature maps, their padding, and how scratch memory is divided.
#ifndef PVS_CPU_SHAPES_H
#define PVS_CPU_SHAPES_H

#include "vector.h"

// padding is the number of zeros before and after a row or column.
typedef struct {
	int before, after;
} padding;

// output_side is the height or width of a convolution's output.
static int output_side(int side, int stride) { return (side + stride - 1) / stride; }

// batch_of is how many images of so many positions go through a block at once: small ones share the weights that are
// fetched, while one large image fills the cache.
static int batch_of(int positions, int count) {
	int n = 392 / positions;
	return n < 1 ? 1 : n < count ? n : count;
}

// scratch_part is a part of scratch memory, of so many values.
typedef struct {
	value **part;
	long size;
} scratch_part;

// lay_out_parts sets where each part begins in scratch, at whole cache lines, and returns how many values all of them
// take.
static long lay_out_parts(const scratch_part *parts, int n, value *scratch) {
	const long line = 64 / sizeof(value);
	long used = 0;
	for (int i = 0; i < n; i++) {
		*parts[i].part = scratch + used;
		used += (parts[i].size + line - 1) / line * line;
	}
	return used;
}

// same_padding is TensorFlow's "same" padding.
static padding same_padding(int size, int kernel, int stride) {
	int total = (output_side(size, stride) - 1) * stride + kernel - size;
	if (total < 0)
		total = 0;
	return (padding){total / 2, total - total / 2};
}

#endif
