package epochs

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// drawn is a small catalogue: 6 products have a query and index photos each.
func drawn(t *testing.T) *catalog.Catalog {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "drawn")
	opts := studio.Options{Seed: 1, Search: 6, Style: studio.Style{Size: 40}}
	if _, err := studio.Photograph(context.Background(), dir, synth.Catalog(1, 8), opts, nil); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mini keeps 20 photos for a small network without training; values are its weights with a Siamese head.
func mini(t *testing.T, c *catalog.Catalog) (k *Keeper, values map[string][]float32) {
	t.Helper()
	config, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Choose(engine.Request{Backend: b, Wish: engine.Fastest})
	if err != nil {
		t.Fatal(err)
	}
	values = config.InitialValues(1)
	for name, v := range (siamese.Head{Features: config.Features(), Dim: 16}).InitialValues(1) {
		values[name] = v
	}
	return &Keeper{Catalog: c, Photos: 20, Engine: e, Heads: b, Config: config, Log: func(s string) { t.Log(s) }}, values
}

// A sample has whole products, no more photos than asked for, and the same ones whatever else is in the catalogue.
func TestChoose(t *testing.T) {
	t.Parallel()
	c := drawn(t)
	s, err := choose(c, 20)
	if err != nil {
		t.Fatal(err)
	}
	byID, count, queries := c.ByID(), map[string]int{}, 0
	size := map[string]int{}
	for _, p := range c.Photos {
		size[p.Product]++
	}
	for _, p := range s.Photos {
		count[byID[p.ID].Product]++
		if p.Query {
			queries++
		}
		if p.Query == p.Index || p.Query != (byID[p.ID].Split == catalog.Query) {
			t.Errorf("%+v has another part", p)
		}
	}
	right, err := s.Right(c)
	if err != nil || len(s.Photos) != 20 || queries < 2 || len(right) != queries {
		t.Errorf("%d photos, right ones of %d of %d queries, %v", len(s.Photos), len(right), queries, err)
	}
	inWhole := 0
	for q, list := range right {
		product := byID[s.Photos[q].ID].Product
		if inWhole += size[product]; len(list) != size[product]-1 || count[product] != size[product] {
			t.Errorf("of %s there are %d of %d photos, %d of them right", product, count[product], size[product], len(list))
		}
	}
	c.Photos = append(c.Photos, catalog.Photo{ID: "new", Split: catalog.Index, Product: "new"})
	slices.Reverse(c.Photos)
	again, err := choose(c, inWhole)
	if err != nil || !slices.Equal(ids(again), ids(s)[:inWhole]) {
		t.Errorf("with another photo the sample is %v, not %v, %v", ids(again), ids(s)[:inWhole], err)
	}
}

// Samples are the same whose files have the same bytes, whenever they were looked at.
func TestSame(t *testing.T) {
	t.Parallel()
	c := drawn(t)
	var samples []*Sample
	for range 2 {
		s, err := choose(c, 8)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.stamped(t.Context(), c, false); err != nil {
			t.Fatal(err)
		}
		samples = append(samples, s)
	}
	samples[1].Photos[0].Stamp = strings.Replace(samples[1].Photos[0].Stamp, ":0:0:", ":7:8:", 1)
	if samples[0].Photos[0] == samples[1].Photos[0] || !samples[0].Same(samples[1]) {
		t.Error("the times of files make them others")
	}
	samples[1].Photos[0].Stamp = samples[1].Photos[1].Stamp
	if samples[0].Same(samples[1]) {
		t.Error("another file is the same")
	}
}

func ids(s *Sample) (out []string) {
	for _, p := range s.Photos {
		out = append(out, p.ID)
	}
	return out
}

// What was kept is read as it was, but for float16's rounding; a training that goes on writes the same files, and one
// that starts anew removes those of the one before, and nothing else.
func TestKeep(t *testing.T) {
	t.Parallel()
	c, dir := drawn(t), t.TempDir()
	k, values := mini(t, c)
	run := Run{Key: "key", Name: "1.8", Parent: "1.2", Kind: "train", Epochs: 2, Pixels: 32}
	keep := func(k *Keeper, fresh bool, epochs ...int) {
		t.Helper()
		kept, err := k.Begin(t.Context(), dir, run, fresh, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range epochs {
			if err := kept.Keep(t.Context(), Epoch{Number: n, Loss: 0.5}, values); err != nil {
				t.Fatal(err)
			}
		}
	}
	keep(k, true, 0, 1)
	files := func() map[string]string {
		out := map[string]string{}
		entries, err := os.ReadDir(filepath.Join(dir, Folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := os.ReadFile(filepath.Join(dir, Folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			out[e.Name()] = string(data)
		}
		return out
	}
	before := files()
	if len(before) != 3 || len(before["vectors-1.safetensors"]) > 20*16*2+2000 {
		t.Errorf("%d files, %d bytes", len(before), len(before["vectors-1.safetensors"]))
	}
	other, _ := mini(t, c) // another process, which was asked for fewer photos
	other.Photos = 6
	keep(other, false, 1, 2)
	after := files()
	for name, text := range before {
		if after[name] != text {
			t.Errorf("%s was written otherwise when the training went on", name)
		}
	}
	got, list, err := Read(dir)
	if err != nil || len(list) != 3 || len(got.Sample.Photos) != 20 || got.Parent != "1.2" {
		t.Fatalf("%+v, %d epochs, %v", got, len(list), err)
	}
	kept, err := k.open(dir, got)
	if err != nil {
		t.Fatal(err)
	}
	exact, err := k.embed(t.Context(), kept, values)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range list[2].Vectors.Data {
		if math.Abs(float64(v-exact.Data[i])) > 1e-3 {
			t.Fatalf("value %d is %g, not %g", i, v, exact.Data[i])
		}
	}
	if o := list[2].Vectors.Origin; o == nil || o.Run != "1.8" || o.Weights == "" || list[2].Loss != 0.5 {
		t.Errorf("made by %+v", o)
	}
	mine := filepath.Join(dir, Folder, "mine.txt")
	if err := os.WriteFile(mine, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	keep(k, true, 0)
	if now := files(); len(now) != 3 || now["vectors-0.safetensors"] != before["vectors-0.safetensors"] {
		t.Errorf("a training that starts anew leaves %d files", len(now))
	}
	var none *Keeper
	keep(none, true, 0)
	if _, _, err := Read(dir); !errors.Is(err, ErrNone) {
		t.Errorf("what is not kept is still there: %v", err)
	}
}

// Torn files, those of another training and of other photos are refused in a sentence.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	c, dir := drawn(t), t.TempDir()
	k, values := mini(t, c)
	run := Run{Key: "key", Name: "1.8", Kind: "train", Epochs: 1, Pixels: 32}
	file := fileOf(dir, 1)
	begin := func(name string) {
		t.Helper()
		run.Name = name
		kept, err := k.Begin(t.Context(), dir, run, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := kept.Keep(t.Context(), Epoch{Number: 1}, values); err != nil {
			t.Fatal(err)
		}
	}
	begin("before")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, Folder, runFile)
	for say, spoil := range map[string]func() error{
		"cut off or damaged; remove that file": func() error { return os.Truncate(file, int64(len(old)-70)) },
		"is of another training":               func() error { return os.WriteFile(file, old, 0o644) },
		"does not hold the vectors of epoch 2": func() error { return os.WriteFile(fileOf(dir, 2), old, 0o644) },
		"run.json should say":                  func() error { return os.Truncate(path, 100) },
		`has the format "x", version 0`:        func() error { return write(path, `{"format": "x"}`) },
		"is no stamp of a file":                func() error { return write(path, stampless) },
	} {
		begin("after")
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	begin("after")
	got, _, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Sample.Against(t.Context(), c); err != nil {
		t.Error(err)
	}
	photo := c.File(c.ByID()[got.Sample.Photos[3].ID])
	if err := os.WriteFile(photo, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = got.Sample.Against(t.Context(), c)
	want := fmt.Sprintf("1 of 20 photos have other files or are gone, %s the first", got.Sample.Photos[3].ID)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if kept, err := k.Begin(t.Context(), dir, run, false, nil); kept != nil || err != nil {
		t.Errorf("it goes on with other photos: %v", err)
	}
	c.Photos = c.Photos[:2]
	if err := got.Sample.Against(t.Context(), c); err == nil || !strings.Contains(err.Error(), "has no photo") {
		t.Error(err)
	}
}

func write(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) }

const stampless = `{"format": "pvs epochs", "version": 1,
	"sample": {"by": "truth", "photos": [{"id": "a", "stamp": "x"}]}}`

// Of many epochs evenly spread ones are kept, the first and the last among them.
func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		epochs, most int
		want         []int
	}{{1, 32, []int{0, 1}}, {3, 32, []int{0, 1, 2, 3}}, {20, 4, []int{0, 5, 10, 15, 20}}, {7, 3, []int{0, 2, 5, 7}},
		{2, 2, []int{0, 1, 2}}, {5, 1, []int{0, 5}}} {
		if got := Spread(c.epochs, c.most); !slices.Equal(got, c.want) {
			t.Errorf("%d of %d epochs: %v, want %v", c.most, c.epochs, got, c.want)
		}
	}
}
