package pvs

import "github.com/gopvs/product-visual-search/pvs/catalog"

// ErrBad is what errors are of that SkipBad would have left out: photos that cannot be
// read, broken rows of a catalogue.
var ErrBad = catalog.ErrBad
