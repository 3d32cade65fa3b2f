package defects

import (
	"bytes"
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

// sound writes a catalogue of n products of four photos each in five categories.
func sound(t testing.TB, n int) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	w, err := catalog.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	splits := []catalog.Split{catalog.Query, catalog.Index, catalog.Train, catalog.Val}
	for i := range n {
		for k, split := range splits {
			id := fmt.Sprintf("p%d-%d", i, k)
			m := image.NewGray(image.Rect(0, 0, 40, 30))
			for j := range m.Pix {
				m.Pix[j] = uint8((j*(i+3) + 40*k) % 251)
			}
			m.SetGray(0, 0, color.Gray{uint8(i)})
			var jpg bytes.Buffer
			if err := jpeg.Encode(&jpg, m, nil); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, id+".jpg"), jpg.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			p := catalog.Photo{ID: id, Path: id + ".jpg", Split: split, Category: catalog.Category(fmt.Sprint("Kind ", i%5))}
			if k < 2 {
				p.Product = fmt.Sprint("p", i)
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

// Every defect is as its kind says, and no photo is in two.
func TestSpoil(t *testing.T) {
	c := sound(t, 60)
	dir := t.TempDir()
	made, err := Spoil(context.Background(), c, dir, Options{Seed: 1, Each: 10})
	if err != nil {
		t.Fatal(err)
	}
	before, after := map[string]catalog.Photo{}, map[string]catalog.Photo{}
	for _, p := range c.Photos {
		before[p.ID] = p
	}
	spoiled, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range spoiled.Photos {
		after[p.ID] = p
	}
	count, seen := map[Kind]int{}, map[string]Kind{}
	for _, d := range made {
		count[d.Kind]++
		for _, id := range []string{d.Photo, d.Other} {
			if was, twice := seen[id]; twice && !(d.Kind == was && (was == Category || was == Product)) && id != "" {
				t.Errorf("photo %s is in two defects, %s and %s", id, was, d.Kind)
			}
			seen[id] = d.Kind
		}
		p, o := after[d.Photo], after[d.Other]
		photo, err := imageprep.Open(spoiled.File(p), imageprep.Limits{})
		if (err != nil) != (d.Kind == Unreadable) {
			t.Errorf("%v: %v", d, err)
			continue
		}
		ok := true
		switch d.Kind {
		case Exact:
			a, err1 := os.ReadFile(spoiled.File(p))
			b, err2 := os.ReadFile(spoiled.File(o))
			ok = err1 == nil && err2 == nil && bytes.Equal(a, b) && p.Split == o.Split && p.Product == o.Product
		case Reencoded:
			ok = photo.Width == 40 && photo.Height == 30
		case Cropped:
			ok = photo.Width > 35 && photo.Height > 26
		case Leak:
			ok = p.Split != o.Split
		case Contradiction:
			ok = p.Split == o.Split && p.Category != o.Category
		case Category:
			ok = p.Category == before[d.Other].Category && p.Category != before[d.Photo].Category && p.Split == o.Split
		case Product:
			ok = p.Product == before[d.Other].Product && p.Category == before[d.Photo].Category &&
				p.Product != before[d.Photo].Product
		}
		if !ok {
			t.Errorf("%v: %+v and %+v", d, p, o)
		}
	}
	for _, k := range Kinds {
		if count[k] != 10 {
			t.Errorf("%d defects of the kind %s", count[k], k)
		}
	}
	if len(after) != len(before)+60 { // six kinds add copies
		t.Errorf("%d photos of %d", len(after), len(before))
	}
	list, err := Read(filepath.Join(dir, File))
	if err != nil || !reflect.DeepEqual(list, made) {
		t.Errorf("the list reads as %v, %v", list, err)
	}
	again := t.TempDir()
	if _, err := Spoil(context.Background(), c, again, Options{Seed: 1, Each: 10}); err != nil {
		t.Fatal(err)
	}
	a, _ := os.ReadFile(filepath.Join(dir, File))
	b, _ := os.ReadFile(filepath.Join(again, File))
	if len(a) == 0 || !bytes.Equal(a, b) {
		t.Error("the same seed spoils differently")
	}
}

func TestRefusals(t *testing.T) {
	c := sound(t, 3)
	for _, x := range []struct {
		dir  string
		each int
		say  string
	}{{c.Dir, 1, "spoil itself"}, {t.TempDir(), 0, "no defects"}, {t.TempDir(), 50, "too few photos"}} {
		if _, err := Spoil(context.Background(), c, x.dir, Options{Each: x.each}); err == nil ||
			!strings.Contains(err.Error(), x.say) {
			t.Errorf("got %v, want %q", err, x.say)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none.csv")); !errors.Is(err, ErrNoList) {
		t.Errorf("got %v", err)
	}
}

func ExampleCompare() {
	made := []Defect{{Exact, "copy", "photo"}, {Leak, "stray", "query-1"}, {Category, "a", "b"}}
	scores, alarms := Compare(made, []Finding{
		{"exact duplicate", "photo", "copy"}, // whichever comes first in the catalogue
		{"suspicious category", "a", "n"},
		{"near duplicate", "x", "y"},
	})
	for _, s := range scores {
		if s.Made > 0 {
			fmt.Printf("%s: %d of %d\n", s.Kind, s.Found, s.Made)
		}
	}
	fmt.Println("of no known defect:", alarms)
	// Output:
	// exact: 1 of 1
	// leak: 0 of 1
	// category: 1 of 1
	// of no known defect: map[near duplicate:1]
}
