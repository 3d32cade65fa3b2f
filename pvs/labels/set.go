package labels

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Kind is where labels come from.
type Kind string

// The kinds, from the finest to none.
const (
	Products   Kind = "products"
	Titles     Kind = "titles"
	Words      Kind = "words"
	Categories Kind = "categories"
	None       Kind = "none" // each photo is a class of its own
)

// Set is the labels of one kind.
type Set struct {
	Kind  Kind
	Names []string  // of the classes, sorted
	Of    [][]int32 // by photo its classes, ascending; empty where it has none. Only words are several
}

// Of labels photos by one kind.
func Of(photos []catalog.Photo, kind Kind) Set {
	names := make([][]string, len(photos)) // by photo
	for i, p := range photos {
		switch kind {
		case Products:
			names[i] = []string{p.Product}
		case Titles:
			names[i] = []string{Normalize(p.Title)}
		case Words:
			names[i] = Tokens(p.Title)
		case Categories:
			names[i] = []string{string(p.Category)}
		default:
			names[i] = []string{p.ID}
		}
	}
	least, most := 1, len(photos)
	switch kind {
	case Titles:
		least = 2 // a title that is only one photo's says nothing of others
	case Words:
		least, most = 2, len(photos)/2
	}
	return newSet(kind, names, least, most)
}

// newSet keeps the names that at least and at most so many photos have.
func newSet(kind Kind, names [][]string, least, most int) Set {
	count := map[string]int{}
	for _, list := range names {
		for _, name := range list {
			count[name]++
		}
	}
	s := Set{Kind: kind, Of: make([][]int32, len(names))}
	for name, n := range count {
		if name != "" && n >= least && n <= most {
			s.Names = append(s.Names, name)
		}
	}
	slices.Sort(s.Names)
	class := make(map[string]int32, len(s.Names))
	for i, name := range s.Names {
		class[name] = int32(i)
	}
	for photo, list := range names {
		for _, name := range list {
			if c, ok := class[name]; ok {
				s.Of[photo] = append(s.Of[photo], c)
			}
		}
		slices.Sort(s.Of[photo])
	}
	return s
}

// Counts returns the photos of each class.
func (s Set) Counts() []int {
	n := make([]int, len(s.Names))
	for _, classes := range s.Of {
		for _, c := range classes {
			n[c]++
		}
	}
	return n
}

// Single returns one class for each photo, -1 where it has none: of several words the one that the fewest photos have.
func (s Set) Single() []int32 {
	counts, out := s.Counts(), make([]int32, len(s.Of))
	for photo, classes := range s.Of {
		out[photo] = -1
		for _, c := range classes {
			if best := out[photo]; best < 0 || counts[c] < counts[best] {
				out[photo] = c
			}
		}
	}
	return out
}

// Normalize makes titles the same that differ in case, in white space or in how accents are coded (Unicode NFC).
func Normalize(title string) string {
	return norm.NFC.String(strings.Join(strings.Fields(strings.ToLower(title)), " "))
}

// Tokens returns the different words of a title, normalised and sorted: runs of letters and digits. Scripts that do not
// separate words, such as Chinese, give whole phrases.
func Tokens(title string) []string {
	words := strings.FieldsFunc(Normalize(title), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	slices.Sort(words)
	return slices.Compact(words)
}
