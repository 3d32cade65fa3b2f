// Sides of images, the zeros around them, and where working memory begins.
#ifndef PVS_NATIVE_SIDES_H
#define PVS_NATIVE_SIDES_H

#include "vector.h"

// padding is the zeros around a row or column.
typedef struct {
	int before, after;
} padding;

// halved is the side of what a convolution gives.
static int halved(int side, int stride) { return (side + stride - 1) / stride; }

// together_of is how many images of so many places go through a block at once: those of small ones
// share the weights that are fetched, while each large one fills the cache.
static int together_of(int places, int count) {
	int n = 392 / places;
	return n < 1 ? 1 : n < count ? n : count;
}

// need is a part of the working memory, of so many values.
typedef struct {
	value **part;
	long size;
} need;

// place_parts sets where each part begins in scratch, at whole lines of the cache, and returns how many
// values all need.
static long place_parts(const need *needs, int n, value *scratch) {
	const long line = 64 / sizeof(value);
	long used = 0;
	for (int i = 0; i < n; i++) {
		*needs[i].part = scratch + used;
		used += (needs[i].size + line - 1) / line * line;
	}
	return used;
}

// same is TensorFlow's "same" padding.
static padding same(int size, int kernel, int stride) {
	int total = (halved(size, stride) - 1) * stride + kernel - size;
	if (total < 0)
		total = 0;
	return (padding){total / 2, total - total / 2};
}

#endif
