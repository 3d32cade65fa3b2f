// Package planted spoils queries of a catalogue in ways whose effect on a search is known, reproducibly from a seed,
// and lists which query was spoiled how: turned, lost in the frame, cut, dark, blurred, shrunk, among recoloured twins,
// on a ground that others share, under another's label, among copies. It shows what an autopsy of a search names, and
// what it misses.
//
//	made, err := planted.Spoil(ctx, catalog, dir, planted.Options{Seed: 1, Each: 20})
//
// Which queries are spoiled depends on the seed and the catalogue only: the same call with fewer kinds leaves these
// queries whole and the others as they were, which is the cure of that kind and of nothing else.
package planted
