package dataset

import "errors"

// What an import's error is of, where an option is a way out. What is wrong with single
// photos or rows is [catalog.ErrBad], too.
var (
	ErrLink    = errors.New("a link leads out of the folder")            // Options.FollowLinks
	ErrNotUTF8 = errors.New("the text is not UTF-8")                     // CSV.Latin1, EProduct.Latin1
	ErrColumn  = errors.New("the list lacks a column that is asked for") // CSV.Columns, EProduct.Columns
)

// kinds are those of the errors above that the errors of single photos may be of.
var kinds = []error{ErrLink, ErrNotUTF8}
