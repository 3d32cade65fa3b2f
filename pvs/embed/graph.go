package embed

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// graphForward is a network and its heads as a graph on a backend.
type graphForward struct {
	exec *model.Exec
	dims []int
}

func newGraph(n *network, values map[string][]float32) (*graphForward, error) {
	opts, h := n.opts, n.heads
	store := model.NewStore()
	if err := n.config.Load(store.RootScope(), values); err != nil {
		return nil, err
	}
	if err := load(store, h.variables(opts.Output, values), values); err != nil {
		return nil, err
	}
	// As constants, weights can be folded into neighbouring operations: ONNX Runtime
	// is three times as fast with them.
	store.WithVariableAsConst(true)
	how := effnet.Options{Formulation: n.engine.Formulation, Precision: n.engine.Precision}
	exec, err := model.NewExec(n.engine.Backend, store, func(scope *model.Scope, images *graph.Node) *graph.Node {
		if opts.Output.block() {
			x := n.config.Before(scope, images, string(opts.Output), how)
			return graph.Reshape(x, x.Shape().Dim(0), -1)
		}
		return h.graph(scope, n.config.Graph(scope, images, how).Features, opts.Output)
	})
	if err != nil {
		return nil, fmt.Errorf("building %s: %w", n.config.Title, err)
	}
	return &graphForward{exec, []int{opts.Batch, opts.Size, opts.Size, 3}}, nil
}

// run takes whole batches, since another size would be compiled anew.
func (g *graphForward) run(batch []float32, _ int, vectors []float32) error {
	return call(g.exec, batch, g.dims, vectors)
}

func (g *graphForward) close() { g.exec.Finalize() }
