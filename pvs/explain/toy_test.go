package explain_test

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// toySide is the side of what a toy sees.
const toySide = 10

// toy embeds a photo by its pixels, shrunk: it knows places and colours and takes no time.
type toy struct{}

func (toy) Key() string { return "toy" }
func (toy) Origin() vectors.Origin {
	return vectors.Origin{Network: "toy", Title: "toy", Pixels: 64}
}
func (toy) Dim() int                                  { return 3 * toySide * toySide }
func (toy) Batch() int                                { return 16 }
func (toy) InputLen() int                             { return 3 * toySide * toySide }
func (toy) Prepare(p *imageprep.RGB, input []float32) { prepareToy(p, input) }

func (t toy) Embed(inputs []float32, n int, out []float32) error {
	copy(out, inputs[:n*t.Dim()])
	return nil
}

func prepareToy(p *imageprep.RGB, input []float32) {
	square := imageprep.PadSquare(p)
	for i := range input { // the mean over each field
		x, y, c := i/3%toySide, i/3/toySide, i%3
		x0, x1 := x*square.Width/toySide, (x+1)*square.Width/toySide
		y0, y1 := y*square.Height/toySide, (y+1)*square.Height/toySide
		sum, count := 0, 0
		for v := y0; v < max(y1, y0+1); v++ {
			for u := x0; u < max(x1, x0+1); u++ {
				sum += int(square.Pix[3*(v*square.Width+u)+c])
				count++
			}
		}
		input[i] = float32(sum)/float32(count) - 180 // the ground's
	}
	input[0] += 1e-3 // never a vector of zeros
}

// thing is a product: fields of colours on a 5 x 5 board.
type thing [25]color.RGBA

func newThing(rng *rand.Rand) (t thing) {
	for i := range t {
		if t[i] = (color.RGBA{180, 180, 180, 255}); rng.IntN(3) > 0 {
			t[i] = color.RGBA{uint8(rng.IntN(150)), uint8(rng.IntN(150)), uint8(rng.IntN(150)), 255}
		}
	}
	return t
}

// photo shows a thing in the middle of 96 x 96 pixels, a little moved and noisy, with some fields hidden.
func (t thing) photo(rng *rand.Rand) image.Image {
	for range 4 {
		t[rng.IntN(len(t))] = color.RGBA{180, 180, 180, 255}
	}
	m := image.NewRGBA(image.Rect(0, 0, 96, 96))
	dx, dy := 13+rng.IntN(5), 13+rng.IntN(5)
	for y := range 96 {
		for x := range 96 {
			c := color.RGBA{180, 180, 180, 255}
			if i, j := (x-dx+70)/14-5, (y-dy+70)/14-5; i >= 0 && i < 5 && j >= 0 && j < 5 {
				c = t[5*j+i]
			}
			noise := uint8(rng.IntN(7))
			m.SetRGBA(x, y, color.RGBA{c.R + noise, c.G + noise, c.B + noise, 255})
		}
	}
	return m
}

// toyCatalog has things with a query and five index photos each, and things to train on.
func toyCatalog(t testing.TB, things, train int) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	rng := rand.New(rand.NewPCG(3, 4))
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range things + train {
		of := newThing(rng)
		splits := []catalog.Split{catalog.Query, catalog.Index, catalog.Index, catalog.Index, catalog.Index, catalog.Index}
		if i >= things {
			splits = []catalog.Split{catalog.Train}
		}
		for k, split := range splits {
			p := catalog.Photo{ID: fmt.Sprintf("t%d-%d", i, k), Path: fmt.Sprintf("t%d-%d.png", i, k), Split: split,
				Product: fmt.Sprint("t", i), Title: fmt.Sprint("Thing ", i), Category: catalog.Category(fmt.Sprint("Kind ", i%4))}
			f, err := os.Create(filepath.Join(dir, p.Path))
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, of.photo(rng)); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			if err := w.Write(p); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
