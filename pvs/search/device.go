package search

import (
	"fmt"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)

// device multiplies on a GoMLX backend. Every tile of rows has the same shape: the
// last one is filled up with zeros, so that equal vectors go through the same
// arithmetic wherever they stand, and nothing is compiled for it anew.
type device struct {
	exec *graph.Exec
	dim  int
	rows int
}

func newDevice(backend compute.Backend, dim, rows int) (*device, error) {
	exec, err := graph.NewExec(backend, func(queries, rows *graph.Node) *graph.Node {
		return graph.Einsum("qd,rd->qr", queries, rows)
	})
	if err != nil {
		return nil, fmt.Errorf("preparing the search: %w", err)
	}
	return &device{exec: exec, dim: dim, rows: rows}, nil
}

func (d *device) multiply(queries []float32, nq int, rows []float32, nr int, scores []float32) error {
	if nr < d.rows {
		filled := make([]float32, d.rows*d.dim)
		copy(filled, rows)
		rows = filled
	}
	q, r := tensors.FromFlatDataAndDimensions(queries, nq, d.dim), tensors.FromFlatDataAndDimensions(rows, d.rows, d.dim)
	// The collector does not see how much memory the device holds for these.
	defer func() { _, _ = q.FinalizeAll(), r.FinalizeAll() }()
	out, err := d.exec.Call(q, r)
	if err != nil {
		return fmt.Errorf("searching: %w", err)
	}
	err = out[0].ConstFlatData(func(flat any) {
		for q := range nq {
			copy(scores[q*nr:(q+1)*nr], flat.([]float32)[q*d.rows:])
		}
	})
	if err != nil {
		return fmt.Errorf("searching: %w", err)
	}
	return out[0].FinalizeAll()
}
