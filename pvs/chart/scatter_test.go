package chart

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// sampleScatter is the sample journey's two scores.
func sampleScatter() Scatter {
	s := Scatter{Title: "Scores", XLabel: "published", YLabel: "measured"}
	for _, r := range sampleJourney().Runs {
		if r.Measured != nil && r.Published > 0 {
			group := "branch " + r.Name[:1]
			s.Dots = append(s.Dots, Dot{r.Name, group, r.Published, r.Measured.Value, r.Measured.Low, r.Measured.High})
		}
	}
	return s
}

func TestScatter(t *testing.T) {
	t.Parallel()
	s := sampleScatter()
	dir := t.TempDir()
	if err := s.PNG(filepath.Join(dir, "s.png")); err != nil {
		t.Fatal(err)
	}
	decode(t, filepath.Join(dir, "s.png"))
	if err := s.SVG(filepath.Join(dir, "s.svg")); err != nil {
		t.Fatal(err)
	}
	texts := svgTexts(t, filepath.Join(dir, "s.svg"))
	for _, want := range []string{"Scores", "published", "measured", "branch 1", "branch 2", "1.11", "0.40"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	d, err := s.layout()
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d.draw(r)
	if bad := r.overlaps(d); bad != nil {
		t.Error(bad)
	}
	intervals := 0
	for _, l := range r.lines {
		if l.width == 1.4 {
			intervals++
		}
	}
	if intervals != len(s.Dots) {
		t.Errorf("%d intervals of %d dots", intervals, len(s.Dots))
	}
}

func TestScatterErrors(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Scatter{
		"has no dots": {},
		`dot "a" of`:  {Dots: []Dot{{Name: "a", Y: math.Inf(1)}}},
	} {
		if err := s.SVG(filepath.Join(t.TempDir(), "s.svg")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
