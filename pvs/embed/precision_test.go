package embed

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// In 16 bits vectors have mostly the neighbours that they have in float32, and a key of
// their own: as a graph, and in own kernels where the processor multiplies float16.
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
		own       bool
	}{
		{"go", effnet.BFloat16, false},
		{"xla:cpu", effnet.BFloat16, false},
		{"go", effnet.Float16, true},
	} {
		t.Run(fmt.Sprintf("%s %s own=%v", way.backend, way.precision, way.own), func(t *testing.T) {
			if way.own && !cpu.Supports(way.precision) {
				t.Skip("this processor does not multiply float16")
			}
			b, _, err := backend.OpenNamed(context.Background(), way.backend, func(string) {})
			if err != nil {
				t.Skip("the backend cannot be had here: ", err)
			}
			embedded := func(p effnet.Precision) (neighbours [][]int, key string) {
				net, err := NewNetwork(b, c, c.InitialValues(1), NetworkOptions{Size: size, Batch: n, Precision: p, Graph: !way.own})
				if err != nil {
					t.Fatal(err)
				}
				defer net.Close()
				if net.Own() != way.own {
					t.Fatalf("own kernels run: %v", net.Own())
				}
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

// lacking is a backend that says of itself what ONNX Runtime's says.
type lacking struct{ compute.Backend }

func (lacking) Name() string { return "onnxruntime" }

func TestWithout16Bits(t *testing.T) {
	b := goBackend(t)
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []effnet.Precision{effnet.BFloat16, effnet.Float16} {
		_, err = NewNetwork(lacking{b}, c, c.InitialValues(1), NetworkOptions{Size: 32, Precision: p, Graph: true})
		if err == nil || !strings.Contains(err.Error(), "leave out --precision") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v", p, err)
		}
	}
}
