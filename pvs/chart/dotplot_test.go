package chart

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sampleDotPlot() DotPlot {
	return DotPlot{Title: "One ranking", Subtitle: "300 queries", Unit: "score", Elsewhere: "by other conventions",
		Rows: []DotRow{
			{Name: "mar_at_10", Value: 0.34, Low: 0.3, High: 0.38, Strong: true, Elsewhere: []float64{0.31, 0.42}},
			{Name: "any_hit_at_10", Value: 0.71, Low: 0.66, High: 0.75},
			{Name: strings.Repeat("a long name ", 8), Value: 0},
		}}
}

func TestDotPlot(t *testing.T) {
	t.Parallel()
	d := sampleDotPlot()
	dir := t.TempDir()
	if err := d.PNG(filepath.Join(dir, "d.png")); err != nil {
		t.Fatal(err)
	}
	decode(t, filepath.Join(dir, "d.png"))
	if err := d.SVG(filepath.Join(dir, "d.svg")); err != nil {
		t.Fatal(err)
	}
	texts := svgTexts(t, filepath.Join(dir, "d.svg"))
	for _, want := range []string{"One ranking", "300 queries", "score", "by other conventions", "any_hit_at_10",
		"0.340  [0.300, 0.380]", "0.000"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture lacks %q: %q", want, texts)
		}
	}
	l, err := d.layout()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	l.draw(r)
	if bad := r.overlaps(l); bad != nil {
		t.Error(bad)
	}
}

func TestDotPlotRefusesWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	if err := (DotPlot{}).PNG("x.png"); err == nil {
		t.Error("a chart without rows")
	}
	d := sampleDotPlot()
	d.Rows[1].Elsewhere = []float64{math.NaN()}
	if err := d.PNG("x.png"); err == nil || !strings.Contains(err.Error(), "any_hit_at_10") {
		t.Errorf("got %v", err)
	}
}
