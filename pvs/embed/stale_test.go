package embed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// embedAll runs to the end and returns what was done and the set.
func embedAll(t *testing.T, list []Photo, name string, opts RunOptions) (Result, *vectors.Set) {
	t.Helper()
	result, err := Run(context.Background(), Histogram{}, list, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	set, err := vectors.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return result, set
}

// replace gives a photo another one's bytes, and the times that it had.
func replace(t *testing.T, photo, by Photo) {
	t.Helper()
	info, err := os.Stat(photo.File)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(by.File)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(photo.File, data, 0o644),
		os.Chtimes(photo.File, info.ModTime(), info.ModTime())); err != nil {
		t.Fatal(err)
	}
}

// sameFiles makes sure that a set is to the byte that of an unbroken run.
func sameFiles(t *testing.T, name string, list []Photo, opts RunOptions) {
	t.Helper()
	fresh := filepath.Join(t.TempDir(), "fresh")
	embedAll(t, list, fresh, opts)
	for _, end := range []string{".npy", ".ids"} {
		a, err1 := os.ReadFile(name + end)
		b, err2 := os.ReadFile(fresh + end)
		if err := errors.Join(err1, err2); err != nil || !slices.Equal(a, b) {
			t.Errorf("%s is not that of an unbroken run, %v", end, err)
		}
	}
	if left, _ := filepath.Glob(name + "*.part"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A complete set is used again; a photo that was replaced under its name is embedded
// again, and only that; one that was only touched is not.
func TestReplacedPhoto(t *testing.T) {
	list := photos(t, 6)
	name := filepath.Join(t.TempDir(), "set")
	if r, _ := embedAll(t, list, name, RunOptions{}); r.New != 6 || r.Vectors != 6 {
		t.Fatalf("%+v", r)
	}
	started := false
	opts := RunOptions{Progress: func(int, int) { started = true }}
	if r, _ := embedAll(t, list, name, opts); r.New != 0 || r.Vectors != 6 || started {
		t.Errorf("a complete set is embedded again: %+v", r)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(list[3].File, later, later); err != nil {
		t.Fatal(err)
	}
	if r, _ := embedAll(t, list, name, RunOptions{}); r.New != 0 || r.Vectors != 6 {
		t.Errorf("a touched photo is embedded again: %+v", r)
	}
	if runtime.GOOS == "linux" {
		same := photos(t, 3)[2] // of the same size, as bytes go
		replace(t, list[2], same)
		var said []string
		replace(t, list[1], list[4])
		r, _ := embedAll(t, list, name, RunOptions{Log: func(line string) { said = append(said, line) }})
		if r.New != 1 || r.Changed != 1 || len(said) != 1 || !strings.Contains(said[0], "p1") {
			t.Errorf("%+v, %q", r, said)
		}
	}
	sameFiles(t, name, list, RunOptions{})
	if err := os.Remove(list[5].File); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), Histogram{}, list, name, RunOptions{}); err == nil ||
		!strings.Contains(err.Error(), "photo p5") {
		t.Errorf("a photo that is gone: %v", err)
	}
	if r, set := embedAll(t, list, name, RunOptions{SkipBad: true}); r.Vectors != 5 || len(r.Skipped) != 1 ||
		set.Len() != 5 {
		t.Errorf("%+v", r)
	}
	sameFiles(t, name, list, RunOptions{SkipBad: true})
}

// An interrupted run goes on, and embeds again what was replaced meanwhile.
func TestReplacedWhileInterrupted(t *testing.T) {
	list := photos(t, 400)
	name := filepath.Join(t.TempDir(), "set")
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Run(ctx, Histogram{}, list, name, RunOptions{Progress: func(done, total int) {
		if done >= 32 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	replace(t, list[7], list[60])
	replace(t, list[390], list[1])
	r, _ := embedAll(t, list, name, RunOptions{})
	if r.Changed != 1 || r.New >= 400 || r.Vectors != 400 {
		t.Errorf("%+v", r)
	}
	sameFiles(t, name, list, RunOptions{})
}

// What made the vectors and of what is noted; other weights make another Digest.
func TestOrigin(t *testing.T) {
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	network := func(seed uint64) *Network {
		n, err := New(asGraph(t), c, c.InitialValues(seed),
			NetworkOptions{Size: 32, Batch: 2, WeightsFrom: "seed"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(n.Close)
		return n
	}
	list := photos(t, 3)
	name := filepath.Join(t.TempDir(), "set")
	if _, err := Run(context.Background(), network(1), list, name,
		RunOptions{Catalog: "shop", Split: "index"}); err != nil {
		t.Fatal(err)
	}
	set, err := vectors.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	o := set.Origin
	if o.Network != "mini" || o.Title != c.Title || o.Weights != Digest(c, c.InitialValues(1), Features) ||
		o.WeightsFrom != "seed" || o.Pixels != 32 ||
		!slices.Equal(o.Views, []string{"A0"}) || o.Output != "features" || o.Precision != "float32" ||
		o.Engine != goBackend(t).Name() || o.Resize == "" ||
		!filepath.IsAbs(o.Catalog) || o.Split != "index" || o.List != vectors.DigestIDs([]string{"p0", "p1", "p2"}) ||
		len(o.Photos) != 64 || o.Program == "" || time.Since(o.Date) > time.Hour {
		t.Errorf("got %+v", o)
	}
	same, other := network(1).Origin(), network(2).Origin()
	if err := vectors.Compare("the index", o, "the queries", &same); err != nil {
		t.Error(err)
	}
	if err := vectors.Compare("the index", o, "the queries", &other); err == nil ||
		!strings.Contains(err.Error(), o.Weights[:12]) || !strings.Contains(err.Error(), other.Weights[:12]) {
		t.Errorf("got %v", err)
	}
	// Heads go on the features of their own network only.
	_, heads := withHeads(t)
	if got, err := Project(goBackend(t), c, heads, set, Descriptor); err != nil ||
		got.Origin.Output != "descriptor" || got.Origin.Weights != Digest(c, heads, Descriptor) {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, v := range c.InitialValues(2) {
		heads[name] = v
	}
	if _, err := Project(goBackend(t), c, heads, set, Descriptor); err == nil ||
		!strings.Contains(err.Error(), "weights") {
		t.Errorf("heads on the features of another network: %v", err)
	}
}
