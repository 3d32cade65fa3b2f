// Package jpegsmall decodes JPEGs at an eighth of their size, and sequential ones at a quarter, of the kinds that
// cameras and shops write: 8 bits, grey or YCbCr, one sequential scan or progressive. Most of the time of that goes
// into Huffman decoding, so values that a smaller picture does not need are passed several at a time, see [passTable],
// and of a progressive JPEG whole scans are.
//
// Pixels are those of libjpeg-turbo's scaled decoding (scale_denom), bit by bit; tests hold them to Pillow's. At an
// eighth a block of brightness is its mean. Where colour has half as many samples, its blocks are decoded to two by
// two. It is strict: what is damaged, incomplete or merely unusual is an error, and another decoder's task.
//
// The standard is ITU-T T.81; numbers of its sections stand beside the code.
package jpegsmall
