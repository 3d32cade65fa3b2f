package finetune

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// frozenRows is how many images the frozen layers see at once; all give the same.
const frozenRows = 8

// frozen runs the layers before the first one that trains on a backend for inference,
// whose convolutions are faster and which takes the weights as constants.
type frozen struct {
	exec  *model.Exec
	store *model.Store
	rows  int
	row   []int // dimensions of what it gives for an image
}

func (f *frozen) close() {
	f.exec.Finalize()
	f.store.Finalize()
}

// apart says whether a step's frozen layers run apart from those that train.
func (s *Session) apart() bool {
	return s.opts.Frozen != nil && s.input == FromImages && s.phase.CachedInput() != FromImages
}

// newFrozen builds the frozen part of the phase with the weights as they are.
func (s *Session) newFrozen(rows int) (*frozen, error) {
	values, err := s.Values()
	if err != nil {
		return nil, err
	}
	f := &frozen{store: model.NewStore(), rows: rows, row: s.row(s.phase.CachedInput())}
	if rows%frozenRows == 0 {
		f.rows = frozenRows
	}
	if err := s.config.Load(f.store.RootScope(), values); err != nil {
		return nil, err
	}
	f.store.WithVariableAsConst(true)
	f.exec, err = model.NewExec(s.opts.Frozen, f.store, func(scope *model.Scope, in []*graph.Node) []*graph.Node {
		opts := effnet.Options{Formulation: effnet.FormulationFor(s.opts.Frozen), Precision: s.opts.Precision.On(s.opts.Frozen)}
		if s.opts.DropConnect > 0 {
			opts.DropConnect, opts.Noise = s.opts.DropConnect, in[1]
		}
		if s.phase.CachedInput() == FromBlock {
			return []*graph.Node{s.config.Before(scope, in[0], lastStage, opts)}
		}
		return []*graph.Node{s.config.Graph(scope, in[0], opts).Features}
	})
	if err != nil {
		return nil, fmt.Errorf("building the frozen layers of %s: %w", s.config.Title, err)
	}
	return f, nil
}

// ahead replaces a batch's images by what the frozen layers give for them, with the
// noise of stochastic depth that the step would have drawn.
func (s *Session) ahead(b Batch) (Batch, error) {
	rows := len(b.Labels)
	if s.frozen == nil || rows%s.frozen.rows != 0 {
		if s.frozen != nil {
			s.frozen.close()
		}
		var err error
		if s.frozen, err = s.newFrozen(rows); err != nil {
			return b, err
		}
	}
	f, blocks := s.frozen, len(s.config.Blocks())
	_, path := s.noise(b, rows)
	width := len(b.Inputs) / rows
	var out []float32
	for from := 0; from < rows; from += f.rows {
		args := []argument{perRow(b.Inputs[from*width:(from+f.rows)*width], f.rows, s.opts.Size, s.opts.Size, 3)}
		if s.opts.DropConnect > 0 {
			args = append(args, perRow(path[from*blocks:(from+f.rows)*blocks], f.rows, blocks))
		}
		values, err := s.run(f.exec, args...)
		if err != nil {
			return b, err
		}
		out = append(out, values[0]...)
	}
	b.Inputs = out
	return b, nil
}
