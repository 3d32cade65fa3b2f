package catalog

// Problem is something wrong at one place of a file.
type Problem struct {
	Where string // "photos.csv line 12 (photo p17)"
	Err   error
}

// String is the problem as one line.
func (p Problem) String() string { return p.Where + ": " + p.Err.Error() }
