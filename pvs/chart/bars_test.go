package chart

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func sampleBars() Bars {
	return Bars{Title: "Scores", Subtitle: "MAR@10", Unit: "share found", Bars: []Bar{
		{Name: "ImageNet weights", Value: 0.547, Low: 0.515, High: 0.58, Strong: true},
		{Name: "a colour histogram, " + strings.Repeat("which learns nothing ", 4), Value: 0.029, Low: 0.021, High: 0.038},
		{Name: "photos", Value: 0.3, Text: "300 photos"},
		{Name: "nothing", Value: 0},
	}}
}

func TestBars(t *testing.T) {
	t.Parallel()
	b := sampleBars()
	dir := t.TempDir()
	if err := b.PNG(filepath.Join(dir, "b.png")); err != nil {
		t.Fatal(err)
	}
	decode(t, filepath.Join(dir, "b.png"))
	if err := b.SVG(filepath.Join(dir, "b.svg")); err != nil {
		t.Fatal(err)
	}
	texts := svgTexts(t, filepath.Join(dir, "b.svg"))
	for _, want := range []string{"Scores", "MAR@10", "share found", "ImageNet weights", "0.547  [0.515, 0.580]",
		"300 photos", "0.000", "0.2"} {
		if !slices.Contains(texts, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	for _, log := range []bool{false, true} {
		b.Log, b.Bars[3].Value = log, 1
		d, err := b.layout()
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

// A bar of twice the value is twice as long.
func TestBarsAreInProportion(t *testing.T) {
	t.Parallel()
	a := Bars{Bars: []Bar{{Value: 10}, {Value: 5}}}.axis(100, 300)
	if long, short := a.at(10)-100, a.at(5)-100; math.Abs(long-200) > 1e-9 || math.Abs(short-100) > 1e-9 {
		t.Errorf("lengths %g and %g", long, short)
	}
}

// All values of a chart have the same digits after the point; counts have none.
func TestBarsDigits(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]Bars{
		"1.000 0.931 0.050":           {Bars: []Bar{{Value: 1}, {Value: 0.9312}, {Value: 0.05}}},
		"4,049,564 928":               {Bars: []Bar{{Value: 4049564}, {Value: 928}}},
		"1,290 13 1":                  {Bars: []Bar{{Value: 1290.4}, {Value: 12.9}, {Value: 1}}},
		"1,290 12.5 0.0129":           {Log: true, Bars: []Bar{{Value: 1290.4}, {Value: 12.5}, {Value: 0.0129}}},
		"0.500  [0.400, 0.600] 0.000": {Bars: []Bar{{Value: 0.5, Low: 0.4, High: 0.6}, {}}},
	} {
		var got []string
		for _, bar := range b.Bars {
			got = append(got, b.text(bar))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
}

func TestBarsErrors(t *testing.T) {
	t.Parallel()
	for want, b := range map[string]Bars{
		"has no bars":      {},
		`the bar "a" is N`: {Bars: []Bar{{Name: "a", Value: math.NaN()}}},
		`the bar "a" is -`: {Bars: []Bar{{Name: "a", Value: -1}}},
		"logarithmic":      {Log: true, Bars: []Bar{{Name: "a"}}},
	} {
		path := filepath.Join(t.TempDir(), "b")
		for _, err := range []error{b.PNG(path), b.SVG(path)} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q, got %v", want, err)
			}
		}
	}
}
