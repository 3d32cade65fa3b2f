package catalog

import "errors"

// ErrBad is what errors are of that SkipBad would have left out: single photos, rows or
// records that are broken while the others are not. Readers of other packages have it, too.
var ErrBad = errors.New("photos or rows are bad")
