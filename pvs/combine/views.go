package combine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// View is how a photo is looked at: by a network, which brings its input size, and as one
// of the views that are not random (A2 is mirrored, A8 is shrunk).
type View struct {
	By   embed.Embedder
	View imageprep.View
}

// ViewsOptions of [NewViews].
type ViewsOptions struct {
	// QueryOnly says that such queries search an index of the first view alone: their
	// origin is that view's. Else index and queries have to be made with the same views.
	QueryOnly bool
}

// Views embeds a photo as the mean of the unit vectors of its views, scaled to length 1
// (input sizes: Radenović et al. 2018, "Fine-tuning CNN image retrieval with no human
// annotation", section 5). It is an embed.Embedder, at the price of all views.
type Views struct {
	views  []View
	opts   ViewsOptions
	batch  int
	length int // of an input: those of all views, one behind the other
}

// NewViews checks that the views' vectors can be averaged: they are of one network, with
// the same weights, whose input sizes may differ.
func NewViews(views []View, opts ViewsOptions) (*Views, error) {
	if len(views) == 0 {
		return nil, errors.New("there is no view to average")
	}
	v := &Views{views: slices.Clone(views), opts: opts, batch: views[0].By.Batch()}
	first := views[0].By.Origin()
	for i, w := range views {
		if w.View.Random() || w.View == imageprep.A10 {
			return nil, fmt.Errorf("the view %s of a photo is not always the same, or not of all photos: views to average "+
				"are A0 to A5, A8 and A9", w.View)
		}
		if w.View != imageprep.A0 && side(w.By) == 0 {
			return nil, fmt.Errorf("%s takes no squares, so it has no view %s", w.By.Key(), w.View)
		}
		origin := w.By.Origin()
		origin.Pixels = first.Pixels
		if err := vectors.Compare("the first view", &first, "the view "+w.String(), &origin); err != nil {
			return nil, err
		}
		if w.By.Dim() != views[0].By.Dim() {
			return nil, fmt.Errorf("views of the dimensions %d and %d have no mean", views[0].By.Dim(), w.By.Dim())
		}
		if slices.ContainsFunc(views[:i], func(other View) bool { return other.String() == w.String() }) {
			return nil, fmt.Errorf("the view %s is named twice: it would count twice", w)
		}
		v.batch = min(v.batch, w.By.Batch())
		v.length += w.By.InputLen()
	}
	return v, nil
}

// side is the side of an embedder's square input [side, side, 3]; 0: it takes something else.
func side(e embed.Embedder) int {
	s := int(math.Round(math.Sqrt(float64(e.InputLen()) / 3)))
	if 3*s*s != e.InputLen() {
		return 0
	}
	return s
}

// String is the view's name and input size, "A2@160".
func (v View) String() string { return fmt.Sprintf("%s@%d", v.View, v.By.Origin().Pixels) }

func (v *Views) names() []string {
	var names []string
	for _, w := range v.views {
		names = append(names, w.String())
	}
	return names
}

// Key names the first network and all views.
func (v *Views) Key() string {
	return fmt.Sprintf("%s views %s", v.views[0].By.Key(), strings.Join(v.names(), " "))
}

// Origin is the first view's, with the names of all unless they are for queries only.
func (v *Views) Origin() vectors.Origin {
	o := v.views[0].By.Origin()
	if !v.opts.QueryOnly {
		o.Views = v.names()
	}
	return o
}

// Dim returns the length of a vector.
func (v *Views) Dim() int { return v.views[0].By.Dim() }

// Batch returns how many photos Embed takes at once.
func (v *Views) Batch() int { return v.batch }

// InputLen returns the values of all views of a photo.
func (v *Views) InputLen() int { return v.length }

// Limits are those of the view that needs most of a photo ([embed.Limits]).
func (v *Views) Limits(l imageprep.Limits) imageprep.Limits {
	most := embed.Limits(v.views[0].By, l)
	for _, w := range v.views[1:] {
		if of := embed.Limits(w.By, l); of.Suffices == 0 || most.Suffices > 0 && of.Suffices > most.Suffices {
			most = of
		}
	}
	return most
}

// Prepare makes all views of a photo.
func (v *Views) Prepare(photo *imageprep.RGB, input []float32) {
	v.prepare(photo, input, embed.Embedder.Prepare)
}

// PrepareWhole is Prepare of what somebody has cut out ([embed.PrepareWhole]).
func (v *Views) PrepareWhole(part *imageprep.RGB, input []float32) {
	v.prepare(part, input, embed.PrepareWhole)
}

func (v *Views) prepare(photo *imageprep.RGB, input []float32, by func(embed.Embedder, *imageprep.RGB, []float32)) {
	for _, w := range v.views {
		to := input[:w.By.InputLen()]
		input = input[len(to):]
		if w.View == imageprep.A0 {
			by(w.By, photo, to)
			continue
		}
		square := make([]float32, len(to))
		by(w.By, photo, square)
		w.View.Into(to, square, side(w.By), nil)
	}
}

// Embed embeds the views of n prepared photos and averages them. Where the sum of a photo's
// views has no direction its vector is zeros, which [vectors.Set.Normalize] refuses.
func (v *Views) Embed(inputs []float32, n int, out []float32) error {
	if n < 1 || n > v.batch || len(inputs) < n*v.length || len(out) < n*v.Dim() {
		return fmt.Errorf("%d photos (1 to %d) with %d values of input and %d of output are no batch of views", n,
			v.batch, len(inputs), len(out))
	}
	dim, offset := v.Dim(), 0
	sums := make([]float64, n*dim)
	for _, w := range v.views {
		length := w.By.InputLen()
		batch := make([]float32, w.By.Batch()*length)
		for i := range n {
			copy(batch[i*length:(i+1)*length], inputs[i*v.length+offset:])
		}
		offset += length
		rows := make([]float32, w.By.Batch()*dim)
		if err := w.By.Embed(batch, n, rows); err != nil {
			return fmt.Errorf("embedding the view %s: %w", w, err)
		}
		for i := range n {
			addUnit(sums[i*dim:(i+1)*dim], rows[i*dim:(i+1)*dim])
		}
	}
	for i := range n {
		row := out[i*dim : (i+1)*dim]
		if !unitInto(row, sums[i*dim:(i+1)*dim]) {
			clear(row)
		}
	}
	return nil
}
