package catalog

import (
	"fmt"
	"strings"
)

// Split says what a photo is for.
type Split string

// The splits. Train and Val carry categories; Query and Index share products.
const (
	Train Split = "train"
	Val   Split = "val"
	Index Split = "index"
	Query Split = "query"
)

// Splits lists all of them in the order of their use.
var Splits = []Split{Train, Val, Index, Query}

// ParseSplit reads a split's name.
func ParseSplit(s string) (Split, error) {
	for _, known := range Splits {
		if string(known) == s {
			return known, nil
		}
	}
	return "", fmt.Errorf("split %q is none of train, val, index and query", s)
}

// separator joins the levels of a category.
const separator = " > "

// Category is a path of names from the root to a leaf, "Kitchen > Drinkware > Mugs".
type Category string

// Levels returns the names from the root to the leaf; none for the empty category.
func (c Category) Levels() []string {
	if c == "" {
		return nil
	}
	return strings.Split(string(c), separator)
}

// Top returns the first level.
func (c Category) Top() string {
	top, _, _ := strings.Cut(string(c), separator)
	return top
}

// Leaf returns the last level.
func (c Category) Leaf() string {
	if i := strings.LastIndex(string(c), separator); i >= 0 {
		return string(c[i+len(separator):])
	}
	return string(c)
}

// Photo is one row of photos.csv.
type Photo struct {
	ID       string
	Path     string // relative to the catalogue's folder, or absolute
	Split    Split
	Product  string // empty where it is not known
	Category Category
	Title    string
	Line     int // of photos.csv, from 1 with the header; 0 for a photo that was not read
}
