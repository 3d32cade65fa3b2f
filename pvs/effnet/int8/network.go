package int8

import (
	"bytes"
	"fmt"

	"github.com/gomlx/compute"
	onnxruntime "github.com/gomlx/compute-onnx"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Network is a quantised network, ready to run.
type Network struct {
	backend  compute.Backend
	exec     compute.Executable
	shape    shapes.Shape // of the images
	features int
}

// Load makes a [Model] ready on the backend, which must be ONNX Runtime on a CPU.
func Load(backend compute.Backend, config effnet.Config, values map[string][]float32, ranges Ranges,
	batch, size int) (*Network, error) {
	if err := effnet.Int8.Check(backend); err != nil {
		return nil, err
	}
	file, err := Model(config, values, ranges, batch, size)
	if err != nil {
		return nil, err
	}
	exec, err := onnxruntime.LoadModel(backend, bytes.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("preparing %s in int8: %w", config.Title, err)
	}
	return &Network{backend, exec, shapes.Make(dtypes.Float32, batch, size, size, 3), config.Features()}, nil
}

// Features computes the pooled features, [batch, features], of images [batch, size, size, 3], 0..255.
func (n *Network) Features(images, features []float32) error {
	in, err := n.backend.BufferFromFlatData(0, images, n.shape)
	if err != nil {
		return err
	}
	defer func() { _ = in.Finalize() }()
	outs, err := n.exec.Execute([]compute.Buffer{in}, []bool{false}, 0)
	if err != nil {
		return err
	}
	defer func() { _ = outs[0].Finalize() }()
	return outs[0].ToFlatData(features)
}

// Close frees what the backend holds.
func (n *Network) Close() { n.exec.Finalize() }
