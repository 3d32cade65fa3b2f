// Package kicad makes products of the 6,000 models of real electronic parts in
// Debian's package kicad-packages3d: real names, a hierarchy (a part's library), and
// neighbours that differ in the number of pins only.
//
// The package is downloaded (379 MB), the chosen models (VRML 2.0) are unpacked from
// its stream into the per-user cache, and the package is deleted again; nothing is
// installed. What stays is the list of all models and the chosen models, so that the
// same choice needs no second download.
//
//	products, err := kicad.Products(ctx, kicad.Options{Limit: 300, Seed: 1}, log)
package kicad
