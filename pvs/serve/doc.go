// Package serve answers searches over HTTP, for programs and for people: a photo comes in, products come out.
//
//	s, err := serve.New(serve.Options{Index: index, Embedder: network, Files: files})
//	err = s.Serve(ctx, listener)            // until ctx ends; then it answers what it has begun, and returns
//
// Programs get the API under /v1 (OpenAPI 3.1 at /openapi.json), errors as application/problem+json in one
// sentence, and /healthz, /readyz and /metrics. People get a page at /, rendered here, which works without its
// script for all but cropping.
//
// The way of a photo, whose stages explain=1 shows with their times:
//
//	bytes -> decode -> crop -> prepare -> wait -> embed -> refine -> scan, rerank -> products
//	         |------ one of a few slots ------|    |------- photos that wait share a forward pass
//
// What is searched stands behind [Index], of few methods. An answer is made of one [Snapshot]: a photo that is
// added or removed meanwhile is in all of it or in none. [Server.Swap] puts another index, and another network
// with it, in place of the one that answers, and lets go of the old one when its last answer is given.
//
// The server takes no address from a request and opens no file that the index does not name ([Files]); pictures
// are encoded anew, so that nothing that a camera wrote beside them (place, time, owner) goes out.
package serve
