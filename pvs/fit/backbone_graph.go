package fit

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// graphBackbone computes as graphs on a backend, whose store holds a copy of the weights.
type graphBackbone struct {
	config      effnet.Config
	formulation effnet.Formulation
	precision   effnet.Precision
	dropConnect float64
	size        int
	trains      []string
	store       *model.Store

	features, gradients *model.Exec
	images, noise       *tensors.Tensor // of the last forward pass
}

func newGraphBackbone(b compute.Backend, c effnet.Config, f effnet.Formulation, p effnet.Precision, size int,
	dropConnect float64, values map[string][]float32) (*graphBackbone, error) {
	g := &graphBackbone{config: c, formulation: f, precision: p, dropConnect: dropConnect, size: size,
		trains: trains(c, values), store: model.NewStore()}
	if err := c.Load(g.store.RootScope(), values); err != nil {
		return nil, err
	}
	var err error
	g.features, err = model.NewExec(b, g.store, func(scope *model.Scope, images, noise *graph.Node) *graph.Node {
		return g.forwardGraph(scope, images, noise)
	})
	if err != nil {
		return nil, fmt.Errorf("building the forward pass of %s: %w", c.Title, err)
	}
	g.gradients, err = model.NewExec(b, g.store, func(scope *model.Scope, images, noise, by *graph.Node) []*graph.Node {
		return g.backwardGraph(scope, images, noise, by)
	})
	if err != nil {
		return nil, fmt.Errorf("building the backward pass of %s: %w", c.Title, err)
	}
	return g, nil
}

func (g *graphBackbone) forward(images, noise, features []float32) error {
	rows := len(features) / g.config.Features()
	if noise == nil {
		noise = make([]float32, rows*len(g.config.Blocks()))
	}
	g.images = tensors.FromFlatDataAndDimensions(images, rows, g.size, g.size, 3)
	g.noise = tensors.FromFlatDataAndDimensions(noise, rows, len(g.config.Blocks()))
	out, err := g.features.Call(g.images, g.noise)
	if err != nil {
		return fmt.Errorf("running %s: %w", g.config.Title, err)
	}
	return copyTo(out[0], features)
}

func (g *graphBackbone) backward(ofFeatures []float32, to optimize.Tensors) error {
	rows := len(ofFeatures) / g.config.Features()
	by := tensors.FromFlatDataAndDimensions(ofFeatures, rows, g.config.Features())
	out, err := g.gradients.Call(g.images, g.noise, by)
	if err != nil {
		return fmt.Errorf("the gradients of %s: %w", g.config.Title, err)
	}
	for i, name := range g.trains {
		if to[name] == nil {
			to[name] = make([]float32, out[i].Shape().Size())
		}
		if err := copyTo(out[i], to[name]); err != nil {
			return err
		}
	}
	return nil
}

func (g *graphBackbone) load(values map[string][]float32) error {
	return g.config.Load(g.store.RootScope(), values)
}

func (g *graphBackbone) close() {
	g.features.Finalize()
	g.gradients.Finalize()
}

// copyTo copies a result and frees it.
func copyTo(t *tensors.Tensor, to []float32) error {
	defer func() { _ = t.FinalizeAll() }()
	return tensors.ConstFlatData(t, func(flat []float32) { copy(to, flat) })
}
