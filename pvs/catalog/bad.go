package catalog

import "errors"

// ErrBad marks errors about single photos, rows or records that are broken while the others
// are not: with SkipBad they are left out. Errors of other packages carry it, too.
var ErrBad = errors.New("photos or rows are bad")
