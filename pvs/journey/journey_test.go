package journey

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
	kept "github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// drawn is a small catalogue with all splits.
func drawn(t testing.TB) *catalog.Catalog {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "drawn")
	opts := studio.Options{Seed: 1, Search: 6, Style: studio.Style{Size: 64}}
	if _, err := studio.Photograph(context.Background(), dir, synth.Catalog(1, 22), opts, nil); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tiny is a scale of seconds for the miniature network.
var tiny = recipe.Scale{Name: "tiny", Photos: 12, Pixels: 32, ClassifyBatch: 8, SiameseBatch: 18, ClassifyEpoch: 0.1,
	SiameseEpoch: 0.5, ClassifySteps: 2}

func options(t testing.TB, out string) Options {
	t.Helper()
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	w, err := weights.Load("../effnet/testdata/keras_efficientnet_mini_notop.h5", c)
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Choose(engine.Request{Backend: b, Wish: engine.Fastest})
	if err != nil {
		t.Fatal(err)
	}
	return Options{Out: out, Runs: recipe.Journey(), Scale: tiny, Config: c, Values: w.Values, Training: e, Inference: e,
		Keep: 12, KeepWeights: 2, Log: func(s string) { t.Log(s) }}
}

func open(t testing.TB, c *catalog.Catalog, o Options) *Journey {
	t.Helper()
	j, err := Open(c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.Close)
	return j
}

// All 17 runs are trained and scored, after each epoch for the Siamese ones, and
// written; a second start does nothing again.
func TestWholeJourney(t *testing.T) {
	t.Parallel()
	c, out := drawn(t), t.TempDir()
	j := open(t, c, options(t, out))
	results, err := j.Run(context.Background(), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	epochs := map[string]int{}
	for _, r := range results {
		epochs[r.Run.Name] = len(r.Epochs)
		if r.Final.Queries != 6 || !(r.Final.Low <= r.Final.Value && r.Final.Value <= r.Final.High) {
			t.Errorf("run %s: %+v", r.Run.Name, r.Final)
		}
	}
	if len(results) != 17 || epochs["1.9"] != 2 || epochs["2.5"] != 5 || epochs["1.8"] != 0 {
		t.Errorf("%d runs, epochs scored %v", len(results), epochs)
	}
	report, err := j.Report(results)
	if err != nil || report.Compared != 16 {
		t.Fatalf("%+v, %v", report, err)
	}
	for _, ext := range []string{".png", ".svg", ".html", ".md", ".csv"} {
		data, err := os.ReadFile(filepath.Join(out, "journey"+ext))
		if err != nil || len(data) < 500 || ext != ".png" && !strings.Contains(string(data), "1.11") {
			t.Errorf("journey%s: %d bytes, %v", ext, len(data), err)
		}
	}
	f, err := os.Open(filepath.Join(out, "journey.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 18 || rows[9][0] != "1.8" || rows[9][4] != "0.4400" || rows[9][5] == "" &&
		results[8].Final.Value > 0 {
		t.Errorf("table %v, %v", rows, err)
	}

	again := options(t, out)
	again.Progress = func(p finetune.Progress) { t.Errorf("%s again", p.What) }
	repeated, err := open(t, c, again).Run(context.Background(), "", nil)
	if err != nil || fmt.Sprint(scores(repeated)) != fmt.Sprint(scores(results)) {
		t.Errorf("a second start gives %v, %v", scores(repeated), err)
	}
	// Asked for a part, the chart keeps the others.
	var shown []Result
	part, err := open(t, c, again).Run(context.Background(), "1.2", func(r []Result) error { shown = r; return nil })
	if err != nil || len(part) != 3 || fmt.Sprint(scores(shown)) != fmt.Sprint(scores(results)) {
		t.Errorf("a part gives %v and shows %v, %v", scores(part), scores(shown), err)
	}
}

// Stopped after each few steps and started again, a journey comes to the same scores.
func TestInterruptedJourney(t *testing.T) {
	t.Parallel()
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("trains nine runs twice; PVS_SLOW=1 runs it")
	}
	c, out, broken := drawn(t), t.TempDir(), t.TempDir()
	results, err := open(t, c, options(t, out)).Run(context.Background(), recipe.Final, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		ctx, stop := context.WithCancel(context.Background())
		o, n := options(t, broken), 0
		o.Progress = func(finetune.Progress) {
			if n++; n == 200 {
				stop()
			}
		}
		o.Log = func(string) {}
		var got []Result
		got, err = open(t, c, o).Run(ctx, recipe.Final, nil)
		stop()
		if err == nil {
			if fmt.Sprint(scores(got)) != fmt.Sprint(scores(results)) {
				t.Errorf("scores %v, unbroken %v", scores(got), scores(results))
			}
			break
		}
		if ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	if err != nil {
		t.Error("it never came to its end:", err)
	}
	// What is kept of each epoch is neither lost nor other.
	for run, count := range map[string]int{"1.8": 3, "1.9": 3} {
		_, whole, err1 := kept.Read(folder(out, run))
		_, again, err2 := kept.Read(folder(broken, run))
		if err1 != nil || err2 != nil || len(whole) != count || len(again) != count {
			t.Fatalf("run %s keeps %d and %d epochs, %v, %v", run, len(whole), len(again), err1, err2)
		}
		for i, a := range whole {
			if b := again[i]; a.Step != b.Step || a.Loss != b.Loss || !slices.Equal(a.Vectors.Data, b.Vectors.Data) {
				t.Errorf("run %s keeps other vectors of epoch %d when it is stopped and goes on", run, a.Number)
			}
		}
	}
}

// A score is of the photos and the labels that are there now: where either was replaced
// it is found anew, as in a new folder.
func TestScoreOfWhatIsThere(t *testing.T) {
	t.Parallel()
	c, out := drawn(t), t.TempDir()
	var said []string
	score := func(dir string) *Score {
		t.Helper()
		o := options(t, dir)
		o.Log = func(line string) { said = append(said, line) }
		again, err := catalog.Open(c.Dir, catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		results, err := open(t, again, o).Run(context.Background(), "0", nil)
		if err != nil {
			t.Fatal(err)
		}
		return results[0].Final
	}
	first := score(out)
	if *score(out) != *first {
		t.Error("a second start gives another score")
	}
	queries := c.Split(catalog.Query)
	data, err := os.ReadFile(c.File(queries[0]))
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries[1:] {
		if err := os.WriteFile(c.File(q), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said = nil
	replaced := score(out)
	if *replaced != *score(t.TempDir()) || replaced.Key == first.Key || !strings.Contains(strings.Join(said, "\n"),
		"embedded again") {
		t.Errorf("after photos were replaced: %+v, before %+v, said %q", replaced, first, said)
	}
	table := filepath.Join(c.Dir, catalog.PhotosFile)
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	one, other := ","+queries[0].Product+",", ","+queries[1].Product+","
	if err := os.WriteFile(table, []byte(strings.ReplaceAll(string(text), one, other)), 0o644); err != nil {
		t.Fatal(err)
	}
	if labels := score(out); labels.Key == replaced.Key || *labels != *score(t.TempDir()) {
		t.Errorf("after labels were changed: %+v, before %+v", labels, replaced)
	}
}

func scores(results []Result) (out []float64) {
	for _, r := range results {
		out = append(out, r.Final.Value)
	}
	return out
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := drawn(t)
	write := func(rows string) *catalog.Catalog {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, catalog.PhotosFile),
			[]byte("photo,path,split,product,category,title\n"+rows), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := catalog.Open(dir, catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, test := range []struct {
		name string
		c    *catalog.Catalog
		run  string
		say  string
	}{
		{"no train photos", write("a,a.jpg,query,x,A,\n"), "", "no photos in the split train"},
		{"one category", write("a,a.jpg,train,,A,\nb,b.jpg,train,,A,\n"), "",
			"1 categories; a classifier needs at least two"},
		{"a leak", write("a,a.jpg,train,x,A,\nb,b.jpg,train,,B,\nc,c.jpg,query,x,A,\n"), "", "product x leaks"},
		{"an unknown run", c, "9.9", "there is no run \"9.9\""},
		{"nothing to score with", write("a,a.jpg,train,,A,\nb,b.jpg,train,,B,\n"), "", "no query or no index photos"},
		{"missing photos", write("a,a.jpg,train,,A,\nb,b.jpg,train,,B,\nc,c.jpg,query,x,A,\nd,d.jpg,index,x,A,\n"), "",
			"photo d (photos.csv line 5)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j, err := Open(test.c, options(t, t.TempDir()))
			if err == nil {
				defer j.Close()
				_, err = j.Run(context.Background(), test.run, nil)
			}
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("got %v, want %s", err, test.say)
			}
		})
	}
}

// A folder of one catalogue is resumed where that stands elsewhere, and not for another one, of which nothing is
// scored or drawn.
func TestAnotherCatalogue(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if _, err := open(t, drawn(t), options(t, out)).Run(context.Background(), "1.1", nil); err != nil {
		t.Fatal(err)
	}
	elsewhere := drawn(t) // the same photos
	if _, err := open(t, elsewhere, options(t, out)).Run(context.Background(), "1.1", nil); err != nil {
		t.Errorf("elsewhere: %v", err)
	}
	score := filepath.Join(folder(out, "0"), "score-1.json")
	was, err := os.ReadFile(score)
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(elsewhere.Dir, catalog.PhotosFile)
	text, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	first := string(elsewhere.Split(catalog.Train)[0].Category)
	other := first
	for _, p := range elsewhere.Split(catalog.Train) {
		if string(p.Category) != first {
			other = string(p.Category)
		}
	}
	changed := strings.NewReplacer(first, other, other, first).Replace(string(text))
	if err := os.WriteFile(list, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	another, err := catalog.Open(elsewhere.Dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = open(t, another, options(t, out)).Run(context.Background(), "1.1", func([]Result) error {
		t.Error("there is something to draw")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "made from other train photos") {
		t.Errorf("got %v", err)
	}
	if now, err := os.ReadFile(score); err != nil || string(now) != string(was) {
		t.Errorf("the score became %s, %v", now, err)
	}
}

// Photos that cannot be read stop a training, or are left out and named.
func TestSkipBad(t *testing.T) {
	t.Parallel()
	c := drawn(t)
	bad := c.Split(catalog.Train)[3]
	if err := os.WriteFile(c.File(bad), []byte("broken"), 0o644); err != nil {
		t.Fatal(err)
	}
	o := options(t, t.TempDir())
	o.Scale.Photos = 0
	if _, err := open(t, c, o).Train(context.Background(), "1.1"); err == nil || !strings.Contains(err.Error(), bad.ID) {
		t.Errorf("got %v", err)
	}
	var said []string
	o.SkipBad, o.Out, o.Log = true, t.TempDir(), func(s string) { said = append(said, s) }
	check, err := open(t, c, o).Train(context.Background(), "1.1")
	if err != nil || check == nil || !strings.Contains(strings.Join(said, "\n"), "left out: photo "+bad.ID) {
		t.Errorf("%v, said %q", err, said)
	}
}

func Example_views() {
	fmt.Println(views([]imageprep.View{imageprep.A0, imageprep.A2, imageprep.A3, imageprep.A4, imageprep.A10}))
	// Output: A0 A2-A4 A10
}
