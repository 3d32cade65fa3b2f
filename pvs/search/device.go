package search

import (
	"fmt"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// device multiplies on a GoMLX backend. Every tile of rows has the same shape: the
// last one is filled up, so that equal vectors go through the same arithmetic wherever
// they stand, and nothing is compiled for it anew.
type device struct {
	backend compute.Backend
	exec    *graph.Exec
	dim     int
	height  int // rows of a tile
}

func newDevice(backend compute.Backend, dim, height int) (*device, error) {
	exec, err := graph.NewExec(backend, func(queries, rows *graph.Node) *graph.Node {
		return graph.Einsum("qd,rd->qr", queries, rows)
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the search: %w", err)
	}
	return &device{backend, exec, dim, height}, nil
}

// onDevice is one search's queries and rows on the device. The rows of two tiles are
// there: those being multiplied, and the next. Their memory serves again and again, as
// the index may be much larger than what is to spare.
type onDevice struct {
	*device
	queries []*tensors.Tensor
	rowSets [2]rowSet
	turn    int
}

// rowSet is a tile of rows.
type rowSet struct {
	tensor *tensors.Tensor
	inUse  sync.WaitGroup // scores not read yet: until then the device may read the rows
}

func (d *device) begin(queries []float32, tile int) (products, error) {
	s := &onDevice{device: d}
	step := tile * d.dim
	for from := 0; from < len(queries); from += step {
		part := queries[from:min(from+step, len(queries))]
		s.queries = append(s.queries, tensors.FromFlatDataAndDimensions(part, len(part)/d.dim, d.dim))
	}
	for i := range s.rowSets {
		t, err := tensors.FromShapeForBackend(d.backend, 0, shapes.Make(dtypes.Float32, d.height, d.dim))
		if err != nil {
			s.end()
			return nil, fmt.Errorf("making room for the index's rows: %w", err)
		}
		s.rowSets[i].tensor = t
	}
	return s, nil
}

func (s *onDevice) rows(data []float32, nr int) error {
	s.turn = 1 - s.turn
	set := &s.rowSets[s.turn]
	set.inUse.Wait()
	return set.tensor.MutableFlatData(func(flat any) {
		n := copy(flat.([]float32), data[:nr*s.dim])
		clear(flat.([]float32)[n:])
	})
}

func (s *onDevice) tile(t int) (scores, error) {
	set := &s.rowSets[s.turn]
	out, err := s.exec.Call(s.queries[t], set.tensor)
	if err != nil {
		return nil, fmt.Errorf("searching: %w", err)
	}
	set.inUse.Add(1)
	return func(use func(flat []float32, stride int)) error {
		defer set.inUse.Done()
		if err := out[0].ConstFlatData(func(flat any) { use(flat.([]float32), s.height) }); err != nil {
			return fmt.Errorf("searching: %w", err)
		}
		// The collector does not see how much memory the device holds for these.
		return out[0].FinalizeAll()
	}, nil
}

func (s *onDevice) end() {
	for _, q := range s.queries {
		_ = q.FinalizeAll() // there is nothing to be done about it
	}
	for i := range s.rowSets {
		if t := s.rowSets[i].tensor; t != nil {
			_ = t.FinalizeAll()
		}
	}
}
