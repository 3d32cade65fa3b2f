package whiten

import (
	"errors"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// rows is an embedder whose inputs are the vectors.
type rows struct {
	dim     int
	network string
}

func (r rows) Key() string                       { return "rows" }
func (r rows) Dim() int                          { return r.dim }
func (r rows) Batch() int                        { return 4 }
func (r rows) InputLen() int                     { return r.dim }
func (r rows) Prepare(*imageprep.RGB, []float32) {}
func (r rows) Origin() vectors.Origin {
	return vectors.Origin{Network: r.network, Output: "features"}
}
func (r rows) Limits(l imageprep.Limits) imageprep.Limits {
	l.Suffices = 7
	return l
}
func (r rows) Embed(inputs []float32, n int, out []float32) error {
	if n == 3 {
		return errors.New("no three")
	}
	copy(out, inputs[:n*r.dim])
	return nil
}

// Photos are whitened as vectors of any length are after they were scaled to length 1.
func TestEmbedder(t *testing.T) {
	set := random(3, 40, 5)
	set.Origin = &vectors.Origin{Network: "n", Output: "features"}
	w := learn(t, set, Options{Dim: 3, Shrinkage: 0.5})
	want := apply(t, w, set)
	e, err := NewEmbedder(rows{5, "n"}, w)
	if err != nil {
		t.Fatal(err)
	}
	inputs := make([]float32, 4*5)
	for i, v := range set.Data[:10] {
		inputs[i] = 3 * v
	}
	out := make([]float32, 4*3)
	if err := e.Embed(inputs, 2, out); err != nil {
		t.Fatal(err)
	}
	if !near(out[:6], want.Data[:6], 1e-5) {
		t.Errorf("got %v, want %v", out[:6], want.Data[:6])
	}
	if clear(inputs); e.Embed(inputs, 1, out) != nil || !near(out[:3], []float32{0, 0, 0}, 0) {
		t.Errorf("a vector without a direction becomes %v", out[:3])
	}
	origin := e.Origin()
	if err := vectors.Compare("photos", &origin, "vectors", want.Origin); err != nil {
		t.Error(err)
	}
	if e.Dim() != 3 || e.Batch() != 4 || e.InputLen() != 5 || e.Key() == "rows" {
		t.Errorf("dim %d, batch %d, input %d, key %s", e.Dim(), e.Batch(), e.InputLen(), e.Key())
	}
	if l := embed.Limits(e, imageprep.Limits{}); l.Suffices != 7 {
		t.Errorf("limits %v", l)
	}
	if err := e.Embed(inputs, 3, out); err == nil || !strings.Contains(err.Error(), "no three") {
		t.Error(err)
	}
	if err := e.Embed(inputs, 2, out[:5]); err == nil {
		t.Error("two vectors in the room of one")
	}
	for _, other := range []rows{{5, "m"}, {4, "n"}} {
		if _, err := NewEmbedder(other, w); err == nil {
			t.Errorf("%v is whitened", other)
		}
	}
}

// What was whitened says so, by which whitening, and what it was before; joined vectors with a whitened part do not.
func TestBefore(t *testing.T) {
	set := random(4, 40, 5)
	set.Origin = &vectors.Origin{Network: "n", Output: "features", Pixels: 32}
	w, other := learn(t, set, Options{Dim: 3}), learn(t, set, Options{Dim: 2})
	white := apply(t, w, set)
	before, ok := w.Before(white.Origin)
	if !ok || before.Output != "features" || before.Pixels != 32 || !Whitened(white.Origin) {
		t.Errorf("before %v, %v", before, ok)
	}
	if _, ok := other.Before(white.Origin); ok {
		t.Error("another whitening takes it for its own")
	}
	joined := *white.Origin
	joined.Output = "0.5 of (features) + 0.5 of (" + white.Origin.Output + ")"
	for _, o := range []*vectors.Origin{nil, {}, set.Origin, &joined} {
		if _, ok := w.Before(o); ok || Whitened(o) {
			t.Errorf("%v is taken for whitened", o)
		}
	}
	if _, err := Learn(white, Options{}); err == nil || !strings.Contains(err.Error(), "whitened already") {
		t.Error(err)
	}
	set.Origin.Split = "query"
	if _, err := Learn(set, Options{}); !errors.Is(err, ErrQueries) {
		t.Error(err)
	}
}
