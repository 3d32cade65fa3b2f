package finetune

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/feed"
)

// paint writes a photo of one colour, with a time of change that stays.
func paint(t *testing.T, file string, c uint8) {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 40, 40))
	for i := range m.Pix {
		m.Pix[i] = c + uint8(i%5)
	}
	m.Set(0, 0, color.White)
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, m); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(file, at, at); err != nil {
		t.Fatal(err)
	}
}

// Photos that are replaced under the same name, their times too, are noticed: a run on top of others
// does not train on cached features of the old ones, and a run of the old ones is not gone
// on with. One that is written again as it was is the same.
func TestReplacedPhotos(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(i int) string { return filepath.Join(dir, fmt.Sprintf("%d.png", i)) }
	rows := "photo,path,split,product,category,title\n"
	for i := range 8 {
		paint(t, file(i), uint8(20*i))
		rows += fmt.Sprintf("p%d,%d.png,train,,%c,\n", i, i, 'A'+i%2)
	}
	if err := os.WriteFile(filepath.Join(dir, catalog.PhotosFile), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	features := filepath.Join(t.TempDir(), "features")
	run := func(out string) (first float64, err error) {
		c, err := catalog.Open(dir, catalog.Options{})
		if err != nil {
			t.Fatal(err)
		}
		tr := trainer(t)
		tr.Classes = feed.ClassesOf(c, catalog.Train)
		tr.Train, tr.Val, tr.CacheDir = feed.Sample(feed.FromCatalog(c, catalog.Train, tr.Classes), 7, 1), nil, features
		s := settings(NewTop, 1)
		s.Cache = true
		check, err := tr.Run(context.Background(), out, s, miniBackbone(t))
		if err != nil {
			return 0, err
		}
		return check.Epochs[0].Train.Loss(), nil
	}
	must := func(out string) float64 {
		t.Helper()
		loss, err := run(out)
		if err != nil {
			t.Fatal(err)
		}
		return loss
	}
	before, out := must(t.TempDir()), t.TempDir()
	must(out)
	for i := range 8 {
		paint(t, file(i), uint8(20*i)) // the same bytes at another time
	}
	if got := must(t.TempDir()); got != before {
		t.Errorf("the same photos give a loss of %g, not %g", got, before)
	}
	must(out)
	for i := range 8 {
		paint(t, file(i), uint8(200-25*i))
	}
	if got := must(t.TempDir()); got == before {
		t.Errorf("replaced photos give the same loss of %g: features of the old ones were taken", got)
	}
	_, err := run(out)
	if err == nil || !strings.Contains(err.Error(), "photos were replaced under the same names") {
		t.Errorf("a run of the old photos: got %v", err)
	}
}
