// Package check looks for what is wrong with a catalogue before time is spent on it:
// photos that cannot be read, the same photo twice, photos that leak from one split
// into another, labels that the photos' nearest neighbours contradict.
//
//	facts, err := check.Scan(ctx, photos, "out/scan", check.ScanOptions{}) // reads every photo once
//	pairs, err := check.Duplicates(ctx, photos, facts, "out/pairs", opts)  // same picture, exact and near
//	near, err := check.Neighbours(ctx, rows, "out/neighbours", key, opts)  // of embeddings, see pvs/embed
//	report := check.Examine(c, facts, pairs, votes, check.Limits{MinSide: 64, Few: 5}) // the findings
//
// Every step keeps its results in files and goes on from them after a kill. None holds
// photos or vectors of the whole catalogue in memory: docs/check.md has the figures.
//
// Near duplicates are one picture that was encoded again, resized, or slightly cropped,
// not two photos of one product: a [Fingerprint] proposes pairs, and an alignment registers
// one picture with the other and measures the difference that remains.
package check
