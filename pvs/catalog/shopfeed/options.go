package shopfeed

import (
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/download"
)

// Options of [Import] and [Sync]. Sync takes Kind, Variants, Latin1, Queries, Train and Val as they were imported.
type Options struct {
	Kind     Kind
	Variants Variants // "": OneProduct
	Latin1   bool     // the text is Latin-1 (Windows-1252), not UTF-8
	Queries  int      // photos of each product that become queries instead of index, all but one at most
	Train    float64  // share of the products that go to train and val, instead of to a search
	Val      float64  // share of those that go to val
	SkipBad  bool     // leave out rows, addresses and photos that are bad, and list them, instead of failing
	// AllowRemovals lets Sync take a feed that lacks many of the catalogue's products.
	AllowRemovals bool
	Download      download.Options
	Progress      func(done, total int) // of photos; may be nil
	Log           func(string)          // gets a line now and then; may be nil
}

// Summary says what a catalogue holds now, and what was downloaded.
type Summary struct {
	dataset.Summary
	Downloaded int `json:"downloaded"` // photos that came, new ones and changed ones
	Unchanged  int `json:"unchanged"`  // photos that were had, and are the same
	Failed     int `json:"failed"`     // photos that did not come
	Kept       int `json:"kept"`       // photos that stay as they were since newer ones did not come
	Bare       int `json:"bare"`       // products without a photo in the feed
	// Failures are the photos that did not come, with the reasons.
	Failures []catalog.Problem `json:"-"`
}

func (o Options) settings() settings {
	if o.Variants == "" {
		o.Variants = OneProduct
	}
	return settings{o.Variants, o.Latin1, o.Queries, o.Train, o.Val}
}

// with takes what was noted.
func (o Options) with(kind Kind, s settings) Options {
	o.Kind, o.Variants, o.Latin1, o.Queries, o.Train, o.Val = kind, s.Variants, s.Latin1, s.Queries, s.Train, s.Val
	return o
}

func (o Options) log(line string) {
	if o.Log != nil {
		o.Log(line)
	}
}

// photos are the downloads' options, for photos.
func (o Options) photos() download.Options {
	d := o.Download
	d.Check, d.Ending = checkPhoto, endingOf
	return d
}
