// The stem: normalised pixels and the first convolution.
#ifndef PVS_CPU_STEM_H
#define PVS_CPU_STEM_H

#include "elementwise.h"
#include "inference_scratch.h"
#include "matrix_product.h"

// patches_of writes the normalised pixels under each output position of row y of the stem (im2col), row_stride values
// a patch.
static void patches_of(const pvs_network *n, const float *image, int y, value *lines, int row_stride, value *patches) {
	int side = output_side(n->size, stem_stride), row = 3 * n->size, line = 3 * (n->size + stem_kernel);
	padding zeros = same_padding(n->size, stem_kernel, stem_stride);
	memset(lines, 0, sizeof(value) * lines_of(n));
	for (int k = 0; k < stem_kernel; k++) {
		int from = y * stem_stride - zeros.before + k;
		if (from >= 0 && from < n->size)
			normalize(image + (long)from * row, row, n->factor, n->offset, lines + k * line + 3 * zeros.before);
	}
	for (int i = 0; i < side; i++, patches += row_stride)
		for (int k = 0; k < stem_kernel; k++)
			memcpy(patches + 3 * stem_kernel * k, lines + k * line + 3 * stem_stride * i, sizeof(value) * 3 * stem_kernel);
}

// stem_forward normalises an image and computes the first convolution as a matrix product with patches.
static void stem_forward(const pvs_network *n, const float *image, const inference_scratch *m, value *out) {
	int side = output_side(n->size, stem_stride);
	memset(m->patches, 0, sizeof(value) * side * n->stem.in);
	for (int y = 0; y < side; y++) {
		patches_of(n, image, y, m->lines, n->stem.in, m->patches);
		matrix_product(&n->stem, m->patches, side, n->activation, 1, 0, out + (long)y * side * n->stem.out);
	}
}

#endif
