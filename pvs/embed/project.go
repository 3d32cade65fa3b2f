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
func Project(backend compute.Backend, config effnet.Config, values map[string][]float32, features *vectors.Set,
	o Output) (*vectors.Set, error) {
	if o.block() || features.Dim != config.Features() {
		return nil, fmt.Errorf("no %s can be made of vectors of dimension %d: pooled features of %s have %d", o,
			features.Dim, config.Title, config.Features())
	}
	origin, err := projected(config, values, features.Origin, o)
	if err != nil {
		return nil, err
	}
	p, err := newProjector(backend, config, values, o, projectBatch)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return features, nil
	}
	defer p.close()
	out := &vectors.Set{IDs: features.IDs, Dim: p.dim, Origin: origin, Data: make([]float32, features.Len()*p.dim)}
	return out, p.project(features.Data, out.Data)
}

// projected is the origin of an output that is made of features; features of other weights
// are an error.
func projected(config effnet.Config, values map[string][]float32, features *vectors.Origin,
	o Output) (*vectors.Origin, error) {
	if !features.Known() {
		return nil, nil
	}
	want := *features
	want.Network, want.Title, want.Output, want.Weights = config.Name, config.Title, string(Features), Digest(config,
		values, Features)
	if err := vectors.Compare("the set of features", features, "the network whose heads they should get",
		&want); err != nil {
		return nil, err
	}
	want.Output, want.Weights = string(o), Digest(config, values, o)
	return &want, nil
}

// projector puts the heads of an output on pooled features.
type projector struct {
	exec          *model.Exec
	rows          []float32 // one batch
	features, dim int
}

// newProjector returns nil where the output has no heads.
func newProjector(backend compute.Backend, config effnet.Config, values map[string][]float32, o Output,
	batch int) (*projector, error) {
	h := headsOf(config, values)
	store := model.NewStore()
	if err := load(store, h.variables(o, values), values); err != nil {
		return nil, err
	}
	if store.NumVariables() == 0 {
		return nil, nil
	}
	exec, err := model.NewExec(backend, store, func(scope *model.Scope, x *graph.Node) *graph.Node {
		return h.graph(scope,
			x, o)
	})
	if err != nil {
		return nil, err
	}
	return &projector{exec, make([]float32, batch*config.Features()), config.Features(), o.dim(config, h, 0)}, nil
}

// project takes features, [n, features], and fills out, [n, dim].
func (p *projector) project(features, out []float32) error {
	for len(features) > 0 {
		n := copy(p.rows, features) / p.features
		if err := call(p.exec, p.rows, []int{len(p.rows) / p.features, p.features}, out[:n*p.dim]); err != nil {
			return fmt.Errorf("projecting: %w", err)
		}
		features, out = features[n*p.features:], out[n*p.dim:]
	}
	return nil
}

func (p *projector) close() { p.exec.Finalize() }

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
