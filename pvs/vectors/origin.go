package vectors

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Origin says what made vectors, and of what. Its fields, with the dimension, the rows
// and some digests, are the file NAME.json beside NAME.npy (docs/records.md has the table).
type Origin struct {
	Network string `json:"network,omitempty"` // effnet's name of the variant, or another maker's
	Title   string `json:"title,omitempty"`   // of the network, for people
	// Weights is the SHA-256 of all weights that the vectors depend on, in hex; "" where
	// there are none to learn.
	Weights     string   `json:"weights_sha256,omitempty"`
	WeightsFrom string   `json:"weights_from,omitempty"` // name of their source, or their file
	Checkpoint  string   `json:"checkpoint,omitempty"`   // file of a trained run, instead
	Run         string   `json:"run,omitempty"`          // the run's name
	Pixels      int      `json:"pixels,omitempty"`       // side of the network's input
	Centre      float64  `json:"centre,omitempty"`       // share of a photo's side that is seen, in its middle; 0: all
	Views       []string `json:"views,omitempty"`        // of a photo: A0 is the whole
	Output      string   `json:"output,omitempty"`       // what of the network the vector is
	Precision   string   `json:"precision,omitempty"`    // that the network computed in
	// Calibration is the ranges of activations that int8 calibration measured on the photos.
	Calibration json.RawMessage `json:"calibration,omitempty"`
	Engine      string          `json:"engine,omitempty"` // what computed it: results differ by rounding only
	Resize      string          `json:"resize,omitempty"` // how a photo became the input
	// Normalise is how its values became the network's, where that is chosen and not the network's own.
	Normalise string `json:"normalise,omitempty"`
	// Decode says how large JPEGs were read: "" whole, "shrunk" at a half to an eighth of their size. It changes little,
	// so that both compare; a query is read as its index was.
	Decode string `json:"decode,omitempty"`
	// Augmented says by what vectors of an index were moved towards their neighbours in it. Queries are not, so that
	// both compare.
	Augmented string `json:"augmented,omitempty"`
	Catalog   string `json:"catalog,omitempty"`
	Split     string `json:"split,omitempty"`
	Part      string `json:"part,omitempty"` // of the split's photos, "3/16" (catalog.Part); "": all
	// List is the SHA-256 of the ids ([DigestIDs]) of all photos that were to be embedded,
	// the unreadable ones included.
	List string `json:"catalog_ids_sha256,omitempty"`
	// Photos is the SHA-256 of the SHA-256s of the photos' files, row by row.
	Photos  string    `json:"photos_sha256,omitempty"`
	Program string    `json:"program"`
	Date    time.Time `json:"date"`
}

// Limits of what is read; a calibration has some 100 layers of 60 bytes.
const (
	maxText        = 4096
	maxViews       = 64
	maxCalibration = 1 << 18
)

// Known says whether it is known what made the vectors; the zero and the nil Origin are not.
func (o *Origin) Known() bool { return o != nil && o.Network != "" }

// Compare returns what keeps vectors of two origins from being compared with each other,
// in one sentence that names both; nil where nothing does. The names say what each is,
// as in "the index shop". Origins that are not known compare with all.
func Compare(nameA string, a *Origin, nameB string, b *Origin) error {
	if !a.Known() || !b.Known() {
		return nil
	}
	differ := a.differences(b)
	if len(differ) == 0 {
		return nil
	}
	return fmt.Errorf("%s was made with %s, but %s with %s; such vectors cannot be compared: embed both with the same",
		nameA, a.describe(differ), nameB, b.describe(differ))
}

// The places in which vectors of one dimension may differ in kind.
const (
	inNetwork   = "network"
	inWeights   = "weights"
	inPixels    = "pixels"
	inCentre    = "centre"
	inViews     = "views"
	inOutput    = "output"
	inPrecision = "precision"
	inResize    = "resize"
	inAugmented = "augmented" // which is not compared
)

// compared are the places with their values.
func (o *Origin) compared() [][2]string {
	return [][2]string{{inNetwork, o.Network}, {inWeights, o.Weights}, {inPixels, strconv.Itoa(o.Pixels)},
		{inViews, strings.Join(o.Views, "\x00")}, {inOutput, o.Output}, {inPrecision, o.Precision}, {inResize, o.input()},
		{inCentre, o.centre()}}
}

// input says how a photo became the input, in size and values.
func (o *Origin) input() string {
	if o.Normalise == "" {
		return o.Resize
	}
	return o.Resize + ", normalised as " + o.Normalise
}

func (o *Origin) differences(p *Origin) (places []string) {
	theirs := p.compared()
	for i, c := range o.compared() {
		if c != theirs[i] {
			places = append(places, c[0])
		}
	}
	return places
}

// centre is how much of a photo is looked at.
func (o *Origin) centre() string {
	if o.Centre == 0 {
		return "1"
	}
	return strconv.FormatFloat(o.Centre, 'g', -1, 64)
}

// Digest is the SHA-256, in hex, of what [Compare] looks at: it is the same for vectors that can be compared. "" where
// it is not known what made them.
func (o *Origin) Digest() string {
	if !o.Known() {
		return ""
	}
	all := o.compared()
	if o.Centre == 0 { // as before there were centres, so that indexes keep their digest
		all = all[:len(all)-1]
	}
	text, err := json.Marshal(all)
	if err != nil {
		return "" // texts always can
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// String names the network, its input and its weights.
func (o *Origin) String() string { return o.describe(nil) }

// describe is String with what else differs.
func (o *Origin) describe(differ []string) string {
	s := o.Title
	if s == "" {
		s = o.Network
	}
	if o.Run != "" {
		s += ", run " + o.Run
	}
	if o.Pixels > 0 {
		s += fmt.Sprintf(" at %d pixels", o.Pixels)
	}
	if o.Weights != "" {
		s += fmt.Sprintf(" (weights %.12s)", o.Weights)
	}
	for _, more := range []struct{ place, value string }{
		{inOutput, o.Output}, {inPrecision, o.Precision}, {inViews, strings.Join(o.Views, " ")}, {inResize, o.input()},
		{inCentre, o.centre()},
		{inAugmented, cmp.Or(o.Augmented, "by nothing")},
	} {
		if slices.Contains(differ, more.place) {
			s += fmt.Sprintf(", %s %s", more.place, more.value)
		}
	}
	return s
}

// MarshalOrigin writes an origin for another file's metadata; nil where none is known.
func MarshalOrigin(o *Origin) (json.RawMessage, error) {
	if !o.Known() {
		return nil, nil
	}
	o = o.clean()
	return json.Marshal(&sidecar{Format: sidecarFormat, Version: sidecarVersion, Origin: *o})
}

// UnmarshalOrigin reads what MarshalOrigin wrote; nil for nothing.
func UnmarshalOrigin(data []byte) (*Origin, error) {
	if len(data) == 0 {
		return nil, nil
	}
	s, err := parseSidecar(data)
	if err != nil {
		return nil, err
	}
	return s.origin(), s.Origin.check()
}

// check says what no program of this format writes.
func (o *Origin) check() error {
	for name, text := range map[string]string{"network": o.Network, "title": o.Title, "weights_from": o.WeightsFrom,
		"checkpoint": o.Checkpoint,
		"run":        o.Run, "output": o.Output, "precision": o.Precision, "engine": o.Engine, "resize": o.Resize,
		"normalise": o.Normalise, "decode": o.Decode, "augmented": o.Augmented,
		"catalog": o.Catalog, "split": o.Split, "part": o.Part,
		"program": o.Program, "views": strings.Join(o.Views, " ")} {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
			return fmt.Errorf("%q is too long or has control characters", name)
		}
	}
	for name, sum := range map[string]string{"weights_sha256": o.Weights, "catalog_ids_sha256": o.List,
		"photos_sha256": o.Photos} {
		if sum != "" && !isSHA256(sum) {
			return fmt.Errorf("%q is no SHA-256", name)
		}
	}
	if !(o.Centre >= 0 && o.Centre < 1) {
		return fmt.Errorf("the central %g of a photo's side is not possible", o.Centre)
	}
	if o.Pixels < 0 || o.Pixels > 1<<16 || len(o.Views) > maxViews || len(o.Calibration) > maxCalibration {
		return fmt.Errorf("%d pixels, %d views or a calibration of %d bytes are not possible", o.Pixels,
			len(o.Views), len(o.Calibration))
	}
	return nil
}

func isSHA256(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32
}

// clean returns a copy that JSON can hold as it is: paths may have any bytes.
func (o *Origin) clean() *Origin {
	c := *o
	for _, text := range []*string{&c.Network, &c.Title, &c.WeightsFrom, &c.Checkpoint, &c.Run, &c.Output,
		&c.Precision, &c.Engine, &c.Resize, &c.Normalise, &c.Decode, &c.Augmented,
		&c.Catalog, &c.Split, &c.Part, &c.Program} {
		*text = cleanText(*text)
	}
	c.Date = c.Date.UTC().Truncate(time.Second)
	return &c
}

func cleanText(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, text[:min(len(text), maxText)])
}
