// Package still decodes the pictures that HEIC and AVIF files hold: single frames of HEVC by libde265 and of AV1 by
// dav1d, compiled to WebAssembly and run by wazero. So no C compiler, system library or build tag is needed, results
// are the same everywhere, and a hostile file can only damage a sandbox that is discarded.
//
// Nothing is compiled before the first picture. As many pictures are decoded at once as Go runs threads; each has
// memory of its own, bounded, that is freed when it is done.
//
// How the two programs were made is in source/build.sh; their licences (libde265: LGPL 3; dav1d: BSD) are beside it.
// They are in files of their own, so that others can take their place.
package still
