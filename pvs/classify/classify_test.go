package classify

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// stored is the backend in Go, and a head's weights for it.
func stored(t *testing.T, h Head, values map[string][]float32) (compute.Backend, *model.Store) {
	t.Helper()
	b, err := compute.NewWithConfig("go")
	if err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	for _, v := range h.Variables() {
		if _, err := store.CreateVariable("/"+v.Name, tensors.FromFlatDataAndDimensions(values[v.Name],
			v.Shape...)); err != nil {
			t.Fatal(err)
		}
	}
	return b, store
}

// run builds a head of 3 features and 2 classes with simple weights and returns a node's values.
func run(t *testing.T, features [][]float32, build func(s *model.Scope, x *graph.Node) *graph.Node) []float32 {
	t.Helper()
	h := Head{Features: 3, Classes: 2}
	values := h.InitialValues(1)
	values[Kernel] = []float32{1, 0, 0, 1, 1, 1}
	values[MovingMean] = []float32{1, 2, 3}
	b, store := stored(t, h, values)
	exec, err := model.NewExec(b, store, func(s *model.Scope, x *graph.Node) *graph.Node { return build(s, x) })
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Exec(features)
	if err != nil {
		t.Fatal(err)
	}
	return tensors.MustCopyFlatData[float32](out[0])
}

func near(t *testing.T, what string, got []float32, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
	for i := range want {
		if math.Abs(float64(got[i])-want[i]) > 1e-4 {
			t.Errorf("%s: %v, want %v", what, got, want)
			return
		}
	}
}

var head = Head{Features: 3, Classes: 2}

// In inference the stored statistics are used, in training the batch's, of rows that count.
func TestBatchNorm(t *testing.T) {
	rows := [][]float32{{1, 2, 3}, {3, 2, 1}, {100, 100, 100}}
	inference := run(t, rows, func(s *model.Scope, x *graph.Node) *graph.Node {
		return graph.Slice(head.Graph(s, x, Options{}).Embedding, graph.AxisElem(1))
	})
	scale := 1 / math.Sqrt(1+Epsilon)
	near(t, "inference", inference, 2*scale, 0, -2*scale)
	training := run(t, rows, func(s *model.Scope, x *graph.Node) *graph.Node {
		w := graph.Const(x.Graph(), []float32{1, 1, 0})
		out := head.Graph(s, x, Options{Train: true, Weights: w})
		return graph.Concatenate([]*graph.Node{graph.Reshape(graph.Slice(out.Embedding, graph.AxisElem(1)), 3), out.Mean,
			out.Variance}, 0)
	})
	scale = 1 / math.Sqrt(1+Epsilon) // the biased variance of 1 and 3 is 1
	near(t, "training", training, scale, 0, -scale, 2, 2, 2, 1, 0, 1)
}

// Dropout drops what its noise says and scales the rest.
func TestDropout(t *testing.T) {
	got := run(t, [][]float32{{1, 0, 0}, {0, 1, 0}}, func(s *model.Scope, x *graph.Node) *graph.Node {
		noise := graph.Const(x.Graph(), [][]float32{{0.4, 0.6, 0.6}, {0.6, 0.4, 0.6}})
		plain := head.Graph(s, x, Options{Train: true})
		dropped := head.Graph(s, x, Options{Train: true, Dropout: graph.Const(x.Graph(), float32(0.5)), Noise: noise})
		none := head.Graph(s, x, Options{Train: true, Dropout: graph.Const(x.Graph(), float32(0)), Noise: noise})
		return graph.Concatenate([]*graph.Node{plain.Logits, dropped.Logits, none.Logits}, 0)
	})
	// Normalised, the rows are (1, -1, 0) and (-1, 1, 0) times a scale; the kernel takes
	// the first and the second value.
	c := 0.5 / math.Sqrt(0.25+Epsilon)
	near(t, "logits", got, c, -c, -c, c, 0, -2*c, -2*c, 0, c, -c, -c, c)
}

// The loss is that of a hand calculation, and rows that do not count change nothing.
func TestLoss(t *testing.T) {
	got := run(t, [][]float32{{2, 0, 0}, {0, 0, 0}, {9, -9, 0}}, func(_ *model.Scope, x *graph.Node) *graph.Node {
		labels, w := graph.Const(x.Graph(), []int32{0, 1, 1}), graph.Const(x.Graph(), []float32{1, 1, 0})
		return graph.Stack([]*graph.Node{Loss(x, labels, w), Correct(x, labels, w), Correct(x, labels, nil)}, 0)
	})
	want := (math.Log(math.Exp(2)+2) - 2 + math.Log(3)) / 2
	near(t, "loss and counts", got, want, 1, 1)
}

func ExampleHead_Variables() {
	for _, v := range (Head{Features: 1280, Classes: 1000}).Variables() {
		fmt.Println(v.Name, v.Shape)
	}
	// Output:
	// new_top_bn/gamma [1280]
	// new_top_bn/beta [1280]
	// new_top_bn/moving_mean [1280]
	// new_top_bn/moving_variance [1280]
	// new_top/kernel [1280 1000]
	// new_top/bias [1000]
}
