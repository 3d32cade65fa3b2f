package fit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/siamese"
)

// shop draws a catalogue: stripes whose colour and direction are the product's, on a random ground. Train products have
// titles, and product ids or not.
func shop(t *testing.T, products, photos int, change func(*catalog.Photo)) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for p := range 2 * products {
		ink := color.NRGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
		across, width := rng.IntN(2) == 0, 2+rng.IntN(6)
		for i := range photos {
			photo := catalog.Photo{ID: fmt.Sprintf("p%d-%d", p, i), Title: fmt.Sprintf("Thing %d", p), Category: "Things",
				Split: catalog.Train, Path: fmt.Sprintf("p%d-%d.png", p, i)}
			if p >= products {
				photo.Split, photo.Product = catalog.Index, fmt.Sprintf("product %d", p)
				if i == 0 {
					photo.Split = catalog.Query
				}
			}
			if change != nil {
				change(&photo)
			}
			paint(t, filepath.Join(dir, photo.Path), rng, ink, across, width)
			if err := w.Write(photo); err != nil {
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

func paint(t *testing.T, path string, rng *rand.Rand, ink color.NRGBA, across bool, width int) {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, 40, 40))
	ground := color.NRGBA{uint8(rng.IntN(256)), uint8(rng.IntN(256)), uint8(rng.IntN(256)), 255}
	at := rng.IntN(20)
	for y := range 40 {
		for x := range 40 {
			place := x
			if across {
				place = y
			}
			if (place+at)/width%2 == 0 {
				m.Set(x, y, ink)
			} else {
				m.Set(x, y, ground)
			}
		}
	}
	save(t, path, m)
}

func save(t *testing.T, path string, m image.Image) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
}

// mini is a small network without training, and a recipe that takes seconds.
func mini(t *testing.T) (Network, Options) {
	t.Helper()
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	b, err := gobackend.New("")
	if err != nil {
		t.Fatal(err)
	}
	wish := engine.AsGraph
	if cpu.Supports(effnet.Float32) {
		wish = engine.Fused
	}
	e, err := engine.Choose(engine.Request{Backend: b, Wish: wish, Training: true})
	if err != nil {
		t.Fatal(err)
	}
	r := Recommended()
	r.Name, r.Dim, r.Classes, r.PerClass, r.Epochs, r.Evaluations, r.HeldOut = "test", 16, 6, 2, 6, 3, 0.4
	r.LearningRate, r.Average, r.Centre = 2e-3, 0.8, 1
	return Network{Config: c, Values: c.InitialValues(1)},
		Options{Training: e, Inference: e, Budget: time.Hour, Pixels: 32, Recipe: r}
}

// A fit scores before and after, writes a checkpoint that is one of finetune's, and leaves no unfinished training.
func TestRun(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	opts.Recipe.Centre = 0.5
	var said []string
	opts.Log = func(line string) { said = append(said, line) }
	dir := t.TempDir()
	r, err := Run(t.Context(), shop(t, 20, 4, nil), network, dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	if r.Labels != "titles" || r.On != "queries in the index" || r.Before <= 0 || r.After <= 0 ||
		len(r.Evaluations) == 0 || r.Low > r.Difference || r.High < r.Difference {
		t.Errorf("%+v", r)
	}
	check, err := finetune.ReadCheckpoint(r.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if !check.Done || check.Settings.Size != r.Pixels || !slices.Contains([]int{32, 40, 48}, r.Pixels) ||
		r.Kept != (check.Values[siamese.Kernel] != nil) {
		t.Errorf("kept %t, %+v", r.Kept, check.Settings)
	}
	if check.Settings.Centre != r.Centre || len(r.Centres) != 5 {
		t.Errorf("centre %g, %g in the checkpoint, of %+v", r.Centre, check.Settings.Centre, r.Centres)
	}
	for _, c := range r.Centres { // all but the one that training looked at
		if c.Kept != (c.Name == imageprep.Look{Size: r.Pixels, Centre: r.Centre}.Part()) {
			t.Errorf("%+v, of which the central %g is kept", c, r.Centre)
		}
	}
	for i, size := range []int{40, 48} {
		if r.Sizes[i].Name != fmt.Sprintf("inputs of %d pixels", size) || r.Sizes[i].Kept != (r.Pixels == size) {
			t.Errorf("%+v, of which %d pixels are kept", r.Sizes[i], r.Pixels)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, StateFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the finished training is still there: %v", err)
	}
	for _, want := range []string{"labels: titles", "held-out photos", "before: held-out", "held-out MAR@10",
		"after: MAR@10"} {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("nothing was said of %q: %q", want, said)
		}
	}
}

// Larger inputs are a number of pixels that there is, each once.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pixels int
		larger float64
		want   []int
	}{{112, 1.5, []int{140, 168}}, {224, 1.5, []int{280, 336}}, {64, 1.05, []int{68}}, {64, 1, nil}} {
		f := &fitting{pixels: c.pixels, recipe: Recipe{Larger: c.larger}}
		if got := f.sizes(); !slices.Equal(got, c.want) {
			t.Errorf("%d pixels, %g times: %v, want %v", c.pixels, c.larger, got, c.want)
		}
	}
}

// A held-out photo is the same input whether it was read at the start or is read anew.
func TestHeldOutIsReadAnew(t *testing.T) {
	t.Parallel()
	for _, titles := range []bool{true, false} {
		c := shop(t, 40, 4, func(p *catalog.Photo) {
			if !titles {
				p.Title = ""
			}
		})
		tr := &training{fitting: &fitting{cat: c, pixels: 32, recipe: Recommended()}, first: imageprep.Look{Size: 32}}
		kind := labels.Titles
		if !titles {
			kind = labels.None
		}
		if _, err := tr.holdOut(t.Context(), c.Split(catalog.Train), kind); err != nil {
			t.Fatal(err)
		}
		if tr.held.variants == titles {
			t.Errorf("titles %t, variants %t", titles, tr.held.variants)
		}
		load, err := tr.held.loader(tr.asIs())
		if err != nil {
			t.Fatal(err)
		}
		of, other := len(tr.held.photos), tr.held.others.loader(tr.asIs())
		itself, variant := make([]float32, 3*32*32), make([]float32, 3*32*32)
		for i := range tr.held.rows() {
			to := itself
			if err := load(i%of, itself, variant); err != nil {
				t.Fatal(err)
			}
			if i >= of {
				to = variant
			}
			if i >= tr.held.own() {
				if err := other(i-tr.held.own(), to); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(to, tr.held.inputs[i*len(to):][:len(to)]) {
				t.Fatalf("titles %t: input %d is another one when it is read again", titles, i)
			}
		}
	}
}

// Of a title's words those count that the fewest photos have, of photos that are trained on.
func TestSetWords(t *testing.T) {
	t.Parallel()
	tr := &training{fitting: &fitting{}}
	title := func(s string) catalog.Photo { return catalog.Photo{Title: s} }
	photos := []catalog.Photo{title("red mug"), title("Mug, blue"), title("blue vase"), title("red vase"), title("red"),
		title("a b c d e f g h mug"), title("a b c d e f g h blue"), title("")}
	tr.setWords(photos, []int{0, 1, 2, 4, 5, 6, 7})
	name := labels.Of(append(slices.Clone(photos[:3]), photos[4:]...), labels.Words).Names
	var got []string
	for _, words := range tr.words {
		text := ""
		for _, w := range words {
			text += name[w] + " "
		}
		got = append(got, text)
	}
	want := []string{"red mug ", "blue mug ", "blue ", "red ", "a b c d e f g h ", "a b c d e f g h ", ""}
	if !slices.Equal(got, want) || tr.counts.words != len(name) {
		t.Errorf("%q of %q", got, name)
	}
	b := &feed.Batch{Labels: []int32{0, 1}, Photos: []int32{2, -1}}
	if of := tr.targets(b); !slices.Equal(of.words, append(append([]int32{tr.words[2][0]},
		slices.Repeat([]int32{-1}, mostWords-1)...), slices.Repeat([]int32{-1}, mostWords)...)) {
		t.Errorf("%v", of.words)
	}
}

// A finished fit is not trained again, but is when a photo was replaced by another one.
func TestFinished(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	opts.Recipe.Epochs, opts.Recipe.Classes = 1, 32 // more than there are
	c, dir := shop(t, 12, 4, nil), t.TempDir()
	trained := func() (*Result, bool) {
		said := false
		opts.Log = func(line string) { said = said || strings.Contains(line, "passes over the photos") }
		r, err := Run(t.Context(), c, network, dir, opts)
		if err != nil {
			t.Fatal(err)
		}
		return r, said
	}
	first, did := trained()
	again, didAgain := trained()
	if !did || didAgain {
		t.Fatalf("trained: %t, then %t", did, didAgain)
	}
	first.Seconds, again.Seconds = 0, 0
	a, _ := json.Marshal(first)
	if b, _ := json.Marshal(again); string(a) != string(b) {
		t.Errorf("the result was %s and is %s", a, b)
	}
	photo := c.Split(catalog.Train)[0]
	paint(t, filepath.Join(c.Dir, photo.Path), rand.New(rand.NewPCG(8, 8)), color.NRGBA{A: 255}, true, 3)
	if _, did := trained(); !did {
		t.Error("a photo was replaced, and the result of the old one was taken")
	}
}

// Val photos of products or titles that train lacks are what is validated by, and all train photos are trained on.
func TestValIsHeldOut(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	opts.Recipe.Epochs = 1
	c := shop(t, 24, 4, func(p *catalog.Photo) {
		if n := 0; p.Split == catalog.Train {
			if _, err := fmt.Sscanf(p.ID, "p%d", &n); err == nil && n < 7 {
				p.Split = catalog.Val
			}
			if n == 6 {
				p.Title = "Thing 9" // which train has, too
			}
		}
	})
	r, err := Run(t.Context(), c, network, t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if want := "24 held-out photos; with each of 24 of them, those of the same title"; !strings.Contains(r.HeldOut, want) {
		t.Errorf("%q, want %q", r.HeldOut, want)
	}
}

// A training that is cancelled again and again ends with the weights of an unbroken one.
func TestResume(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	opts.Recipe.Epochs, opts.Recipe.Memory, opts.Recipe.ProxyAnchor, opts.Recipe.Words = 4, 24, 0.5, 0.5
	opts.Recipe.GeM = 2
	c := shop(t, 12, 4, nil)
	values := func(dir string, stopAfter int) map[string][]float32 {
		for {
			ctx, cancel := context.WithCancel(t.Context())
			o := opts
			o.Progress = func(what string) (func(done, total int), func()) {
				n := 0
				return func(int, int) {
					if n++; what == "training" && n == stopAfter {
						cancel()
					}
				}, func() {}
			}
			r, err := Run(ctx, c, network, dir, o)
			cancel()
			if errors.Is(err, context.Canceled) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			check, err := finetune.ReadCheckpoint(r.Checkpoint)
			if err != nil {
				t.Fatal(err)
			}
			return check.Values
		}
	}
	opts.Keep = 20
	unbroken, stopped := t.TempDir(), t.TempDir()
	whole, broken := values(unbroken, -1), values(stopped, 3)
	_, kept, err1 := epochs.Read(unbroken)
	_, again, err2 := epochs.Read(stopped)
	if err1 != nil || err2 != nil || len(kept) < 3 || len(again) != len(kept) {
		t.Fatalf("vectors of %d and %d evaluations are kept, %v, %v", len(kept), len(again), err1, err2)
	}
	for i, a := range kept {
		if b := again[i]; a.Step != b.Step || a.HeldOut != b.HeldOut || !slices.Equal(a.Vectors.Data, b.Vectors.Data) {
			t.Errorf("evaluation %d keeps other vectors", a.Number)
		}
	}
	for name, v := range whole {
		if !slices.Equal(v, broken[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

// What is no catalogue to learn from, or another training's folder, is refused in a sentence.
func TestRefused(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	for say, c := range map[string]*catalog.Catalog{
		"no photos in the split train": shop(t, 3, 2, func(p *catalog.Photo) { p.Split = catalog.Index }),
		"all of one product or title":  shop(t, 3, 2, func(p *catalog.Photo) { p.Title = "Thing" }),
	} {
		_, err := Run(t.Context(), c, network, t.TempDir(), opts)
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	dir := t.TempDir()
	c := shop(t, 12, 4, nil)
	_, err := Run(t.Context(), c, network, c.Dir, opts)
	if err == nil || !strings.Contains(err.Error(), "holds a catalogue") {
		t.Errorf("into the catalogue: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	o := opts
	o.Progress = func(what string) (func(done, total int), func()) {
		return func(int, int) {
			if what == "training" {
				cancel()
			}
		}, func() {}
	}
	if _, err := Run(ctx, c, network, dir, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, StateFile)); err != nil {
		t.Fatal(err)
	}
	o = opts
	o.Recipe.Labels = labels.None
	if _, err := Run(t.Context(), c, network, dir, o); err == nil || !strings.Contains(err.Error(), "or labels") {
		t.Errorf("got %v", err)
	}
	opts.Recipe.LearningRate *= 2
	if _, err := Run(t.Context(), c, network, dir, opts); err == nil || !strings.Contains(err.Error(), "another recipe") {
		t.Errorf("got %v", err)
	}
}

// Steps on made photos change a copy of the weights.
func TestStepper(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	before := slices.Clone(network.Values["stem_conv/kernel"])
	s, err := NewStepper(opts.Training, network.Config, network.Values, opts.Pixels, opts.Recipe, 5)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 3 {
		if err := s.Step(); err != nil {
			t.Fatal(err)
		}
	}
	trained := s.session.values["stem_conv/kernel"]
	if !slices.Equal(before, network.Values["stem_conv/kernel"]) || slices.Equal(before, trained) {
		t.Error("the steps changed the caller's weights, or trained none")
	}
}

// A recipe's mistakes are named.
func TestValidate(t *testing.T) {
	t.Parallel()
	for say, change := range map[string]func(*Recipe){
		"multiple of 8":   func(r *Recipe) { r.Dim = 12 },
		"no loss":         func(r *Recipe) { r.Softmax, r.Contrastive = 0, 0 },
		"0 epochs":        func(r *Recipe) { r.Epochs = 0 },
		"not above 0":     func(r *Recipe) { r.LearningRate = 0 },
		"are shares":      func(r *Recipe) { r.Average = 1 },
		"a batch of":      func(r *Recipe) { r.Classes, r.PerClass = 1, 1 },
		"evaluated":       func(r *Recipe) { r.Evaluations = 0 },
		"exponent":        func(r *Recipe) { r.GeM = 0.5 },
		"nonsense":        func(r *Recipe) { r.Augmentation = "nonsense" },
		"sphereface":      func(r *Recipe) { r.SoftmaxKind = "sphereface" },
		"proxy_anchor":    func(r *Recipe) { r.ProxyAnchor = -1 },
		"a memory is for": func(r *Recipe) { r.Memory, r.Contrastive = 64, 0 },
		"the 20000 of":    nil,
	} {
		r := Recommended()
		var err error
		if change == nil {
			r.Contrastive = 0
			_, err = r.terms(counts{classes: 20_001})
		} else {
			change(&r)
			err = r.Validate()
		}
		if err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	if err := Recommended().Validate(); err != nil {
		t.Error(err)
	}
}
