// Package jpegall decodes the JPEGs that faster decoders leave out: of several scans, four components, any sampling, 12
// bits, or with tables that stand elsewhere, as in TIFF. It is strict: data that end too early are an error, and so are
// scans that are missing. Samples are those of libjpeg: its exact inverse transform, and its interpolation of colour.
//
// The standard is ITU-T T.81; numbers of its sections stand beside the code.
package jpegall
