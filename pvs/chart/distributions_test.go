package chart

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sampleDistributions() Distributions {
	return Distributions{Title: "Distances", XLabel: "1 - cosine", Bins: 4, Rows: []Distribution{
		{"positives", "positives", []float64{0, 0.1, 0.2}},
		{"negatives of a name that is so long that it is wrapped", "negatives", []float64{0.8, 1}},
	}}
}

func TestDistributions(t *testing.T) {
	t.Parallel()
	d := sampleDistributions()
	dir := t.TempDir()
	if err := d.PNG(filepath.Join(dir, "d.png")); err != nil {
		t.Fatal(err)
	}
	decode(t, filepath.Join(dir, "d.png"))
	if err := d.SVG(filepath.Join(dir, "d.svg")); err != nil {
		t.Fatal(err)
	}
	texts := svgTexts(t, filepath.Join(dir, "d.svg"))
	for _, want := range []string{"Distances", "1 - cosine", "positives", "mean 0.100 of 3", "mean 0.900 of 2", "0.4"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture lacks %q", want)
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

func TestDistributionsErrors(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]Distributions{
		`"Empty" has no values`:  {Title: "Empty"},
		`"a" of the chart "One"`: {Title: "One", Rows: []Distribution{{Name: "a"}}},
		"is not a number":        {Rows: []Distribution{{Values: []float64{math.NaN()}}}},
	} {
		if err := d.PNG(filepath.Join(t.TempDir(), "d.png")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	one := Distributions{Rows: []Distribution{{Values: []float64{2}}}}
	if err := one.SVG(filepath.Join(t.TempDir(), "d.svg")); err != nil {
		t.Error(err)
	}
}
