package loop_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/internal/loop"
)

// TestFor reverses rows and counts, after the same scalars were used outside of the loop.
func TestFor(t *testing.T) {
	xla, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {})
	if err != nil {
		t.Skip(err)
	}
	if !loop.Supported(xla) {
		t.Fatal("XLA has no loops")
	}
	exec, err := graph.NewExec(xla, func(x *graph.Node) []*graph.Node {
		g := x.Graph()
		n := x.Shape().Dim(0)
		last := graph.Scalar(g, x.DType(), 1)
		out := loop.For(g, n, func(i *graph.Node, state []*graph.Node) []*graph.Node {
			end := loop.Constant(g, i.DType(), float64(n-1))
			row := graph.DynamicSlice(state[0], []*graph.Node{graph.Sub(end, i), loop.Constant(g, i.DType(), 0)}, []int{1, 2})
			return []*graph.Node{state[0], loop.UpdateSlice(state[1], row, i),
				graph.Add(state[2], loop.Constant(g, x.DType(), 2))}
		}, x, graph.ZerosLike(x), last)
		return out[1:]
	})
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call([][]float32{{1, 2}, {3, 4}, {5, 6}})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(out[0].Value(), out[1].Value()); got != "[[5 6] [3 4] [1 2]] 7" {
		t.Errorf("got %s", got)
	}
}

func ExampleSupported() {
	b, err := compute.NewWithConfig("go")
	if err != nil {
		panic(err)
	}
	fmt.Println("pure Go has loops:", loop.Supported(b))
	// Output: pure Go has loops: false
}
