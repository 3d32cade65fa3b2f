package embed

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// The fused CPU kernels compute the vectors of the graph, of every output, of averages and generalised
// means, and of batches that are not full.
func TestFusedAgainstGraph(t *testing.T) {
	if !cpu.Supports(effnet.Float32) {
		t.Skip("the kernels do not run on this processor")
	}
	c, values := withHeads(t)
	for i, o := range []Output{Features, Embedding, Descriptor, "block7a", Features, Descriptor} {
		if i == 4 {
			values[effnet.PoolExponent] = []float32{3}
		}
		vectorsOf := func(graph bool) []float32 {
			e := fastest(t)
			if graph {
				e = asGraph(t)
			}
			n, err := New(e, c, values, NetworkOptions{Size: 64, Batch: 3, Output: o})
			if err != nil {
				t.Fatal(err)
			}
			defer n.Close()
			if (n.Engine().Kind == engine.FusedCPU) == graph {
				t.Fatalf("as a graph %t, on %s", graph, n.Engine())
			}
			inputs, rng := make([]float32, 3*n.InputLen()), rand.New(rand.NewPCG(1, 1))
			for i := range inputs {
				inputs[i] = float32(rng.IntN(256))
			}
			out := make([]float32, 2*n.Dim())
			if err := n.Embed(inputs, 2, out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		want, got := vectorsOf(true), vectorsOf(false)
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(float64(v)))
		}
		for i, v := range want {
			if !(math.Abs(float64(got[i]-v)) <= 1e-5*largest) {
				t.Fatalf("%s: value %d is %g, the graph's %g", o, i, got[i], v)
			}
		}
	}
}
