// What an MBConv block saves for its backward pass.
#ifndef PVS_CPU_MBCONV_SAVED_H
#define PVS_CPU_MBCONV_SAVED_H

#include "shapes.h"

// shape is the sizes of a block in training.
typedef struct {
	int side, in_positions, padded; // of an image's input: side, positions, side with zeros
	int out, positions, stride;      // of its output: side, positions
	int in, expanded, filled;        // channels; filled: expanded ones padded to whole vectors
	int saves;                       // whether outputs of expansion and depthwise convolution are saved
	padding zeros;
} shape;

static shape shape_of(const pvs_block *b, int side) {
	const pvs_depthwise *d = &b->depthwise;
	shape s = {.side = side, .in_positions = side * side, .stride = d->stride, .out = output_side(side, d->stride),
		.expanded = d->channels, .filled = vectors_of(d->channels) * lanes};
	s.positions = s.out * s.out;
	s.zeros = same_padding(side, d->size, d->stride);
	s.padded = s.zeros.before + side + s.zeros.after;
	s.in = b->expand.weights ? b->expand.in : d->channels;
	s.saves = b->expand.weights && s.in >= pvs_min_saved_channels && s.expanded == s.filled;
	return s;
}

// vectors_at is how many vectors the panel has that begins at channel c.
static int vectors_at(const shape *s, int c) { return channel_panel_vectors(s->filled - c); }

// saved is what is saved of some images. Panels of all of them follow each other.
typedef struct {
	const float *x;              // the block's input
	float *means, *gate;         // input and output of squeeze and excite, [count, filled]
	float *expanded, *depthwise; // outputs of expansion and depthwise convolution, before the activation
} saved;

// lay_out_saved divides memory for what count images save, but for x, and returns how many values it takes.
static long lay_out_saved(const shape *s, int count, float *memory, saved *k) {
	long channels = s->saves ? (long)count * s->filled : 0;
	scratch_part parts[] = {
		{&k->means, (long)count * s->filled}, {&k->gate, (long)count * s->filled},
		{&k->expanded, channels * s->in_positions}, {&k->depthwise, channels * s->positions},
	};
	return lay_out_parts(parts, sizeof parts / sizeof *parts, memory);
}

// saved_from is what is saved of the images from one on that begins a batch.
static saved saved_from(saved k, const shape *s, int image) {
	long i = image;
	return (saved){k.x + i * s->in_positions * s->in, k.means + i * s->filled, k.gate + i * s->filled,
		k.expanded + i * s->in_positions * s->filled, k.depthwise + i * s->positions * s->filled};
}

#endif
