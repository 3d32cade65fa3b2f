package finetune

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// frozenRows is how many images the graph takes at once; the outputs are the same for all numbers.
const frozenRows = 8

// frozenGraph is the layers as graphs by the number of images.
type frozenGraph struct {
	s     *Session
	exec  *compiled
	store *model.Store
}

func (s *Session) newFrozenGraph(values map[string][]float32) (*frozenGraph, error) {
	f := &frozenGraph{s: s, store: model.NewStore()}
	if err := s.config.Load(f.store.RootScope(), values); err != nil {
		return nil, err
	}
	f.store.WithVariableAsConst(true)
	cached := s.phase.CachedInput()
	exec, err := model.NewExec(s.opts.Inference.Backend, f.store, func(scope *model.Scope,
		in []*graph.Node) []*graph.Node {
		opts := effnet.Options{Formulation: s.opts.Inference.Formulation, Precision: s.opts.Inference.Precision}
		if s.opts.DropConnect > 0 {
			opts.DropConnect, opts.Noise = s.opts.DropConnect, in[1]
		}
		if cached == FromBlock {
			return []*graph.Node{s.config.Before(scope, in[0], lastStage, opts)}
		}
		return []*graph.Node{s.config.Graph(scope, in[0], opts).Features}
	})
	if err != nil {
		return nil, fmt.Errorf("building the frozen layers of %s: %w", s.config.Title, err)
	}
	f.exec = &compiled{exec: exec}
	return f, nil
}

func (f *frozenGraph) run(images []float32, rows int, noise []float32) ([]float32, error) {
	each := rows
	if rows%frozenRows == 0 {
		each = frozenRows
	}
	width, blocks := len(images)/rows, len(f.s.config.Blocks())
	var out []float32
	for from := 0; from < rows; from += each {
		args := []argument{perRow(images[from*width:(from+each)*width], each, f.s.opts.Size, f.s.opts.Size, 3)}
		if noise != nil {
			args = append(args, perRow(noise[from*blocks:(from+each)*blocks], each, blocks))
		}
		values, err := f.s.run(f.exec, args...)
		if err != nil {
			return nil, err
		}
		out = append(out, values[0]...)
	}
	return out, nil
}

func (f *frozenGraph) close() {
	f.exec.exec.Finalize()
	f.store.Finalize()
}
