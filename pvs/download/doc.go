// Package download brings many files from other people's hosts into a folder: politely, safely, and each of them once.
//
//	s, err := download.Open("catalog", download.Options{})      // catalog/photos, catalog/downloads.jsonl
//	err = s.Get(ctx, addresses, func(address string, f download.File, err error) { ... })
//	err = s.Finish(addresses)
//
// Politely: a few requests at a time a host, pauses that grow between attempts, and as long as the host asks for
// (Retry-After); a host that never answers is given up; what was downloaded before is asked for by its ETag or
// Last-Modified (RFC 9110, section 13). Safely: HTTP only, no address of this machine or of a private network, checked
// on the address that a name led to and at each redirect; sizes, redirects and times are bounded; a file gets its name
// when all of it has come and its content was checked. Once: what has come is written down, so that a run that was
// interrupted or killed goes on from there.
//
// Package fetch is for the few files of the program itself, whose digests are known.
package download
