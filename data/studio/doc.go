// Package studio photographs triangle meshes: a small z-buffer rasteriser and a
// photographer who takes every picture of a product with another camera, light,
// background, crop and JPEG quality, and files them as a catalogue folder.
//
//	shot := studio.RandomShot(rng, studio.Style{})
//	photo, err := studio.Shoot(m, shot)                      // one photo
//	summary, err := studio.Photograph(ctx, dir, products, options, progress)
//
// Products come from data/synth (drawn ones) and data/kicad (electronic parts).
package studio
