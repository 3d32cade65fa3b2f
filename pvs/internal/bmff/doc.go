// Package bmff reads the boxes of HEIC and AVIF files: which pictures a file holds, where their data are, and how they
// are to be put together, cut and turned (ISO/IEC 14496-12, 23008-12 "HEIF"). It decodes no pictures.
package bmff
