package fit

import (
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/labels"
)

// edge covers all but the middle half of a photo's side with noise of its own, on one of three grounds.
func edge(t *testing.T, path string, rng *rand.Rand) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inner, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	const side = 80
	m := image.NewNRGBA(image.Rect(0, 0, side, side))
	ground := rng.IntN(256)
	for y := range side {
		for x := range side {
			m.Set(x, y, color.NRGBA{uint8(ground), uint8(rng.IntN(256)), uint8(255 - ground), 255})
			if p := image.Pt(x-side/4, y-side/4); p.In(inner.Bounds()) {
				m.Set(x, y, inner.At(p.X, p.Y))
			}
		}
	}
	save(t, path, m)
}

// Training looks at the middle of photos whose edges say nothing of the product, unless the recipe says no, and what is
// kept looks there too.
func TestFirstLook(t *testing.T) {
	t.Parallel()
	c := shop(t, 40, 4, nil)
	rng := rand.New(rand.NewPCG(3, 4))
	for _, split := range []catalog.Split{catalog.Train, catalog.Index, catalog.Query} {
		for _, p := range c.Split(split) {
			edge(t, filepath.Join(c.Dir, p.Path), rng)
		}
	}
	network, opts := mini(t)
	for _, least := range []float64{1, 0.5} {
		f := &fitting{Options: opts, cat: c, network: network, pixels: 32, recipe: opts.Recipe}
		f.recipe.Centre = least
		var said []string
		f.Log = func(line string) { said = append(said, line) }
		tr := &training{fitting: f, first: f.asIs()}
		if _, err := tr.holdOut(t.Context(), c.Split(catalog.Train), labels.Titles); err != nil {
			t.Fatal(err)
		}
		got, err := tr.firstLook(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if least == 1 {
			if got != nil || tr.first != f.asIs() || len(said) > 0 {
				t.Errorf("without centres training looks at %s: %q", tr.first, said)
			}
			continue
		}
		if got == nil || tr.first.Centre < 0.5 || tr.held.start != tr.first || !strings.Contains(got.Name, tr.first.Part()) {
			t.Errorf("training looks at %s: %q", tr.first, said)
		}
		on := &training{fitting: f, first: f.asIs(), held: tr.held, state: &state{Centre: 0.9}}
		told := len(said)
		if again, err := on.firstLook(t.Context()); err != nil || on.first.Centre != 0.9 || again == nil || len(said) > told {
			t.Errorf("a training that goes on looks at %s, %v: %q", on.first, err, said[told:])
		}
	}
}

// Held-out photos that are all found cannot choose an input, which is said.
func TestAllFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mar    float64
		size   int
		larger float64
		says   string
	}{{1, 112, 1.5, "inputs of 168 pixels"}, {0.9, 112, 1.5, ""}, {1, 140, 1.5, ""}, {1, 112, 1, ""}} {
		said := ""
		f := &fitting{pixels: 112, recipe: Recipe{Larger: c.larger}, Options: Options{Log: func(line string) { said = line }}}
		if f.ifAllFound(c.mar, c.size); (said == "") != (c.says == "") || !strings.Contains(said, c.says) {
			t.Errorf("%+v: %q", c, said)
		}
	}
}
