package fit

import (
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// stripes embeds drawn photos of the shop by the mean, the darkest and the brightest value of each channel and by how
// often it changes along rows and columns: what tells products apart is there, beside grounds that are larger.
type stripes struct{ embedded *int }

const stripesSide, stripesDim = 40, 16

func (stripes) Key() string { return "stripes" }
func (stripes) Origin() vectors.Origin {
	return vectors.Origin{Network: "stripes", Title: "Stripes", Pixels: stripesSide, Output: "features"}
}
func (stripes) Dim() int      { return stripesDim }
func (stripes) Batch() int    { return 4 }
func (stripes) InputLen() int { return 3 * stripesSide * stripesSide }
func (stripes) Prepare(photo *imageprep.RGB, input []float32) {
	imageprep.Square(photo, stripesSide, input)
}

func (s stripes) Embed(inputs []float32, n int, out []float32) error {
	*s.embedded += n
	for i := range n {
		x, v := inputs[i*s.InputLen():(i+1)*s.InputLen()], out[i*stripesDim:(i+1)*stripesDim]
		clear(v)
		v[15] = 100
		for c := range 3 {
			low, high := float32(255), float32(0)
			for p := c; p < len(x); p += 3 {
				v[c] += x[p] / float32(len(x)/3)
				low, high = min(low, x[p]), max(high, x[p])
				if p >= 3 && abs(x[p]-x[p-3]) > 40 {
					v[9+c] += 0.1
				}
				if p >= 3*stripesSide && abs(x[p]-x[p-3*stripesSide]) > 40 {
					v[12+c] += 0.1
				}
			}
			v[3+c], v[6+c] = low, high
		}
	}
	return nil
}

func abs(x float32) float32 { return max(x, -x) }

// A head that is fitted to the vectors of a network finds more, is kept in a file that does the same to other vectors,
// and is fitted again to the vectors that are there.
func TestHeads(t *testing.T) {
	t.Parallel()
	c := shop(t, 24, 6, nil)
	backend, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	dir, n := t.TempDir(), 0
	o := HeadsOptions{Backend: backend, Recipe: Recommended()}
	o.Recipe.Epochs, o.Recipe.Evaluations, o.Recipe.Dim = 8, 2, 64
	o.Recipe.HeldOut = 0.4
	r, err := Heads(t.Context(), c, stripes{&n}, dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Kept || r.Low <= 0 || r.On != searchedFor || len(r.Candidates) != 3 || len(r.Evaluations) != 2 {
		t.Fatalf("%+v", r)
	}
	w, err := whiten.Read(r.Checkpoint)
	if err != nil || w.In != stripesDim {
		t.Fatalf("%+v, %v", w, err)
	}
	index, err := vectors.ReadUnit(filepath.Join(dir, "before", "index"))
	if err != nil {
		t.Fatal(err)
	}
	queries, err := vectors.ReadUnit(filepath.Join(dir, "before", "query"))
	if err != nil {
		t.Fatal(err)
	}
	if index, err = w.Apply(index); err != nil {
		t.Fatal(err)
	}
	if queries, err = w.Apply(queries); err != nil {
		t.Fatal(err)
	}
	entry, err := retrieval.ScoreVectors(t.Context(), c, index, queries, "after", retrieval.Options{})
	if err != nil || entry.Report.MAR().Value != r.After {
		t.Errorf("the file scores %g, the fit %g, %v", entry.Report.MAR().Value, r.After, err)
	}
	before := n
	again, err := Heads(t.Context(), c, stripes{&n}, dir, o)
	if err != nil || again.After != r.After {
		t.Errorf("a second fit: %+v, %v", again, err)
	}
	if train := 24 * 6; n > before+train { // those that are held out, and searched among, but no variants
		t.Errorf("%d photos were embedded again", n-before)
	}
	if _, err := Heads(t.Context(), c, embed.Histogram{}, t.TempDir(), o); err == nil {
		t.Error("a network that takes no squares was taken")
	}
	if _, err := Heads(t.Context(), &catalog.Catalog{}, stripes{&n}, t.TempDir(), o); err == nil {
		t.Error("a catalogue without train photos was taken")
	}
}
