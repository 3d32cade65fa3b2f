package search

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute-onnx"
	_ "github.com/gomlx/compute/gobackend"
	_ "github.com/gomlx/go-xla/compute/xla"
)

// unitVectors draws clustered vectors of length 1.
func unitVectors(rng *rand.Rand, n, dim int) []float32 {
	centers := make([]float64, 8*dim)
	for i := range centers {
		centers[i] = rng.NormFloat64()
	}
	out := make([]float32, n*dim)
	for i := range n {
		c, sum := rng.IntN(8), 0.0
		row := make([]float64, dim)
		for d := range row {
			row[d] = centers[c*dim+d] + 0.7*rng.NormFloat64()
			sum += row[d] * row[d]
		}
		for d := range row {
			out[i*dim+d] = float32(row[d] / math.Sqrt(sum))
		}
	}
	return out
}

func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("i%05d", n-i) // the order of ids is not the order of rows
	}
	return ids
}

// backends are those that can be started here; nil is plain Go.
func backends(t testing.TB) map[string]compute.Backend {
	out := map[string]compute.Backend{"plain Go": nil}
	for _, name := range []string{"go", os.Getenv("GOMLX_BACKEND")} {
		if name == "" {
			continue
		}
		b, err := compute.NewWithConfig(name)
		if err != nil {
			t.Logf("without %s: %v", name, err)
			continue
		}
		out[name] = b
	}
	return out
}

// naive scores in float64 and sorts everything.
func naive(ids []string, data, query []float32, dim, k int, self string) []Hit {
	var all []Hit
	for r := range ids {
		if ids[r] == self {
			continue
		}
		s := 0.0
		for d := range dim {
			s += float64(query[d]) * float64(data[r*dim+d])
		}
		all = append(all, Hit{r, float32(s)})
	}
	slices.SortFunc(all, func(a, b Hit) int {
		if a.Score != b.Score {
			return map[bool]int{true: -1, false: 1}[a.Score > b.Score]
		}
		return strings.Compare(ids[a.Row], ids[b.Row])
	})
	return all[:min(k, len(all))]
}

func TestAgainstNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, nq, dim = 203, 67, 13
	ids, data, queries := names(n), unitVectors(rng, n, dim), unitVectors(rng, nq, dim)
	own := make([]map[int]float32, nq) // each query's scores of all rows
	for q := range own {
		own[q] = map[int]float32{}
		for _, h := range naive(ids, data, queries[q*dim:(q+1)*dim], dim, n, "") {
			own[q][h.Row] = h.Score
		}
	}
	for name, b := range backends(t) {
		for _, tile := range [][2]int{{0, 0}, {1, 1}, {7, 3}, {64, 17}, {203, 5}} {
			e, err := NewExact(ids, data, dim, ExactOptions{Backend: b, TileRows: tile[0], TileQuery: tile[1]})
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range []int{1, 10, 1000} {
				got, err := e.Search(context.Background(), queries, k, Options{})
				if err != nil {
					t.Fatal(err)
				}
				for q := range nq {
					want := naive(ids, data, queries[q*dim:(q+1)*dim], dim, k, "")
					if len(got[q]) != len(want) {
						t.Fatalf("%s: %d hits, want %d", name, len(got[q]), len(want))
					}
					sameHits(t, fmt.Sprintf("%s, tiles %v, query %d", name, tile, q), got[q], want, own[q])
				}
			}
		}
	}
}

// sameHits demands the rows that are wanted, in their order, each once and with the score of its own; only rows
// whose scores are as good as equal may be swapped.
func sameHits(t *testing.T, what string, got, want []Hit, scores map[int]float32) {
	t.Helper()
	const within = 1e-5
	seen := map[int]bool{}
	for i, h := range got {
		score, ok := scores[h.Row]
		if !ok || seen[h.Row] || math.Abs(float64(h.Score-score)) > within || h.Row != want[i].Row &&
			math.Abs(float64(score-want[i].Score)) > within {
			t.Fatalf("%s, place %d: %v, want %v; its own score is %g, seen before: %t", what, i, h, want[i], score, seen[h.Row])
		}
		seen[h.Row] = true
	}
}

// Equal vectors in different tiles come in the order of their ids.
func TestTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	const n, dim = 61, 24
	ids, data := names(n), unitVectors(rng, n, dim)
	for _, twin := range []int{0, 9, 10, 33, 59, 60} {
		copy(data[twin*dim:(twin+1)*dim], data[:dim])
	}
	for name, b := range backends(t) {
		e, err := NewExact(ids, data, dim, ExactOptions{Backend: b, TileRows: 16})
		if err != nil {
			t.Fatal(err)
		}
		// As many queries as a backend is asked for.
		queries := slices.Repeat(data[:dim], fewQueries+1)
		got, err := e.Search(context.Background(), queries, 4, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, h := range got[0] {
			found = append(found, ids[h.Row])
		}
		if want := []string{"i00001", "i00002", "i00028", "i00051"}; !slices.Equal(found, want) {
			t.Errorf("%s: found %v (%v), want %v", name, found, got[0], want)
		}
	}
}

func TestAPhotoNeverMatchesItself(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	ids, data := names(20), unitVectors(rng, 20, 8)
	e, err := NewExact(ids, data, 8, ExactOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Search(context.Background(), data[:8], 30, Options{QueryIDs: ids[:1]})
	if err != nil || len(got[0]) != 19 || slices.ContainsFunc(got[0], func(h Hit) bool { return h.Row == 0 }) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBadInput(t *testing.T) {
	unit := []float32{1, 0, 0, 1}
	nan := []float32{float32(math.NaN()), 0, 0, 1}
	ids := []string{"a", "b"}
	for say, build := range map[string]func() error{
		"id a stands for": func() error {
			_, err := NewExact([]string{"a", "a"}, unit, 2, ExactOptions{})
			return err
		},
		"(a) holds a value that is no finite": func() error { _, err := NewExact(ids, nan, 2, ExactOptions{}); return err },
		"the length 2": func() error {
			_, err := NewExact(ids, []float32{2, 0, 0, 1}, 2, ExactOptions{})
			return err
		},
		"do not make vectors": func() error { _, err := NewExact(ids, unit, 3, ExactOptions{}); return err },
	} {
		if err := build(); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	e, err := NewExact(ids, unit, 2, ExactOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for say, search := range map[string]func() error{
		"dimension 2": func() error {
			_, err := e.Search(context.Background(), []float32{1, 0, 0}, 1, Options{})
			return err
		},
		"q7": func() error {
			_, err := e.Search(context.Background(), nan[:2], 1, Options{QueryIDs: []string{"q7"}})
			return err
		},
		"k = 0": func() error { _, err := e.Search(context.Background(), unit, 0, Options{}); return err },
	} {
		if err := search(); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("got %v, want %q", err, say)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Search(ctx, unit, 1, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkExact(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 1))
	const n, dim = 100_000, 512
	ids, data, queries := names(n), unitVectors(rng, n, dim), unitVectors(rng, 1000, dim)
	for name, backend := range backends(b) {
		if name == "go" {
			continue
		}
		e, err := NewExact(ids, data, dim, ExactOptions{Backend: backend})
		if err != nil {
			b.Fatal(err)
		}
		for _, nq := range []int{1, 1000} {
			b.Run(fmt.Sprintf("%s/%d", name, nq), func(b *testing.B) {
				for b.Loop() {
					if _, err := e.Search(context.Background(), queries[:nq*dim], 10, Options{}); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(nq*b.N)/b.Elapsed().Seconds(), "queries/s")
			})
		}
	}
}

func ExampleExact_Search() {
	index, err := NewExact([]string{"mug", "hat"}, []float32{1, 0, 0, 1}, 2, ExactOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	hits, err := index.Search(context.Background(), []float32{0.6, 0.8}, 1, Options{})
	fmt.Println(index.ID(hits[0][0].Row), hits[0][0].Score, err)
	// Output: hat 0.8 <nil>
}
