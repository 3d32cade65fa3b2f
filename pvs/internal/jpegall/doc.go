// Package jpegall decodes the JPEGs that faster decoders do not support: of several scans, four components, any
// sampling, 12 bits, or with tables in another file, as in TIFF. It is strict: truncated data and missing scans are
// errors. Samples are those of libjpeg: its accurate inverse DCT, and its interpolation of chroma.
//
// The standard is ITU-T T.81; numbers of its sections stand beside the code.
package jpegall
