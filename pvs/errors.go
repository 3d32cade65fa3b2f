package pvs

import "github.com/gopvs/product-visual-search/pvs/catalog"

// ErrBad marks errors about single photos that cannot be read and about broken rows of a
// catalogue, for [errors.Is]: with SkipBad they are left out.
var ErrBad = catalog.ErrBad
