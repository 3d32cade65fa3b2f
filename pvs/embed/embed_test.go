package embed

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// photos writes n pictures of one colour each.
func photos(t testing.TB, n int) []Photo {
	dir := t.TempDir()
	var out []Photo
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, 40, 30+i))
		draw.Draw(m, m.Bounds(), image.NewUniform(color.RGBA{uint8(40 * i), uint8(255 - 20*i), 90, 255}), image.Point{},
			draw.Src)
		path := filepath.Join(dir, fmt.Sprintf("%d.png", i))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		out = append(out, Photo{ID: fmt.Sprint("p", i), File: path, Where: fmt.Sprintf("photos.csv line %d", i+2)})
	}
	return out
}

// goBackend is GoMLX's own, which is always there.
func goBackend(t testing.TB) compute.Backend {
	backend, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	return backend
}

// asGraph runs graphs on the pure-Go backend.
func asGraph(t testing.TB) engine.Engine {
	t.Helper()
	return chosen(t, engine.Request{Backend: goBackend(t)})
}

// fastest is the fused CPU kernels, or else a graph on the pure-Go backend.
func fastest(t testing.TB) engine.Engine {
	t.Helper()
	return chosen(t, engine.Request{Backend: goBackend(t), Wish: engine.Fastest})
}

// chosen is the engine of a request.
func chosen(t testing.TB, r engine.Request) engine.Engine {
	t.Helper()
	e, err := engine.Choose(r)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// mini is an untrained miniature.
func mini(t testing.TB, batch int) *Network {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(fastest(t), c, c.InitialValues(1), NetworkOptions{Size: 32, Batch: batch})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The vectors of batches, short ones too, are those of photos one by one.
func TestBatchesDoNotMatter(t *testing.T) {
	list := photos(t, 5)
	var sets []*vectors.Set
	for _, batch := range []int{1, 2, 8} {
		name := filepath.Join(t.TempDir(), "set")
		result, err := Run(context.Background(), mini(t, batch), list, name, RunOptions{})
		if err != nil || result.Vectors != 5 || result.New != 5 {
			t.Fatalf("got %+v, %v", result, err)
		}
		set, err := vectors.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, set)
	}
	for i, v := range sets[0].Data {
		for _, s := range sets[1:] {
			if math.Abs(float64(v-s.Data[i])) > 1e-6+1e-4*math.Abs(float64(v)) {
				t.Fatalf("value %d is %g and %g", i, v, s.Data[i])
			}
		}
	}
	if slices.Equal(sets[0].Row(0), sets[0].Row(1)) {
		t.Error("two photos have the same vector")
	}
}

func TestResumeAfterCancel(t *testing.T) {
	list := photos(t, 6)
	name := filepath.Join(t.TempDir(), "set")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, mini(t, 2), list, name, RunOptions{Progress: func(done, total int) {
		if done == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(name + ".npy"); err == nil {
		t.Error("an unfinished set has its name already")
	}
	result, err := Run(context.Background(), mini(t, 2), list, name, RunOptions{})
	if err != nil || result.New >= 6 || result.Vectors != 6 {
		t.Fatalf("got %+v, %v", result, err)
	}
	set, err := vectors.Read(name)
	if err != nil || !slices.Equal(set.IDs, []string{"p0", "p1", "p2", "p3", "p4", "p5"}) {
		t.Errorf("got %v, %v", set.IDs, err)
	}
}

// An interrupted run on other photos leaves nothing in the set.
func TestOtherPhotosStartAnew(t *testing.T) {
	name := filepath.Join(t.TempDir(), "set")
	ctx, cancel := context.WithCancel(context.Background())
	first := photos(t, 6)
	_, err := Run(ctx, mini(t, 2), first, name, RunOptions{Progress: func(done, total int) {
		if done == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	second := photos(t, 3)
	for i := range second {
		second[i].ID = fmt.Sprint("other", i)
	}
	if _, err := Run(context.Background(), mini(t, 2), second, name, RunOptions{}); err != nil {
		t.Fatal(err)
	}
	set, err := vectors.Read(name)
	if err != nil || !slices.Equal(set.IDs, []string{"other0", "other1", "other2"}) {
		t.Errorf("got %v, %v", set.IDs, err)
	}
}

func TestBadPhotos(t *testing.T) {
	list := photos(t, 4)
	if err := os.WriteFile(list[1].File, []byte("no photo"), 0o644); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "set")
	_, err := Run(context.Background(), Histogram{}, list, name, RunOptions{})
	for _, want := range []string{"photo p1", "photos.csv line 3"} {
		if !errors.Is(err, catalog.ErrBad) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	memory, result, err := InMemory(context.Background(), Histogram{}, list, RunOptions{SkipBad: true})
	if err != nil || !slices.Equal(memory.IDs, []string{"p0", "p2", "p3"}) || len(result.Skipped) != 1 || result.New != 3 {
		t.Errorf("in memory: %v, %+v, %v", memory, result, err)
	}
	result, err = Run(context.Background(), Histogram{}, list, name, RunOptions{SkipBad: true})
	if err != nil || result.Vectors != 3 || len(result.Skipped) != 1 {
		t.Fatalf("got %+v, %v", result, err)
	}
	set, err := vectors.Read(name)
	if err != nil || !slices.Equal(set.IDs, []string{"p0", "p2", "p3"}) {
		t.Errorf("got %v, %v", set, err)
	}
}

func TestBadOptions(t *testing.T) {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(fastest(t), c, nil, NetworkOptions{Size: 8}); err == nil {
		t.Error("an input of 8 pixels must be refused")
	}
	if _, err := New(fastest(t), c, map[string][]float32{}, NetworkOptions{}); err == nil ||
		!strings.Contains(err.Error(), "stem_conv/kernel") {
		t.Errorf("got %v", err)
	}
}

func ExampleHistogram() {
	photo := imageprep.NewRGB(2, 2) // black
	v := make([]float32, Histogram{}.Dim())
	Histogram{}.Prepare(photo, v)
	fmt.Println(len(v), v[0])
	// Output: 512 1
}
