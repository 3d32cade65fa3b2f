package dataset

import "fmt"

// place is where a photo is listed; it is made into words only when something is bad.
type place struct {
	file string
	line int // 0: the file itself
}

// String is the place in words.
func (p place) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s line %d", p.file, p.line)
}
