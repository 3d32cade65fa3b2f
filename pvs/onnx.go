package pvs

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/backbone"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/fetch"
)

// onnx starts the network in an ONNX file.
func (o NetworkOptions) onnx(ctx context.Context, log func(string)) (embed.Embedder, func(), error) {
	if o.Name != "" || o.Weights != "" || o.Checkpoint != "" || o.Precision != Float32 || o.Backend != "" {
		return nil, nil, errors.New("a network in an ONNX file brings its weights and precision, and runs on ONNX Runtime: " +
			"leave out Name, Weights, Checkpoint, Precision and Backend")
	}
	folder, err := fetch.CacheDir("networks")
	if err != nil {
		return nil, nil, err
	}
	path, known, err := backbone.Find(o.ONNX, folder)
	if err != nil {
		return nil, nil, err
	}
	library, err := backend.ONNXRuntime(ctx, log)
	if err != nil {
		return nil, nil, fmt.Errorf("networks in ONNX files need ONNX Runtime: %w", err)
	}
	given := backbone.Settings{Pixels: o.Pixels, Output: o.Output}
	if o.Normalise != "" {
		if err := given.Normalise.UnmarshalText([]byte(o.Normalise)); err != nil {
			return nil, nil, err
		}
	}
	n, err := backbone.Open(path, given, backbone.Options{Library: library, Batch: o.Batch, Known: known,
		Centre: o.Centre})
	if err != nil {
		return nil, nil, err
	}
	log(n.Describe())
	return n, n.Close, nil
}
