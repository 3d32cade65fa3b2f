package pvs_test

import (
	"context"
	"errors"
	"image"
	"image/color"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gopvs/product-visual-search/pvs"
)

const mini = "effnet/testdata/keras_efficientnet_mini_notop.h5"

func open(t *testing.T, opts pvs.NetworkOptions) *pvs.Network {
	t.Helper()
	n, err := pvs.OpenNetwork(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

func photos(t *testing.T) *pvs.Catalog {
	t.Helper()
	c, err := pvs.OpenFolder(t.Context(), "testdata/photos", pvs.FolderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func embed(t *testing.T, n *pvs.Network, photos []pvs.Photo, opts pvs.EmbedOptions) *pvs.Vectors {
	t.Helper()
	v, err := n.Embed(t.Context(), photos, opts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wants checks that an error says something.
func wants(t *testing.T, err error, say string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), say) {
		t.Errorf("got %v, want an error that says %q", err, say)
	}
}

// One program text on all engines, but for one option: the vectors agree.
func TestEngines(t *testing.T) {
	c := photos(t)
	reference := embed(t, open(t, pvs.NetworkOptions{Weights: mini, Backend: "go"}), c.Index(), pvs.EmbedOptions{})
	for name, opts := range map[string]pvs.NetworkOptions{
		"plain Go": {Backend: "go"}, "the default": {}, "XLA": {Backend: "xla:cpu"}, "int8": {Precision: pvs.Int8},
	} {
		t.Run(name, func(t *testing.T) {
			opts.Weights = mini
			n, err := pvs.OpenNetwork(t.Context(), opts)
			if err != nil {
				t.Skip("the engine cannot be had here: ", err)
			}
			defer n.Close()
			near := 1 - 1e-6
			if opts.Precision == pvs.Int8 {
				near = 0.98
			}
			checkEngine(t, n, c, reference, near)
		})
	}
}

// checkEngine holds a network to the vectors of another engine: cosines of at least near.
func checkEngine(t *testing.T, n *pvs.Network, c *pvs.Catalog, reference *pvs.Vectors, near float64) {
	index, queries := embed(t, n, c.Index(), pvs.EmbedOptions{}), embed(t, n, c.Queries(), pvs.EmbedOptions{})
	if !slices.Equal(index.IDs, reference.IDs) {
		t.Fatalf("the index has the photos %v", index.IDs)
	}
	for i, id := range index.IDs {
		cosine, squares := 0.0, 0.0
		for d, v := range index.Row(i) {
			cosine += float64(v) * float64(reference.Row(i)[d])
			squares += float64(v) * float64(v)
		}
		if math.Abs(squares-1) > 1e-5 || cosine < near {
			t.Errorf("%s has the length %g and the cosine %g with plain Go", id, math.Sqrt(squares), cosine)
		}
	}
	results, err := index.Search(t.Context(), queries, 10)
	if err != nil {
		t.Fatal(err)
	}
	report, err := c.Score(results)
	if err != nil || report.Queries != 8 || math.Abs(report.MAR().Value-0.625) > 0.1 {
		t.Errorf("%+v, %v", report, err)
	}
	// A photo alone is found as it is in a batch, in int8 by the index's calibration.
	f, err := os.Open(c.Queries()[0].File)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found, err := index.SearchPhoto(t.Context(), n, f, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range found {
		if w := results[0][i]; r.Index != w.Index || math.Abs(float64(r.Score-w.Score)) > 1e-5 {
			t.Errorf("result %d of the photo is %+v, want %+v", i, r, w)
		}
	}
}

func TestOtherVectorsAreRefused(t *testing.T) {
	c := photos(t)
	network := open(t, pvs.NetworkOptions{Weights: mini, Backend: "go"})
	colours := open(t, pvs.NetworkOptions{Name: pvs.ColourHistogram})
	small := open(t, pvs.NetworkOptions{Weights: mini, Backend: "go", Pixels: 48})
	index := embed(t, network, c.Index()[:2], pvs.EmbedOptions{})
	for _, other := range []*pvs.Network{colours, small} {
		queries := embed(t, other, c.Queries()[:1], pvs.EmbedOptions{})
		_, err := index.Search(t.Context(), queries, 1)
		wants(t, err, "cannot be compared")
		_, err = index.SearchImage(t.Context(), other, image.NewGray(image.Rect(0, 0, 9, 9)), 1)
		wants(t, err, "cannot be compared")
	}
}

// Another network, as an ONNX file, with the same program text; its options go with no others.
func TestONNX(t *testing.T) {
	file := "backbone/testdata/tiny.onnx"
	for _, c := range []struct {
		opts pvs.NetworkOptions
		say  string
	}{
		{pvs.NetworkOptions{ONNX: file, Backend: "go"}, "leave out Name, Weights, Checkpoint, Precision and Backend"},
		{pvs.NetworkOptions{Normalise: "clip"}, "name it by ONNX"},
		{pvs.NetworkOptions{ONNX: "none.onnx"}, "there is no file none.onnx"},
		{pvs.NetworkOptions{ONNX: file, Normalise: "often"}, "no normalisation is called"},
	} {
		_, err := pvs.OpenNetwork(t.Context(), c.opts)
		if err != nil && strings.Contains(err.Error(), "need ONNX Runtime") {
			t.Skip(err)
		}
		wants(t, err, c.say)
	}
	n := open(t, pvs.NetworkOptions{ONNX: file, Normalise: "imagenet", Output: "features"})
	c := photos(t)
	index := embed(t, n, c.Index(), pvs.EmbedOptions{})
	results, err := index.Search(t.Context(), embed(t, n, c.Queries(), pvs.EmbedOptions{}), 10)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := c.Score(results); err != nil || !(report.MAR().Value > 0) || n.Dim() != index.Dim {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestSaved(t *testing.T) {
	c := photos(t)
	n := open(t, pvs.NetworkOptions{Name: pvs.ColourHistogram})
	name := filepath.Join(t.TempDir(), "index")
	batches := 0
	opts := pvs.EmbedOptions{Save: name, Progress: func(done, total int) { batches++ }}
	v := embed(t, n, c.Index(), opts)
	had := batches
	again := embed(t, n, c.Index(), opts)
	read, err := pvs.ReadVectors(name)
	if err != nil {
		t.Fatal(err)
	}
	if had == 0 || batches != had || !slices.Equal(v.Data, again.Data) || !slices.Equal(v.Data, read.Data) {
		t.Errorf("%d steps, then %d; the vectors of files differ", had, batches-had)
	}
	memory := embed(t, n, c.Index(), pvs.EmbedOptions{})
	if !slices.Equal(v.Data, memory.Data) || !slices.Equal(v.IDs, memory.IDs) {
		t.Error("in memory the vectors are others than in files")
	}
	// A photo of the index is not found as itself.
	results, err := read.Search(t.Context(), read, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range results {
		if list[0].Query == list[0].Index {
			t.Errorf("%s is found as itself", list[0].Query)
		}
	}
	_, err = c.Score(results)
	wants(t, err, "search for 10")
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	copyTo := func(to string) {
		t.Helper()
		data, err := os.ReadFile("testdata/photos/hat/0.jpg")
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(filepath.Join(dir, to)), 0o755)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, to), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	copyTo("a.jpg")
	copyTo("b.jpg")
	c, err := pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if index := c.Index(); len(index) != 2 || len(c.Queries()) != 0 || index[0].ID != "a.jpg" {
		t.Errorf("a flat folder: %+v", index)
	}
	copyTo("Hats/red/1.jpg")
	copyTo("Hats/red/2.jpg")
	if c, err = pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(c.Index()) != 3 || len(c.Queries()) != 1 || c.Queries()[0].ID != "Hats/red/1.jpg" {
		t.Errorf("index %+v, queries %+v", c.Index(), c.Queries())
	}
	truth, err := c.Truth()
	if err != nil || !slices.Equal(truth["Hats/red/1.jpg"], []string{"Hats/red/2.jpg"}) {
		t.Errorf("truth %v, %v", truth, err)
	}
	if c, err = pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{Queries: -1}); err != nil || len(c.Index()) != 4 {
		t.Errorf("without queries: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.jpg"), []byte("\xff\xd8\xffno photo"), 0o644); err != nil {
		t.Fatal(err)
	}
	if c, err = pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{}); err != nil {
		t.Fatal(err)
	}
	n := open(t, pvs.NetworkOptions{Name: pvs.ColourHistogram})
	_, err = n.Embed(t.Context(), c.Index(), pvs.EmbedOptions{})
	if wants(t, err, "photo c.jpg"); !errors.Is(err, pvs.ErrBad) {
		t.Errorf("%v is not ErrBad", err)
	}
	if v := embed(t, n, c.Index(), pvs.EmbedOptions{SkipBad: true}); v.Len() != 3 || len(v.Skipped) != 1 {
		t.Errorf("%d vectors, left out %q", v.Len(), v.Skipped)
	}
	if err := os.WriteFile(filepath.Join(dir, "d.zip"), []byte("PK"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{})
	if wants(t, err, "1 photos or rows are bad (d.zip: it is an archive"); !errors.Is(err, pvs.ErrBad) {
		t.Errorf("%v is not ErrBad", err)
	}
	if c, err = pvs.OpenFolder(t.Context(), dir, pvs.FolderOptions{SkipBad: true}); err != nil || len(c.Index()) != 4 {
		t.Errorf("without what is bad: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.csv")); len(left) > 0 {
		t.Errorf("the folder got %v", left)
	}
	_, err = pvs.OpenFolder(t.Context(), filepath.Join(dir, "none"), pvs.FolderOptions{})
	wants(t, err, "there is no")
}

func TestCatalog(t *testing.T) {
	dir := t.TempDir()
	photo, err := filepath.Abs("testdata/photos/hat/0.jpg")
	if err != nil {
		t.Fatal(err)
	}
	rows := "photo,path,split,product,category,title\n" +
		"a," + photo + ",index,hat,,\nb," + photo + ",query,hat,,\nc,,index,,,\n"
	if err := os.WriteFile(filepath.Join(dir, "photos.csv"), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = pvs.OpenCatalog(dir, pvs.CatalogOptions{})
	wants(t, err, "photos.csv line 4")
	c, err := pvs.OpenCatalog(dir, pvs.CatalogOptions{SkipBad: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Index()) != 1 || len(c.Queries()) != 1 || len(c.Skipped) != 1 {
		t.Errorf("%+v", c)
	}
}

func TestNetworkErrors(t *testing.T) {
	for say, opts := range map[string]pvs.NetworkOptions{
		"no ImageNet weights of \"b7\"": {Name: "b7"},
		"leave out Name and Weights":    {Checkpoint: "run", Name: "b0"},
		"there is no checkpoint":        {Checkpoint: t.TempDir()},
		"no such file":                  {Weights: "none.h5"},
		"leave out all options":         {Name: pvs.ColourHistogram, Pixels: 96},
		"mini":                          {Weights: mini, Name: "maxi"},
		"an input of 5 pixels":          {Weights: mini, Pixels: 5, Backend: "go"},
		"the backend no-such-one":       {Weights: mini, Backend: "no-such-one"},
	} {
		_, err := pvs.OpenNetwork(t.Context(), opts)
		wants(t, err, say)
	}
	var said strings.Builder
	n := open(t, pvs.NetworkOptions{Weights: mini, Backend: "go", Logger: slog.New(slog.NewTextHandler(&said, nil))})
	if !strings.Contains(said.String(), "runs on go") {
		t.Errorf("the log is %q", said.String())
	}
	_, err := n.Embed(t.Context(), nil, pvs.EmbedOptions{})
	wants(t, err, "no photos")
	file := "testdata/photos/hat/0.jpg"
	_, err = n.Embed(t.Context(), pvs.Files(file, file), pvs.EmbedOptions{})
	wants(t, err, "stands for the vectors")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Embed(ctx, pvs.Files(file), pvs.EmbedOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	n.Close()
	n.Close()
	_, err = n.Embed(t.Context(), pvs.Files(file), pvs.EmbedOptions{})
	wants(t, err, "was closed")
}

// A network and an index serve several goroutines.
func TestConcurrent(t *testing.T) {
	n := open(t, pvs.NetworkOptions{Name: pvs.ColourHistogram})
	index := embed(t, n, photos(t).Index(), pvs.EmbedOptions{})
	grey := image.NewUniform(color.Gray{128})
	_, err := index.SearchImage(t.Context(), n, image.NewGray(image.Rectangle{}), 1)
	wants(t, err, "no pixels")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			m := image.NewRGBA(image.Rect(0, 0, 20, 30))
			for i := range m.Pix {
				m.Pix[i] = grey.C.(color.Gray).Y
			}
			found, err := index.SearchImage(t.Context(), n, m, 5)
			if err != nil || len(found) != 5 {
				t.Errorf("%d results, %v", len(found), err)
			}
			if _, err := index.Search(t.Context(), index, 2); err != nil {
				t.Error(err)
			}
			if _, err := n.Embed(t.Context(), pvs.Files("testdata/photos/hat/0.jpg"), pvs.EmbedOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}
