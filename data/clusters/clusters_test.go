package clusters

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

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

var small = Options{Seed: 3, Index: 2500, Queries: 100, Dim: 48, Categories: 20}

func write(t testing.TB, dir string, opts Options) {
	t.Helper()
	if _, err := Write(context.Background(), dir, opts, nil); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, dir, name string) *vectors.Set {
	t.Helper()
	s, err := vectors.Read(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// An interrupted run goes on and ends with the same bytes; a finished one is kept.
func TestReproducibleAndResumable(t *testing.T) {
	whole, broken := t.TempDir(), t.TempDir()
	write(t, whole, small)
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Write(ctx, broken, small, func(done, total int) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(broken, "index.npy")); err == nil {
		t.Error("an interrupted run left its vectors")
	}
	summary, err := Write(context.Background(), broken, small, nil)
	if err != nil || summary.New >= 2600 || summary.New < 1000 || summary.Vectors != 2500 || summary.Queries != 100 {
		t.Fatalf("got %+v, %v", summary, err)
	}
	for _, name := range []string{"index.npy", "index.ids", "query.npy", "query.ids", "truth.csv"} {
		a, err1 := os.ReadFile(filepath.Join(whole, name))
		b, err2 := os.ReadFile(filepath.Join(broken, name))
		if err1 != nil || err2 != nil || string(a) != string(b) {
			t.Errorf("%s differs, %v, %v", name, err1, err2)
		}
	}
	if summary, err = Write(context.Background(), broken, small, nil); err != nil || summary.New != 0 {
		t.Errorf("a second run made %d vectors, %v", summary.New, err)
	}
}

// cosines averages the inner products of pairs.
func cosines(s *vectors.Set, pairs func(i, j int) bool) float64 {
	sum, n := 0.0, 0
	for i := range s.Len() {
		for j := range i {
			if pairs(i, j) {
				for d, v := range s.Row(i) {
					sum += float64(v) * float64(s.Row(j)[d])
				}
				n++
			}
		}
	}
	return sum / float64(n)
}

// Photos of a product are nearer than those of another: by the spreads a, b, c of
// categories, products and photos, (a² + b²) / (a² + b² + c²) against what is left.
func TestClusters(t *testing.T) {
	dir := t.TempDir()
	opts := small
	opts.Products, opts.Photos, opts.Decay = 1, 1, 0.1
	write(t, dir, opts)
	index := read(t, dir, "index")
	product := make([]string, index.Len())
	for i, id := range index.IDs {
		product[i] = id[:8]
	}
	if got := cosines(index, func(i, j int) bool { return product[i] == product[j] }); math.Abs(got-2.0/3) > 0.05 {
		t.Errorf("photos of a product have a mean cosine of %.3f, want 0.667", got)
	}
	if got := cosines(index, func(i, j int) bool { return product[i] != product[j] }); math.Abs(got) > 0.1 {
		t.Errorf("photos of different products have a mean cosine of %.3f", got)
	}
}

// A search finds what truth.csv says better than chance and worse than all of it.
func TestSearchAndTruth(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, small)
	index, queries := read(t, dir, "index"), read(t, dir, "query")
	truth, problems, err := catalog.ReadTruth(filepath.Join(dir, "truth.csv"), catalog.Options{})
	if err != nil || problems != nil || len(truth) != small.Queries {
		t.Fatal(len(truth), problems, err)
	}
	exact, err := search.NewExact(index.IDs, index.Data, index.Dim, search.ExactOptions{})
	if err != nil {
		t.Fatal(err)
	}
	hits, err := exact.Search(context.Background(), queries.Data, 10, search.Options{QueryIDs: queries.IDs})
	if err != nil {
		t.Fatal(err)
	}
	found, all := 0, 0
	for q, id := range queries.IDs {
		right := map[string]bool{}
		for _, match := range truth[id] {
			right[match] = true
		}
		if len(right) < 1 || len(right) > 7 {
			t.Fatalf("query %s has %d matches", id, len(right))
		}
		all += len(right)
		for _, h := range hits[q] {
			if right[index.IDs[h.Row]] {
				found++
			}
		}
	}
	if share := float64(found) / float64(all); share < 0.2 || share > 0.98 {
		t.Errorf("a search finds %.3f of the matches", share)
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{{}, {Index: 10}, {Index: 10, Queries: 10}, {Index: 10, Queries: 1, Dim: 1},
		{Index: 10, Queries: 1, Photos: -1}} {
		if _, err := Write(context.Background(), t.TempDir(), o, nil); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

func BenchmarkPhoto(b *testing.B) {
	o := Options{Index: 1, Queries: 1}
	if err := o.fill(); err != nil {
		b.Fatal(err)
	}
	s := newSpace(o)
	v := make([]float32, o.Dim)
	for i := 0; b.Loop(); i++ {
		s.photo(i, 1, v)
	}
}

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "clusters")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	made, err := Write(context.Background(), dir, Options{Index: 1000, Queries: 50, Dim: 32}, nil)
	fmt.Println(made.Vectors, made.Queries, made.Products, err)
	// Output: 1000 50 203 <nil>
}

// Vectors without a file are those of the files.
func TestEach(t *testing.T) {
	dir := t.TempDir()
	opts := Options{Index: 300, Queries: 20, Dim: 16, Categories: 5}
	if _, err := Write(t.Context(), dir, opts, nil); err != nil {
		t.Fatal(err)
	}
	index, queries, err := Each(opts)
	if err != nil {
		t.Fatal(err)
	}
	for name, rows := range map[string]func(yield func(Row) bool){"index": index, "query": queries} {
		set, err := vectors.Read(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		i := 0
		for r := range rows {
			if r.ID != set.IDs[i] || !slices.Equal(r.Vector, set.Row(i)) || !strings.HasPrefix(r.ID, r.Product) {
				t.Fatalf("%s row %d: %v, want %s", name, i, r, set.IDs[i])
			}
			i++
		}
		if i != set.Len() {
			t.Errorf("%s: %d rows, want %d", name, i, set.Len())
		}
		for range rows { // stopped early
			break
		}
	}
	if _, _, err := Each(Options{Index: 1, Queries: 2}); err == nil {
		t.Error("more queries than products")
	}
}
