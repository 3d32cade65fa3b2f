package combine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

var _ embed.Embedder = (*Views)(nil)

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Abs(float64(x-y)) < 1e-6 })
}

func TestMean(t *testing.T) {
	s := &vectors.Set{IDs: []string{"a1", "b1", "a2", "a3"}, Dim: 2, Data: []float32{1, 0, 0.6, 0.8, 0, 1, 0, 1},
		Origin: &vectors.Origin{Network: "b0", Photos: strings.Repeat("ab", 32)}}
	got, err := Mean(s, []string{"a", "b", "a", "a"})
	if err != nil {
		t.Fatal(err)
	}
	r := float32(1 / math.Sqrt(5)) // (1, 2) scaled
	if !slices.Equal(got.IDs, []string{"a", "b"}) || !near(got.Data, []float32{r, 2 * r, 0.6, 0.8}) {
		t.Errorf("got %v %v", got.IDs, got.Data)
	}
	if got.Origin.Network != "b0" || got.Origin.Photos != "" || s.Origin.Photos == "" {
		t.Errorf("origin %+v", got.Origin)
	}
	if none, err := Mean(&vectors.Set{Dim: 2}, nil); err != nil || none.Len() != 0 {
		t.Errorf("of none: %v, %v", none, err)
	}
	two := &vectors.Set{IDs: []string{"x", "y"}, Dim: 2, Data: []float32{1, 0, -1, 0}}
	zero := &vectors.Set{IDs: []string{"x"}, Dim: 2, Data: []float32{0, 0}}
	for want, f := range map[string]func() (any, error){
		"opposite directions": func() (any, error) { return Mean(two, []string{"a", "a"}) },
		"(y) has no name":     func() (any, error) { return Mean(two, []string{"a", ""}) },
		"1 names":             func() (any, error) { return Mean(two, []string{"a"}) },
		"vector 0 (x)":        func() (any, error) { return Mean(zero, []string{"a"}) },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// The cosine of joined vectors is the weighted mean of the cosines, whatever the order of ids.
func TestJoin(t *testing.T) {
	a := &vectors.Set{IDs: []string{"x", "y"}, Dim: 2, Data: []float32{1, 0, 0.6, 0.8}}
	b := &vectors.Set{IDs: []string{"y", "x"}, Dim: 3, Data: []float32{0, 1, 0, 0, 0.28, 0.96}}
	got, err := Join(Part{a, 3}, Part{b, 1})
	if err != nil {
		t.Fatal(err)
	}
	cosine := 0.0
	for d := range got.Dim {
		cosine += float64(got.Row(0)[d] * got.Row(1)[d])
	}
	if want := (3*0.6 + 0.28) / 4; got.Dim != 5 || math.Abs(cosine-want) > 1e-6 || got.CheckUnit() != nil {
		t.Errorf("cosine %g, want %g; %v", cosine, want, got.CheckUnit())
	}
	if got.Origin != nil {
		t.Error("an origin of unknown parts")
	}
	a.Origin, b.Origin = &vectors.Origin{Network: "b0", Output: "features"}, &vectors.Origin{Network: "lite0",
		Output: "features"}
	one, err1 := Join(Part{a, 3}, Part{b, 1})
	two, err2 := Join(Part{a, 6}, Part{b, 2})
	other, err3 := Join(Part{a, 1}, Part{b, 1})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	if vectors.Compare("one", one.Origin, "two", two.Origin) != nil || vectors.Compare("one", one.Origin, "other",
		other.Origin) == nil ||
		vectors.Compare("one", one.Origin, "a part", a.Origin) == nil {
		t.Errorf("origins %v, %v, %v", one.Origin, two.Origin, other.Origin)
	}
	if none, err := Join(Part{&vectors.Set{Dim: 2}, 1}, Part{&vectors.Set{Dim: 2}, 1}); err != nil || none.Len() != 0 {
		t.Errorf("of none: %v, %v", none, err)
	}
	c := &vectors.Set{IDs: []string{"x", "z"}, Dim: 1, Data: []float32{1, 1}}
	for want, parts := range map[string][]Part{
		"part 2 lacks y": {{a, 1}, {c, 1}},
		"weight 0":       {{a, 1}, {b, 0}},
		"weight NaN":     {{a, math.NaN()}, {b, 1}},
		"part 2 has 0":   {{a, 1}, {&vectors.Set{Dim: 1}, 1}},
		"two networks":   {{a, 1}},
	} {
		if _, err := Join(parts...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// corner is an embedder whose vector is the red of the left and of the right edge.
type corner struct {
	side, batch, dim int
	network          string
}

func (c corner) Key() string { return fmt.Sprint("corner ", c.side) }
func (c corner) Origin() vectors.Origin {
	return vectors.Origin{Network: c.network, Pixels: c.side, Views: []string{"A0"}}
}
func (c corner) Dim() int                               { return c.dim }
func (c corner) Batch() int                             { return c.batch }
func (c corner) InputLen() int                          { return 3 * c.side * c.side }
func (c corner) Prepare(p *imageprep.RGB, in []float32) { imageprep.Square(p, c.side, in) }
func (c corner) Embed(inputs []float32, n int, out []float32) error {
	if len(inputs) != c.batch*c.InputLen() {
		return errors.New("no whole batch")
	}
	for i := range n {
		out[i*c.dim], out[i*c.dim+1] = inputs[i*c.InputLen()], inputs[i*c.InputLen()+3*(c.side-1)]
	}
	return nil
}

// shrunk is a corner that a part of a photo suffices for.
type shrunk struct{ corner }

func (s shrunk) Limits(l imageprep.Limits) imageprep.Limits {
	l.Suffices = 2 * s.side
	return l
}

// A photo is decoded for the view that needs most of it.
func TestLimitsOfViews(t *testing.T) {
	small, big, whole := shrunk{corner{2, 2, 2, "n"}}, shrunk{corner{4, 2, 2, "n"}}, corner{3, 2, 2, "n"}
	for want, views := range map[int][]View{8: {{By: small}, {By: big}}, 4: {{By: small}}, 0: {{By: big}, {By: whole}}} {
		e, err := NewViews(views, ViewsOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := embed.Limits(e, imageprep.Limits{MaxPixels: 9}); got.Suffices != want || got.MaxPixels != 9 {
			t.Errorf("%v, want %d", got, want)
		}
	}
}

// A mirrored view makes both edges count alike; sizes and batches may differ.
func TestViews(t *testing.T) {
	big, small := corner{4, 3, 2, "n"}, corner{2, 2, 2, "n"}
	e, err := NewViews([]View{{By: big}, {By: big, View: imageprep.A2}, {By: small}}, ViewsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if e.Batch() != 2 || e.InputLen() != 3*(16+16+4) || e.Key() != "corner 4 views A0@4 A2@4 A0@2" {
		t.Errorf("batch %d, input %d, key %s", e.Batch(), e.InputLen(), e.Key())
	}
	inputs, out := make([]float32, 2*e.InputLen()), make([]float32, 4)
	for i, reds := range [][2]uint8{{200, 0}, {0, 0}} { // the second photo has no direction
		p := imageprep.NewRGB(4, 4)
		for y := range 4 {
			p.Pix[3*4*y], p.Pix[3*4*y+3] = reds[0], reds[0]
			p.Pix[3*4*y+6], p.Pix[3*4*y+9] = reds[1], reds[1]
		}
		e.Prepare(p, inputs[i*e.InputLen():(i+1)*e.InputLen()])
	}
	if err := e.Embed(inputs, 2, out); err != nil {
		t.Fatal(err)
	}
	r := float32(1 / math.Sqrt(5)) // (1, 0) + (0, 1) + (1, 0), scaled
	if !near(out, []float32{2 * r, r, 0, 0}) {
		t.Errorf("got %v", out)
	}
	plain := big.Origin()
	whole, query := e.Origin(), vectors.Origin{}
	q, err := NewViews([]View{{By: big}, {By: small}}, ViewsOptions{QueryOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	query = q.Origin()
	if vectors.Compare("index", &plain, "views", &whole) == nil || vectors.Compare("index", &plain, "queries",
		&query) != nil {
		t.Errorf("origins %v, %v", whole, query)
	}
	if err := e.Embed(inputs, 3, out); err == nil {
		t.Error("a batch of 3 is embedded")
	}
	histogram := embed.Histogram{}
	for want, views := range map[string][]View{
		"no view":               nil,
		"not always":            {{By: big, View: imageprep.A6}},
		"takes no squares":      {{By: histogram, View: imageprep.A2}},
		"A2@4 is named twice":   {{By: big}, {By: big, View: imageprep.A2}, {By: big, View: imageprep.A2}},
		"2 and 3 have no":       {{By: big}, {By: corner{4, 3, 3, "n"}}},
		"cannot be compared: e": {{By: big}, {By: corner{4, 3, 2, "m"}}},
	} {
		if _, err := NewViews(views, ViewsOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
