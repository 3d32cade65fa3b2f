package planted

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// sound writes a catalogue of n products with a query and two index photos each, and as many to train on: a box on a
// plain ground.
func sound(t testing.TB, n int) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for k, split := range []catalog.Split{catalog.Query, catalog.Index, catalog.Index, catalog.Train} {
			m := image.NewRGBA(image.Rect(0, 0, 80, 60))
			for y := range 60 {
				for x := range 80 {
					c := color.RGBA{200, 200, 190, 255}
					if x > 20+k && x < 60 && y > 15 && y < 45 {
						c = color.RGBA{uint8(40 + 3*i), uint8(90 - y), uint8(20 + x), 255}
					}
					m.SetRGBA(x, y, c)
				}
			}
			p := catalog.Photo{ID: fmt.Sprintf("p%d-%d", i, k), Path: fmt.Sprintf("p%d-%d.jpg", i, k), Split: split,
				Product: fmt.Sprintf("p%d-%s", i, map[bool]string{true: "train"}[split == catalog.Train]),
				Title:   fmt.Sprint("Box ", i), Category: catalog.Category(fmt.Sprint("Kind ", i%3))}
			f, err := os.Create(filepath.Join(dir, p.Path))
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(jpeg.Encode(f, m, &jpeg.Options{Quality: 95}), f.Close()); err != nil {
				t.Fatal(err)
			}
			if err := w.Write(p); err != nil {
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

func spoiled(t *testing.T, c *catalog.Catalog, opts Options) (*catalog.Catalog, []Plant) {
	t.Helper()
	dir := t.TempDir()
	made, err := Spoil(context.Background(), c, dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	out, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := Read(filepath.Join(dir, File)); err != nil || !reflect.DeepEqual(list, made) {
		t.Errorf("the list reads as %v, %v", list, err)
	}
	return out, made
}

// Every query is spoiled as its kind says, and once.
func TestSpoil(t *testing.T) {
	c := sound(t, 40)
	after, made := spoiled(t, c, Options{Seed: 1, Each: 2})
	was, is := c.ByID(), after.ByID()
	truth, err := after.Truth()
	if err != nil {
		t.Fatal(err)
	}
	count, seen := map[Kind]int{}, map[string]bool{}
	for _, p := range made {
		count[p.Kind]++
		if seen[p.Query] {
			t.Errorf("query %s is spoiled twice", p.Query)
		}
		seen[p.Query] = true
		before, err := imageprep.Open(c.File(was[p.Query]), imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		now, err := imageprep.Open(after.File(is[p.Query]), imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		same := is[p.Query].Path == c.File(was[p.Query])
		added := 0
		for id, q := range is {
			if _, had := was[id]; !had && strings.HasPrefix(id, p.Other[:max(0, len(p.Other)-4)]) && p.Other != "" {
				added++
				if q.Split != catalog.Index || q.Product == was[p.Query].Product {
					t.Errorf("%+v was added for %+v", q, p)
				}
			}
		}
		ok := true
		switch p.Kind {
		case Turned:
			ok = now.Width == 60 || !same // by 180 degrees it keeps its sides
		case Little, Dark, Blurred:
			ok = now.Width == before.Width && now.Height == before.Height && !same
		case Cut:
			ok = now.Width == 40 && now.Height == 30
		case Small:
			ok = now.Width <= 28
		case Twin, Copies:
			ok = same && added >= 4
		case Ground:
			ok = !same && added >= 10
		case Label:
			ok = same && is[p.Query].Product == was[p.Other].Product && is[p.Query].Product != was[p.Query].Product
		}
		if !ok || len(truth[p.Query]) < 2 {
			t.Errorf("%+v: %d x %d pixels, %d added", p, now.Width, now.Height, added)
		}
	}
	for _, k := range Kinds {
		if count[k] != 2 {
			t.Errorf("%d plants of the kind %s", count[k], k)
		}
	}
}

// With fewer kinds the other queries are spoiled as before, photo for photo.
func TestKindsAreIndependent(t *testing.T) {
	c := sound(t, 40)
	all, made := spoiled(t, c, Options{Seed: 3, Each: 2})
	some, less := spoiled(t, c, Options{Seed: 3, Each: 2, Kinds: []Kind{Little, Ground, Label}})
	if len(less) != 6 {
		t.Errorf("%d plants of three kinds", len(less))
	}
	of := map[string]Plant{}
	for _, p := range made {
		of[p.Query] = p
	}
	for _, p := range less {
		if of[p.Query] != p {
			t.Errorf("%+v is %+v among all", p, of[p.Query])
		}
		a, err1 := os.ReadFile(all.File(all.ByID()[p.Query]))
		b, err2 := os.ReadFile(some.File(some.ByID()[p.Query]))
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Errorf("query %s has another photo where all kinds are planted (%v, %v)", p.Query, err1, err2)
		}
	}
}

func TestRefusals(t *testing.T) {
	c := sound(t, 12)
	for _, x := range []struct {
		dir  string
		opts Options
		say  string
	}{
		{c.Dir, Options{Each: 1}, "spoil itself"}, {t.TempDir(), Options{}, "no planted causes"},
		{t.TempDir(), Options{Each: 50}, "ask for fewer"}, {t.TempDir(), Options{Each: 1, Kinds: []Kind{"rain"}}, "no kind"},
	} {
		if _, err := Spoil(context.Background(), c, x.dir, x.opts); err == nil || !strings.Contains(err.Error(), x.say) {
			t.Errorf("got %v, want %q", err, x.say)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, ErrNoList) {
		t.Errorf("got %v", err)
	}
}

func ExampleCheckKinds() {
	fmt.Println(CheckKinds([]Kind{Turned, Twin}))
	fmt.Printf("%.42s\n", CheckKinds([]Kind{"rain"}).Error())
	// Output:
	// <nil>
	// there is no kind of planted cause "rain";
}
