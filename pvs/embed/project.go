package embed

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// projectBatch is how many vectors are projected at once.
const projectBatch = 1024

// Project puts the heads of a trained network on pooled features that were computed
// before: the same vectors as a [Network] of that output, without its photos.
func Project(backend compute.Backend, config effnet.Config, values map[string][]float32, features *vectors.Set, o Output) (*vectors.Set, error) {
	if o.block() || features.Dim != config.Features() {
		return nil, fmt.Errorf("no %s can be made of vectors of dimension %d: pooled features of %s have %d", o, features.Dim, config.Title, config.Features())
	}
	h := headsOf(config, values)
	store := model.NewStore()
	if err := load(store, h.variables(o, values), values); err != nil {
		return nil, err
	}
	if store.NumVariables() == 0 {
		return features, nil
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node { return h.graph(scope, x, o) })
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	dim := o.dim(config, h, 0)
	out := &vectors.Set{IDs: features.IDs, Dim: dim, Data: make([]float32, features.Len()*dim)}
	rows := make([]float32, projectBatch*features.Dim)
	for from := 0; from < features.Len(); from += projectBatch {
		n := min(projectBatch, features.Len()-from)
		copy(rows, features.Data[from*features.Dim:(from+n)*features.Dim])
		if err := call(exec, rows, []int{projectBatch, features.Dim}, out.Data[from*dim:(from+n)*dim]); err != nil {
			return nil, fmt.Errorf("projecting: %w", err)
		}
	}
	return out, nil
}

// call runs a graph of one input and copies the first len(out) values of its output.
func call(exec *model.Exec, input []float32, dims []int, out []float32) error {
	in := tensors.FromFlatDataAndDimensions(input, dims...)
	// The collector does not see how much memory the device holds for these.
	defer func() { _ = in.FinalizeAll() }()
	result, err := exec.Exec(in)
	if err != nil {
		return err
	}
	defer func() { _ = result[0].FinalizeAll() }()
	return result[0].ConstFlatData(func(flat any) { copy(out, flat.([]float32)) })
}
