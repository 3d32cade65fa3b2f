package losses

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Values beyond the range of exponentials, and none at all.
func TestExponentialsDoNotOverflow(t *testing.T) {
	t.Parallel()
	exec, err := graph.NewExec(goBackend(t), func(x, mask *graph.Node) []*graph.Node {
		out := []*graph.Node{logSumExp(x, mask, false), logSumExp(x, mask, true), softplus(x)}
		for _, y := range out[:3] {
			out = append(out, graph.Gradient(graph.ReduceAllSum(y), x)[0])
		}
		return out
	})
	if err != nil {
		t.Fatal(err)
	}
	x := [][]float32{{500, 500, 1}, {-500, -500, 1}, {0, 1, 2}}
	mask := [][]bool{{true, true, false}, {true, true, false}, {false, false, false}}
	out, err := exec.Call(x, mask)
	if err != nil {
		t.Fatal(err)
	}
	log2 := math.Log(2)
	for i, want := range [][]float64{
		{500 + log2, -500 + log2, 0}, {500 + log2, 0, 0},
		{500, 500, math.Log(1 + math.E), 0, 0, math.Log(1 + math.E), log2, math.Log(1 + math.E), math.Log(1 + math.E*math.E)},
		{0.5, 0.5, 0, 0.5, 0.5, 0, 0, 0, 0}, {0.5, 0.5, 0, 0, 0, 0, 0, 0, 0},
		{1, 1, sigmoid(1), 0, 0, sigmoid(1), 0.5, sigmoid(1), sigmoid(2)},
	} {
		for k, got := range tensors.MustCopyFlatData[float32](out[i]) {
			if math.Abs(float64(got)-want[k]) > 1e-4 || got != got {
				t.Errorf("output %d[%d] = %g, want %g", i, k, got, want[k])
			}
		}
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Embeddings in bfloat16 are computed in float32.
func TestNarrowEmbeddings(t *testing.T) {
	t.Parallel()
	exec, err := graph.NewExec(goBackend(t), func(x, labels *graph.Node) []*graph.Node {
		supCon, err := NewSupCon(SupConOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rounded := graph.ConvertDType(x, dtypes.BFloat16)
		out := supCon.Graph(Input{Embeddings: rounded, Labels: labels}).Mean()
		same := supCon.Graph(Input{Embeddings: graph.ConvertDType(rounded, dtypes.Float32), Labels: labels}).Mean()
		return []*graph.Node{out, same, graph.Gradient(out, x)[0]}
	})
	if err != nil {
		t.Fatal(err)
	}
	s := random(10, 6, 4, 2, 0)
	out, err := exec.Call(tensors.FromFlatDataAndDimensions(flat(s.embeddings), 6, 4),
		tensors.FromFlatDataAndDimensions(s.labels, 6))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := out[0].Value().(float32), out[1].Value().(float32); a != b || a <= 0 {
		t.Errorf("%g in bfloat16, %g in float32", a, b)
	}
	if g := tensors.MustCopyFlatData[float32](out[2]); g[0] == 0 || g[0] != g[0] {
		t.Errorf("gradient %v", g)
	}
}

// Wrong shapes and types are refused when the graph is built.
func TestShapes(t *testing.T) {
	t.Parallel()
	margin := newMargin(t, MarginOptions{Classes: 3})
	hard := newBatchHard(t, BatchHardOptions{})
	words := newMultiLabel(t, MultiLabelOptions{Classes: 3})
	f := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Float32, dims...) }
	i := func(dims ...int) shapes.Shape { return shapes.Make(dtypes.Int32, dims...) }
	for name, c := range map[string]struct {
		loss    Loss
		shapes  []shapes.Shape // embeddings, labels, class weights or memory
		refused bool
	}{
		"right":             {margin, []shapes.Shape{f(4, 2), i(4), f(3, 1, 2)}, false},
		"no class weights":  {margin, []shapes.Shape{f(4, 2), i(4)}, true},
		"other classes":     {margin, []shapes.Shape{f(4, 2), i(4), f(2, 1, 2)}, true},
		"other dim":         {margin, []shapes.Shape{f(4, 2), i(4), f(3, 1, 5)}, true},
		"other rows":        {margin, []shapes.Shape{f(4, 2), i(5), f(3, 1, 2)}, true},
		"float labels":      {margin, []shapes.Shape{f(4, 2), f(4), f(3, 1, 2)}, true},
		"rank 3":            {hard, []shapes.Shape{f(4, 2, 1), i(4)}, true},
		"integers":          {hard, []shapes.Shape{i(4, 2), i(4)}, true},
		"memory":            {hard, []shapes.Shape{f(4, 2), i(4), f(9, 2), i(9)}, false},
		"memory of dim 3":   {hard, []shapes.Shape{f(4, 2), i(4), f(9, 3), i(9)}, true},
		"memory, 8 labels":  {hard, []shapes.Shape{f(4, 2), i(4), f(9, 2), i(8)}, true},
		"one label a row":   {words, []shapes.Shape{f(4, 2), i(4), f(3, 1, 2)}, true},
		"two labels a row":  {words, []shapes.Shape{f(4, 2), i(4, 2), f(3, 1, 2)}, false},
		"nothing but nodes": {hard, []shapes.Shape{f(4, 2)}, true},
	} {
		err := exceptions.TryCatch[error](func() {
			g := graph.NewGraph(goBackend(t), name)
			var nodes []*graph.Node
			for k, s := range c.shapes {
				nodes = append(nodes, graph.Parameter(g, string(rune('a'+k)), s))
			}
			in := Input{Embeddings: nodes[0]}
			switch len(nodes) {
			case 4:
				in.Memory = Memory{Embeddings: nodes[2], Labels: nodes[3]}
				in.Labels = nodes[1]
			case 3:
				in.ClassWeights = nodes[2]
				in.Labels = nodes[1]
			case 2:
				in.Labels = nodes[1]
			}
			c.loss.Graph(in)
		})
		if (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Class weights have about unit length, and the same ones again from a seed.
func TestInitialClassWeights(t *testing.T) {
	t.Parallel()
	w := InitialClassWeights([]int{50, 2, 64}, 1)
	sum := 0.0
	for _, v := range w {
		sum += float64(v) * float64(v)
	}
	if len(w) != 6400 || math.Abs(sum/100-1) > 0.05 {
		t.Errorf("%d values, mean squared length %g", len(w), sum/100)
	}
	again, other := InitialClassWeights([]int{50, 2, 64}, 1), InitialClassWeights([]int{50, 2, 64}, 2)
	if !slices.Equal(w, again) || slices.Equal(w, other) {
		t.Error("the seed does not decide the weights")
	}
}
