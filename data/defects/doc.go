// Package defects spoils a catalogue on purpose, reproducibly from a seed, and lists
// what it did: photos that cannot be read, duplicates, leaks, wrong labels. It shows
// what a check of catalogues finds and what it misses.
//
//	made, err := defects.Spoil(ctx, catalog, dir, defects.Options{Seed: 1, Each: 20})
package defects
