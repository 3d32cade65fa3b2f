package chart

import (
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sampleCurves are two losses that end close together.
func sampleCurves() Curves {
	c := Curves{Title: "Loss & epochs", XLabel: "epoch", YLabel: "cross-entropy",
		Lines: []Curve{{Name: "training"}, {Name: "validation"}}}
	for e := 1.0; e <= 20; e++ {
		c.Lines[0].Points = append(c.Lines[0].Points, Point{e, 6*math.Exp(-e/4) + 0.9})
		c.Lines[1].Points = append(c.Lines[1].Points, Point{e, 5*math.Exp(-e/3) + 0.95})
	}
	return c
}

func TestCurves(t *testing.T) {
	t.Parallel()
	c := sampleCurves()
	dir := t.TempDir()
	if err := c.PNG(filepath.Join(dir, "c.png")); err != nil {
		t.Fatal(err)
	}
	if err := c.SVG(filepath.Join(dir, "c.svg")); err != nil {
		t.Fatal(err)
	}
	count := map[color.RGBA]int{}
	m := decode(t, filepath.Join(dir, "c.png"))
	for y := range m.Bounds().Dy() {
		for x := range m.Bounds().Dx() {
			count[color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)]++
		}
	}
	for i := range c.Lines {
		if n := count[hues[lineHue(i)].full]; n < 20*40 {
			t.Errorf("%d pixels of line %d, want at least those of its marks", n, i)
		}
	}
	texts := svgTexts(t, filepath.Join(dir, "c.svg"))
	for _, want := range []string{"Loss & epochs", "epoch", "cross-entropy", "training", "validation", "0.940", "20"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

func TestCurvesTextsKeepApart(t *testing.T) {
	t.Parallel()
	c := sampleCurves()
	for range 6 { // names that would overlap
		c.Lines = append(c.Lines, Curve{Name: strings.Repeat("a long name ", 5), Points: []Point{{1, 1}, {20, 0.9}}})
	}
	for _, log := range []bool{false, true} {
		c.Log = log
		d, err := c.layout()
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{}
		d.draw(r)
		if bad := r.overlaps(d); bad != nil {
			t.Errorf("log %v: %v", log, bad)
		}
	}
}

// Ticks at epochs are whole numbers, and only there.
func TestTicksOfEpochs(t *testing.T) {
	t.Parallel()
	c := sampleCurves()
	for i := range c.Lines {
		c.Lines[i].Points = c.Lines[i].Points[:2]
	}
	d, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d.draw(r)
	var ticks []string
	for _, l := range r.labels {
		if l.align == middle && l.s != "epoch" {
			ticks = append(ticks, l.s)
		}
	}
	if strings.Join(ticks, " ") != "1 2" {
		t.Errorf("ticks %v, want 1 2", ticks)
	}
}

func TestCurvesOfOnePoint(t *testing.T) {
	t.Parallel()
	c := Curves{XLabel: "epoch", Lines: []Curve{{Name: "a", Points: []Point{{1, 0}}}}}
	d, err := c.layout()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d.draw(r)
	if !slices.ContainsFunc(r.labels,
		func(l label) bool { return l.align == middle && strings.TrimRight(l.s, ".0") == "1" }) {
		t.Error("the only epoch has no tick")
	}
	if slices.ContainsFunc(r.lines, func(s stroke) bool {
		return slices.ContainsFunc(s.points, func(p [2]float64) bool { return !finite(p[0], p[1]) })
	}) {
		t.Error("a line leads nowhere")
	}
}

// A running mean takes what there is around a point; the line ends and is named by it.
func TestCurvesMean(t *testing.T) {
	t.Parallel()
	l := Curve{Name: "a", Mean: 3}
	for i, y := range []float64{6, 0, 3, 9, 3} {
		l.Points = append(l.Points, Point{float64(i), y})
	}
	if got, want := l.smooth(), []Point{{0, 3}, {1, 3}, {2, 4}, {3, 5}, {4, 6}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	l.Mean = 2
	if got, want := l.smooth(), []Point{{0, 3}, {1, 1.5}, {2, 6}, {3, 6}, {4, 3}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	d, err := Curves{Lines: []Curve{l}}.layout()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d.draw(r)
	if !slices.ContainsFunc(r.labels, func(l label) bool { return l.s == "3.00" }) {
		t.Error("the mean's last value is not written")
	}
	l.Mean = 1
	if !slices.Equal(l.smooth(), l.Points) {
		t.Error("the mean of one point is another")
	}
}

func TestCurvesErrors(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]Curves{
		"has no lines":               {},
		`line "a" of the chart`:      {Lines: []Curve{{Name: "a"}}},
		`point 2 of the line "a" is`: {Lines: []Curve{{Name: "a", Points: []Point{{1, 1}, {2, math.NaN()}}}}},
		"logarithmic":                {Log: true, Lines: []Curve{{Name: "a", Points: []Point{{1, 0}}}}},
		"lies left":                  {Lines: []Curve{{Name: "a", Points: []Point{{2, 1}, {1, 1}}}}},
	} {
		path := filepath.Join(t.TempDir(), "c")
		for _, err := range []error{c.PNG(path), c.SVG(path)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := sampleCurves().PNG(file); err != nil {
		t.Fatal(err)
	}
	if err := sampleCurves().PNG(filepath.Join(file, "c.png")); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]axis{
		"0.35 0.40 0.45":          {lo: 0.325, hi: 0.463},
		"-2 0 2 4":                {lo: -3, hi: 5},
		"0 200 400 600":           {lo: 0, hi: 700},
		"0.2 0.5 1 2 5":           {lo: 0.15, hi: 8, log: true},
		"0.001 0.01 0.1 1 10 100": {lo: 0.001, hi: 300, log: true},
		"500 1,000 2,000":         {lo: 400, hi: 2500, log: true},
		"1,000,000 1e7 1e8":       {lo: 500000, hi: 6e8, log: true},
		"1e-5 0.0001 0.001 0.01":  {lo: 5e-6, hi: 0.02, log: true},
		"0 500 1,000 1,500":       {lo: 0, hi: 1999},
	} {
		var got []string
		for _, tick := range a.ticks(5) {
			got = append(got, tick.text)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}
