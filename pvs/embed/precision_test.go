package embed

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// In 16 bits vectors have mostly the neighbours that they have in float32, and a key of
// their own: as a graph, and in the fused CPU kernels where the processor multiplies float16.
func TestNeighbours(t *testing.T) {
	const n, size, k = 64, 32, 5
	inputs := make([]float32, n*3*size*size)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n { // a colour, a brighter disc and some noise
		x, y, r := rng.Float64()*size, rng.Float64()*size, 3+rng.Float64()*12
		for c := range 3 {
			ground, disc := 150*rng.Float64(), 100*rng.Float64()
			for p := range size * size {
				v := ground + 5*rng.NormFloat64()
				if math.Hypot(float64(p%size)-x, float64(p/size)-y) < r {
					v += disc
				}
				inputs[3*(i*size*size+p)+c] = float32(v)
			}
		}
	}
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct {
		backend   string
		precision effnet.Precision
		wish      engine.Wish
	}{
		{"go", effnet.BFloat16, engine.AsGraph},
		{"xla:cpu", effnet.BFloat16, engine.AsGraph},
		{"go", effnet.Float16, engine.Fused},
	} {
		t.Run(fmt.Sprint(way.backend, " ", way.precision), func(t *testing.T) {
			if way.wish == engine.Fused && !cpu.Supports(way.precision) {
				t.Skip("this processor does not multiply float16")
			}
			if way.backend == "xla:cpu" && os.Getenv("PVS_SLOW") == "" {
				t.Skip("XLA takes some seconds to compile it; PVS_SLOW=1 runs it")
			}
			b, _, err := backend.OpenNamed(context.Background(), way.backend, func(string) {})
			if err != nil {
				t.Skip("the backend cannot be had here: ", err)
			}
			embedded := func(p effnet.Precision) (neighbours [][]int, key string) {
				e := chosen(t, engine.Request{Backend: b, Precision: p, Wish: way.wish})
				net, err := New(e, c, c.InitialValues(1), NetworkOptions{Size: size, Batch: n})
				if err != nil {
					t.Fatal(err)
				}
				defer net.Close()
				out := make([]float32, n*net.Dim())
				if err := net.Embed(slices.Clone(inputs), n, out); err != nil {
					t.Fatal(err)
				}
				return nearest(out, net.Dim(), k), net.Key()
			}
			want, plain := embedded(effnet.Float32)
			got, key := embedded(way.precision)
			if key != plain+" "+way.precision.String() {
				t.Errorf("the keys are %q and %q", plain, key)
			}
			same := 0
			for i := range want {
				for _, j := range got[i] {
					if slices.Contains(want[i], j) {
						same++
					}
				}
			}
			t.Logf("%d of %d neighbours are the same", same, n*k)
			if same < n*k*8/10 {
				t.Errorf("only %d of %d neighbours are the same", same, n*k)
			}
		})
	}
}

// nearest returns the k nearest other vectors of each by the cosine.
func nearest(data []float32, dim, k int) [][]int {
	dot := func(i, j int) (sum float64) {
		for d := range dim {
			sum += float64(data[i*dim+d]) * float64(data[j*dim+d])
		}
		return sum
	}
	var out [][]int
	n := len(data) / dim
	for i := range n {
		near := map[int]float64{}
		var others []int
		for j := range n {
			if j != i {
				others = append(others, j)
				near[j] = dot(i, j) / math.Sqrt(dot(j, j))
			}
		}
		slices.SortFunc(others, func(a, b int) int { return cmp.Compare(near[b], near[a]) })
		out = append(out, others[:k])
	}
	return out
}
