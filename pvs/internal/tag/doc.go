// Package tag says by a sentinel what kind an error is of, without a word of text: the
// program that prints it adds advice for its own users.
//
//	err = tag.Error(fmt.Errorf("photos.csv has %d bad rows", n), catalog.ErrBad)
//	errors.Is(err, catalog.ErrBad)     // true
package tag
