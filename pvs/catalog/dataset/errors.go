package dataset

import "errors"

// Marks of an import's error, for [errors.Is], where an option is a way out. Errors about
// single photos or rows carry [catalog.ErrBad], too.
var (
	ErrLink    = errors.New("a link leads out of the folder")            // Options.FollowLinks
	ErrNotUTF8 = errors.New("the text is not UTF-8")                     // CSV.Latin1, EProduct.Latin1
	ErrColumn  = errors.New("the list lacks a column that is asked for") // CSV.Columns, EProduct.Columns
)

// kinds are the marks that errors about single photos carry.
var kinds = []error{ErrLink, ErrNotUTF8}
