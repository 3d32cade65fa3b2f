package chart

import (
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// recorded lays the journey out and remembers what is drawn.
func recorded(t *testing.T, j Journey) (*recorder, drawing) {
	t.Helper()
	d, err := j.layout(j.series())
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{}
	d.draw(r)
	return r, d
}

// whiskers are the upright strokes of the intervals by the run's index.
func whiskers(r *recorder) map[float64]stroke {
	out := map[float64]stroke{}
	for _, l := range r.lines {
		if l.width == 1.6 && len(l.points) == 2 && l.points[0][0] == l.points[1][0] && l.points[0][1] > panelsTop {
			out[l.points[0][0]] = l
		}
	}
	return out
}

func TestJourneyWhiskers(t *testing.T) {
	t.Parallel()
	j := sampleJourney()
	r, _ := recorded(t, j)
	found := whiskers(r)
	path := filepath.Join(t.TempDir(), "j.png")
	if err := j.PNG(path); err != nil {
		t.Fatal(err)
	}
	picture := decode(t, path)
	columns := j.columns(fonts{})
	first := found[columns[0].x]
	low := first.points[0][1]
	perUnit := (first.points[1][1] - low) / (j.Runs[0].Measured.High - j.Runs[0].Measured.Low)
	for _, c := range columns {
		w, drawn := found[c.x]
		if drawn != (c.Measured != nil) {
			t.Errorf("run %s: whisker %v, measured %v", c.Name, drawn, c.Measured)
			continue
		}
		if !drawn {
			continue
		}
		for i, v := range []float64{c.Measured.Low, c.Measured.High} {
			if want := low + perUnit*(v-j.Runs[0].Measured.Low); math.Abs(w.points[i][1]-want) > 1e-6 {
				t.Errorf("run %s: an end of the whisker lies at %g, want %g", c.Name, w.points[i][1], want)
			}
			// The end reaches farther to the side than the mark, so it is seen there.
			at := image.Pt(int(scale*(c.x+c.reach())), int(scale*w.points[i][1]))
			if got := color.RGBAModel.Convert(picture.At(at.X, at.Y)).(color.RGBA); distance(got, c.hue.full) > 60 {
				t.Errorf("run %s: no ink at the end of its whisker, %v is %v", c.Name, at, got)
			}
		}
	}
}

func decode(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func distance(a, b color.RGBA) int {
	d := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return d(a.R, b.R) + d(a.G, b.G) + d(a.B, b.B)
}

func TestJourneyTextsKeepApart(t *testing.T) {
	t.Parallel()
	full, none, only := sampleJourney(), sampleJourney(), sampleJourney()
	for i := range none.Runs {
		none.Runs[i].Measured, none.Runs[i].Epochs = nil, nil
		only.Runs[i].Published = 0
	}
	small := Journey{Title: "One", Runs: []JourneyRun{{Name: "0", Measured: &Score{0.5, 0.5, 0.5}}}}
	for name, j := range map[string]Journey{"full": full, "nothing measured": none, "nothing published": only,
		"one run":   small,
		"no scores": {Runs: []JourneyRun{{Name: "0"}, {Name: "1", From: "0"}}}} {
		r, d := recorded(t, j)
		if bad := r.overlaps(d); bad != nil {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

func TestJourneyEdges(t *testing.T) {
	t.Parallel()
	r, _ := recorded(t, sampleJourney())
	edges := map[string]int{}
	for _, g := range r.groups {
		if g.class == "edge" {
			edges[g.from+">"+g.run]++
		}
	}
	for _, run := range sampleJourney().Runs[1:] {
		want := 3 // the lineage and two panels
		switch run.Name {
		case "1.1": // not published
			want = 2
		case "1.2": // published: from 0, over 1.1
			want = 2
		case "1.5": // not measured
			want = 2
		}
		if got := edges[run.From+">"+run.Name]; got != want {
			t.Errorf("%d edges from %s to %s, want %d", got, run.From, run.Name, want)
		}
	}
	if edges["0>1.2"] != 1 {
		t.Error("no edge leads over the run without a published score")
	}
}

func TestBuses(t *testing.T) {
	t.Parallel()
	f := fonts{}
	j := sampleJourney()
	var got []string
	for _, b := range buses(j.columns(f)) {
		if b.level > 0 {
			got = append(got, fmt.Sprint(j.Runs[b.from].Name, " to ", j.Runs[slices.Max(b.to)].Name, " at ", b.level))
		}
	}
	if want := []string{"1.2 to 1.8 at 1", "0 to 2.1 at 2"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestChangesAreWhatTheParentDoesNotHave(t *testing.T) {
	t.Parallel()
	for _, c := range sampleJourney().columns(fonts{}) {
		if want := "Adam 1e-5 2 epochs"; c.Name == "1.8" && strings.Join(c.changes, " ") != want {
			t.Errorf("1.8 changes %q, want %q", c.changes, want)
		}
	}
}

func TestJourneySVG(t *testing.T) {
	t.Parallel()
	j := sampleJourney()
	j.Title = `a <b> & "c"`
	path := filepath.Join(t.TempDir(), "j.svg")
	if err := j.SVG(path); err != nil {
		t.Fatal(err)
	}
	texts := svgTexts(t, path)
	for _, r := range j.Runs {
		if !slices.Contains(texts, r.Name) {
			t.Errorf("run %s is not named", r.Name)
		}
		if r.Published > 0 && !slices.Contains(texts, fmt.Sprintf("%.3f", r.Published)) {
			t.Errorf("the published score of run %s is missing", r.Name)
		}
	}
	if !slices.Contains(texts, j.Title) {
		t.Error("the title is missing")
	}
}

// svgTexts reads a file as XML and returns its texts.
func svgTexts(t *testing.T, path string) []string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []string
	d := xml.NewDecoder(f)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			out = append(out, strings.TrimSpace(string(text)))
		}
	}
}

func TestJourneyErrors(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(j *Journey){
		"no runs":                          func(j *Journey) { j.Runs = nil },
		`run 1.3 starts from "7"`:          func(j *Journey) { j.Runs[3].From = "7" },
		`run 0 starts from "1.1"`:          func(j *Journey) { j.Runs[0].From = "1.1" },
		`"1.1" is empty or stands twice`:   func(j *Journey) { j.Runs[2].Name = "1.1" },
		"measured score NaN":               func(j *Journey) { j.Runs[3].Measured.Value = math.NaN() },
		"measured score 0.617":             func(j *Journey) { j.Runs[9].Measured.Low = 2 },
		"of run 2.5 is not a score with":   func(j *Journey) { j.Runs[16].Epochs[1].High = math.Inf(1) },
		"published score NaN of run 1.2":   func(j *Journey) { j.Runs[2].Published = math.NaN() },
		"1.11 and 2.5 are both marked fin": func(j *Journey) { j.Runs[16].Final = true },
	} {
		j := sampleJourney()
		change(&j)
		path := filepath.Join(t.TempDir(), "j")
		for kind, err := range map[string]error{"PNG": j.PNG(path), "SVG": j.SVG(path), "HTML": j.HTML(path)} {
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: want %q, got %v", kind, want, err)
			}
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s: a file was written", want)
		}
	}
}

func TestJourneyUnwritable(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(file, "j") // nothing can be made in a file
	j := sampleJourney()
	for _, err := range []error{j.PNG(path), j.SVG(path), j.HTML(path)} {
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
	}
}

func ExampleJourney_Markdown() {
	j := Journey{Runs: []JourneyRun{
		{Name: "0", Trains: "none", Published: 0.342, Measured: &Score{0.512, 0.496, 0.528}},
		{Name: "1.1", From: "0", Trains: "new top", Note: "new top, dropout 0.2, A0|A1"},
		{Name: "1.2", From: "1.1", Trains: "siamese head", Note: "margin 0.5", Published: 0.463, Final: true,
			Measured: &Score{0.6, 0.58, 0.62}, Epochs: []Score{{Value: 0.59}, {Value: 0.6}}},
	}}
	fmt.Print(j.Markdown())
	// Output:
	// | run | from | trains | settings | published | measured, 95% interval | after each epoch |
	// |---|---|---|---|--:|---|---|
	// | 0 |  | none |  | 0.342 | 0.512 [0.496, 0.528] |  |
	// | 1.1 | 0 | new top | dropout 0.2, A0\|A1 | none | not measured |  |
	// | **1.2** | **1.1** | **siamese head** | **margin 0.5** | **0.463** | **0.600 [0.580, 0.620]** | **0.590, 0.600** |
}
