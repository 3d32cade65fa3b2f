package local_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
)

// shop makes an index of three photos of two products, and a loose one, in three dimensions.
func shop(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop.index")
	_, err := index.Create(context.Background(), dir, index.Options{Dim: 3}, func(yield func(index.Entry, error) bool) {
		for _, e := range []index.Entry{
			{Photo: index.Photo{ID: "a1", Product: "a", Category: "Cups > Mugs", Title: "A",
				Path:   "/x/a1.jpg",
				Fields: map[string]string{"size": "s"}},
				Vector: []float32{1, 0, 0}},
			{Photo: index.Photo{ID: "a2", Product: "a", Category: "Cups > Mugs"}, Vector: []float32{0.8, 0.6, 0}},
			{Photo: index.Photo{ID: "b1", Product: "b", Category: "Cups"}, Vector: []float32{0, 1, 0}},
			{Photo: index.Photo{ID: "c", Category: "Plates"}, Vector: []float32{0, 0, 1}},
		} {
			if !yield(e, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string, opts local.Options) *local.Index {
	t.Helper()
	ix, err := local.Open(dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

func search(t *testing.T, ix *local.Index, q serve.Query) string {
	t.Helper()
	s, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found, err := s.Search(t.Context(), q)
	if err != nil {
		return err.Error()
	}
	var list []string
	for _, h := range found.Products {
		list = append(list, fmt.Sprintf("%s %.1f", h.Photo.ID, h.Score))
	}
	return strings.Join(list, ", ")
}

func TestSearch(t *testing.T) {
	ix := open(t, shop(t), local.Options{})
	defer ix.Close()
	zero, half := 0.0, 0.5
	for want, q := range map[string]serve.Query{
		"a1 1.0, b1 0.0, c 0.0":        {K: 10},
		"a1 1.0":                       {K: 1, Exact: true},
		"a1 1.0, b1 0.0":               {K: 10, Category: "Cups"},
		"c 0.0":                        {K: 10, Category: "Plates"},
		"b1 0.0, c 0.0":                {K: 10, Exclude: []string{"a", "gone"}},
		"a1 1.0, b1 0.0, c 0.0 ":       {K: 10, MinScore: &zero},
		"a1 1.0 ":                      {K: 10, MinScore: &half},
		"a1 1.0  ":                     {K: 10, Fields: map[string]string{"size": "s"}},
		`there is no category "Cars"`:  {K: 10, Category: "Cars"},
		"a filter names a column or a": {K: 10, Fields: map[string]string{"weight": "s"}},
		"a filter names a column":      {K: 10, Fields: map[string]string{"path": "/x/a1.jpg"}},
	} {
		q.Vector = []float32{1, 0, 0}
		if got := search(t, ix, q); !strings.HasPrefix(got, strings.TrimRight(want, " ")) {
			t.Errorf("%q, not %q", got, want)
		}
	}
	s, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Categories(t.Context())
	want := []serve.Category{{Path: "Cups", Photos: 3}, {Path: "Cups > Mugs", Photos: 2}, {Path: "Plates", Photos: 1}}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%v, %v", list, err)
	}
	if i := s.Info(); i.Photos != 4 || i.Products != 2 || i.Dim != 3 || i.Name != "shop.index" {
		t.Errorf("%+v", i)
	}
	_, none := s.Photo(t.Context(), "gone")
	_, noVector := s.Vector(t.Context(), "gone")
	_, noProduct := s.Product(t.Context(), "gone")
	if !errors.Is(none, serve.ErrNoPhoto) || !errors.Is(noVector, serve.ErrNoPhoto) ||
		!errors.Is(noProduct, serve.ErrNoProduct) {
		t.Errorf("%v, %v, %v", none, noVector, noProduct)
	}
}

// A change is in every snapshot taken after it, in none before; the next start has it.
func TestChanges(t *testing.T) {
	dir := shop(t)
	ix := open(t, dir, local.Options{})
	before, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	p := serve.Photo{ID: "d", Product: "d", Category: "Cups > New", Path: "/x/d.jpg",
		Fields: map[string]string{"size": "l"}}
	created, err := ix.Put(t.Context(), p, []float32{0.6, 0, 0.8})
	if err != nil || !created {
		t.Fatal(created, err)
	}
	if created, err = ix.Put(t.Context(), p, []float32{0, 0, 1}); err != nil || created {
		t.Fatal(created, err)
	}
	if err := ix.Remove(t.Context(), "b1"); err != nil {
		t.Fatal(err)
	}
	if err := ix.Remove(t.Context(), "c", "b1"); !errors.Is(err, serve.ErrNoPhoto) {
		t.Error(err)
	}
	if got := search(t, ix, serve.Query{Vector: []float32{0, 0, 1}, K: 9, Category: "Cups > New"}); got != "d 1.0" {
		t.Error(got)
	}
	if _, err := before.Photo(t.Context(), "d"); !errors.Is(err, serve.ErrNoPhoto) {
		t.Error("an earlier snapshot has a later photo")
	}
	if _, err := before.Photo(t.Context(), "b1"); err != nil {
		t.Error("an earlier snapshot lost a photo that was removed later")
	}
	before.Close()
	_, err = ix.Put(t.Context(), serve.Photo{ID: "e\n"}, []float32{0, 0, 1})
	if err == nil || strings.Contains(err.Error(), dir) {
		t.Error(err)
	}
	if err := ix.Close(); err != nil {
		t.Fatal(err)
	}
	ix = open(t, dir, local.Options{})
	defer ix.Close()
	if got := search(t, ix, serve.Query{Vector: []float32{0, 0, 1}, K: 9}); got != "c 1.0, d 1.0, a1 0.0" {
		t.Error(got)
	}
}

// The folder is another writer's before the first change, and again a moment after the last.
func TestOtherWriters(t *testing.T) {
	dir := shop(t)
	var logs []string
	ix := open(t, dir, local.Options{Idle: 20 * time.Millisecond, Patience: 50 * time.Millisecond,
		Log: func(line string) { logs = append(logs, line) }})
	defer ix.Close()
	w, err := index.OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	err = ix.Remove(t.Context(), "c")
	if !errors.Is(err, serve.ErrBusy) || strings.Contains(err.Error(), dir) || len(logs) != 1 {
		t.Error(err, logs)
	}
	if _, err := w.Apply(t.Context(), index.Change{Remove: []string{"a1"}}); err != nil {
		t.Fatal(err)
	}
	if got := search(t, ix, serve.Query{Vector: []float32{1, 0, 0}, K: 1}); got != "a2 0.8" {
		t.Error("another process's change is not seen: ", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := ix.Remove(t.Context(), "c"); err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		if w, err = index.OpenWriter(dir); err == nil {
			break
		}
		if time.Since(begun) > 10*time.Second {
			t.Fatal("the lock is still held: ", err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNoIndex(t *testing.T) {
	if _, err := local.Open(t.TempDir(), local.Options{}); !errors.Is(err, index.ErrNone) {
		t.Error(err)
	}
	dir := shop(t)
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o700)
	ix := open(t, dir, local.Options{})
	defer ix.Close()
	if err := ix.Remove(t.Context(), "c"); !errors.Is(err, serve.ErrReadOnly) {
		t.Error(err)
	}
}

// An index folder answers searches.
func Example() {
	dir, err := os.MkdirTemp("", "pvs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	one := index.Entry{Photo: index.Photo{ID: "cup-1", Product: "cup"}, Vector: []float32{0, 1}}
	_, err = index.Create(context.Background(), filepath.Join(dir, "shop"), index.Options{Dim: 2},
		func(yield func(index.Entry, error) bool) { yield(one, nil) })
	if err != nil {
		fmt.Println(err)
		return
	}
	ix, err := local.Open(filepath.Join(dir, "shop"), local.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ix.Close()
	s, err := ix.Snapshot()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	found, err := s.Search(context.Background(), serve.Query{Vector: []float32{0.6, 0.8}, K: 10})
	fmt.Printf("%s: %s %.1f, %v\n", s.Info().Name, found.Products[0].Photo.Product, found.Products[0].Score, err)
	// Output: shop: cup 0.8, <nil>
}

// Photos that are put at the same time are all there, and each is found by a snapshot taken after its answer.
func TestPutsTogether(t *testing.T) {
	ix := open(t, shop(t), local.Options{Idle: time.Millisecond})
	defer ix.Close()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			id := fmt.Sprint("put-", i)
			if created, err := ix.Put(t.Context(), serve.Photo{ID: id}, []float32{0, 0, 1}); err != nil || !created {
				t.Error(created, err)
				return
			}
			s, err := ix.Snapshot()
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if _, err := s.Photo(t.Context(), id); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if n := s.Info().Photos; n != 44 {
		t.Errorf("%d photos", n)
	}
}
