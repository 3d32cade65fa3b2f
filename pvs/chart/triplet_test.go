package chart

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"path/filepath"
	"strings"
	"testing"
)

// sampleTriplet has a hard, a semi-hard and an easy negative of one red photo, which is no file.
func sampleTriplet() Triplet {
	red := image.NewNRGBA(image.Rect(0, 0, 40, 60))
	draw.Draw(red, red.Bounds(), image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	photo := Photo{Image: red}
	at := func(d float64) Distant { return Distant{photo, d} }
	return Triplet{Title: "A triplet", XLabel: "distance", Anchor: photo, Positive: photo, ToPositive: 0.3, Margin: 0.2,
		Negatives: []Distant{at(0.8), at(0.1), at(0.4)}, Chosen: 2}
}

func TestTriplet(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.png")
	count := func(tr Triplet) map[color.RGBA]int {
		if err := tr.PNG(path); err != nil {
			t.Fatal(err)
		}
		out := map[color.RGBA]int{}
		m := decode(t, path)
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				out[color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)]++
			}
		}
		return out
	}
	tr := sampleTriplet()
	narrow := count(tr)
	for name, c := range map[string]color.RGBA{"hard": hues[4].tint, "semi-hard": hues[2].tint, "easy": guide,
		"the positive": green, "a negative": hues[4].full} {
		if narrow[c] < 400 {
			t.Errorf("%d pixels of the colour of %s", narrow[c], name)
		}
	}
	if n := narrow[color.RGBA{200, 0, 0, 255}]; n < int(scale*scale*(88*88+4*64*64)) {
		t.Errorf("%d pixels of photos, want those of five", n)
	}
	tr.Margin = 0.4
	if wide := count(tr); wide[hues[2].tint] < narrow[hues[2].tint]*3/2 {
		t.Errorf("a margin of 0.4 has %d pixels, one of 0.2 has %d", wide[hues[2].tint], narrow[hues[2].tint])
	}
}

func TestTripletErrors(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Triplet){
		"0 negatives":  func(tr *Triplet) { tr.Negatives = nil },
		"number 3":     func(tr *Triplet) { tr.Chosen = 3 },
		"from 0 on":    func(tr *Triplet) { tr.Negatives[0].Distance = math.NaN() },
		"margin -1 of": func(tr *Triplet) { tr.Margin = -1 },
	} {
		tr := sampleTriplet()
		change(&tr)
		if err := tr.PNG(filepath.Join(t.TempDir(), "t.png")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
