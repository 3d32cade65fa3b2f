// Package tag marks an error with a sentinel and leaves its text as it is, so that the
// program that prints it can add advice for its own users.
//
//	err = tag.Error(fmt.Errorf("photos.csv has %d bad rows", n), catalog.ErrBad)
//	errors.Is(err, catalog.ErrBad)     // true
package tag
