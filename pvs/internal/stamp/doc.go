// Package stamp says whether a file is still the one that something was made from: by its
// size and times, which are quick to read, and where the times differ by a digest of its
// bytes.
//
//	s := stamp.Begin(info)                     // before the bytes are read
//	photo, err := imageprep.OpenThrough(file, limits, s)
//	kept := s.Stamp()
//	same, err := kept.Same(file)               // later: a stat, or a digest
package stamp
