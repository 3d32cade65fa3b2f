package planted

import (
	"fmt"
	"slices"
)

// Kind is how a query was spoiled. The names are those of package explain's causes.
type Kind string

// The kinds.
const (
	Turned  Kind = "turned"  // by 90, 180 or 270 degrees
	Little  Kind = "little"  // a quarter to a third as wide, somewhere on its own ground
	Cut     Kind = "cut"     // a corner of the photo, where the product goes on beyond the edge
	Dark    Kind = "dark"    // a fifteenth to a ninth of the light
	Blurred Kind = "blurred" // out of focus, by a twentieth of the longer side
	Small   Kind = "small"   // 20 to 28 pixels wide
	Twin    Kind = "twin"    // the index has the product in two other colours, as products of their own
	Ground  Kind = "ground"  // on a patterned ground that photos of other products in the index share
	Label   Kind = "label"   // under the product of another query
	Copies  Kind = "copies"  // the index has copies of the right photos under another product
)

// Kinds lists all of them in order.
var Kinds = []Kind{Turned, Little, Cut, Dark, Blurred, Small, Twin, Ground, Label, Copies}

// CheckKinds refuses kinds that there are not.
func CheckKinds(kinds []Kind) error {
	for _, k := range kinds {
		if !slices.Contains(Kinds, k) {
			return fmt.Errorf("there is no kind of planted cause %q; the kinds are %q", k, Kinds)
		}
	}
	return nil
}

// Plant is one spoiled query.
type Plant struct {
	Kind  Kind
	Query string // its id
	// Other is the id of the query that labels were exchanged with, or of the first photo that was added to the index
	// for it; "": only the query's own photo was changed.
	Other string
}
