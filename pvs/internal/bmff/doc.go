// Package bmff reads the boxes of HEIC and AVIF files: which pictures a file holds, where their data are, and how they
// are to be composed, cropped and rotated (ISO/IEC 14496-12, 23008-12 "HEIF"). It decodes no pictures.
package bmff
