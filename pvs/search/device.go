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

// device computes inner products on a GoMLX backend. Every tile of rows has the same
// shape: the last one is padded with zeros, so that equal vectors have exactly equal
// scores in any row, and one compiled program serves all tiles.
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

// onDevice is one search's queries and rows on the device. Two tiles of rows are double
// buffered: those being multiplied, and the next. The buffers are reused, since the
// index may be much larger than the memory.
type onDevice struct {
	*device
	queries    []*tensors.Tensor
	rowBuffers [2]rowBuffer
	current    int
}

// rowBuffer is the memory of a tile of rows.
type rowBuffer struct {
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
	for i := range s.rowBuffers {
		t, err := tensors.FromShapeForBackend(d.backend, 0, shapes.Make(dtypes.Float32, d.height, d.dim))
		if err != nil {
			s.end()
			return nil, fmt.Errorf("allocating memory for the index's rows: %w", err)
		}
		s.rowBuffers[i].tensor = t
	}
	return s, nil
}

func (s *onDevice) rows(data []float32, nr int) error {
	s.current = 1 - s.current
	set := &s.rowBuffers[s.current]
	set.inUse.Wait()
	return set.tensor.MutableFlatData(func(flat any) {
		n := copy(flat.([]float32), data[:nr*s.dim])
		clear(flat.([]float32)[n:])
	})
}

func (s *onDevice) tile(t int) (scores, error) {
	set := &s.rowBuffers[s.current]
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
		// Go's garbage collector does not see the device's memory.
		return out[0].FinalizeAll()
	}, nil
}

func (s *onDevice) end() {
	for _, q := range s.queries {
		_ = q.FinalizeAll() // an error here changes no result
	}
	for i := range s.rowBuffers {
		if t := s.rowBuffers[i].tensor; t != nil {
			_ = t.FinalizeAll()
		}
	}
}
