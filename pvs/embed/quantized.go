package embed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/int8"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Calibrated is an [Embedder] that looks at some of the photos before it embeds any.
type Calibrated interface {
	Embedder
	// Calibrate takes prepared photos, [n, InputLen].
	Calibrate(ctx context.Context, inputs []float32) error
}

// Quantized is an EfficientNet of 8-bit whole numbers (package quantize); heads and
// vectors are float32. It is made for the photos that it was calibrated on.
type Quantized struct {
	network
	backend  compute.Backend
	values   map[string][]float32
	body     *int8.Network // nil before Calibrate
	top      *projector    // nil without heads
	features []float32     // of a batch
}

// NewQuantized is [NewNetwork] in 8 bits, on ONNX Runtime only.
func NewQuantized(backend compute.Backend, config effnet.Config, values map[string][]float32, opts NetworkOptions) (*Quantized, error) {
	opts.Precision = effnet.Int8
	n, err := settle(backend, config, values, opts)
	if err != nil {
		return nil, err
	}
	if n.opts.Output.block() {
		return nil, fmt.Errorf("%s in 8 bits has no output %q: take float32 for it", config.Title, n.opts.Output)
	}
	top, err := newProjector(backend, config, values, n.opts.Output, n.opts.Batch)
	if err != nil {
		return nil, err
	}
	return &Quantized{network: n, backend: backend, values: values, top: top, features: make([]float32, n.opts.Batch*config.Features())}, nil
}

// Calibrate finds the ranges of the layers on photos and builds the network for them.
func (q *Quantized) Calibrate(ctx context.Context, inputs []float32) error {
	ranges, err := int8.Calibrate(ctx, q.backend, q.config, q.values, inputs, q.opts.Size)
	if err != nil {
		return err
	}
	return q.load(ranges)
}

// CalibrateAs takes the calibration that vectors were made with, of their Origin.
func (q *Quantized) CalibrateAs(calibration []byte) error {
	var ranges int8.Ranges
	if err := json.Unmarshal(calibration, &ranges); err != nil || len(ranges) == 0 {
		return fmt.Errorf("the calibration of %s in 8 bits is missing or damaged; embed the vectors again", q.config.Title)
	}
	return q.load(ranges)
}

// load builds the network for ranges.
func (q *Quantized) load(ranges int8.Ranges) (err error) {
	q.drop()
	if q.body, err = int8.Load(q.backend, q.config, q.values, ranges, q.opts.Batch, q.opts.Size); err != nil {
		return err
	}
	q.origin.Calibration, err = json.Marshal(ranges)
	return err
}

// Embed runs the network and its heads.
func (q *Quantized) Embed(inputs []float32, count int, out []float32) error {
	if q.body == nil {
		return errors.New("a network in 8 bits embeds only after it was calibrated on photos")
	}
	batch, err := q.fill(inputs, count, out)
	if err != nil {
		return err
	}
	if err := q.body.Features(batch, q.features); err != nil {
		return fmt.Errorf("running %s in 8 bits: %w", q.config.Title, err)
	}
	features := q.features[:count*q.config.Features()]
	if q.top != nil {
		return q.top.project(features, out)
	}
	copy(out, features)
	return nil
}

// Close frees what the backend holds.
func (q *Quantized) Close() {
	q.drop()
	if q.top != nil {
		q.top.close()
		q.top = nil
	}
}

// drop frees what was built for other photos.
func (q *Quantized) drop() {
	if q.body != nil {
		q.body.Close()
		q.body = nil
	}
}

// calibrationPhotos is how many photos an embedder is calibrated on.
const calibrationPhotos = 64

// calibrate shows an embedder that wants it photos from all over a list, the same at each
// start; one that cannot be read is left out, since its turn to be reported comes.
func calibrate(ctx context.Context, e Embedder, photos []Photo, limits imageprep.Limits) error {
	c, ok := e.(Calibrated)
	if !ok {
		return nil
	}
	some := make([]todo, min(calibrationPhotos, len(photos)))
	for i := range some {
		some[i].Photo = photos[i*len(photos)/len(some)]
	}
	b := batch{inputs: make([]float32, len(some)*e.InputLen())}
	b.decode(e, some, RunOptions{SkipBad: true, Limits: limits})
	if len(b.done) == 0 {
		return nil // the first of them is reported in its turn
	}
	return c.Calibrate(ctx, b.inputs[:len(b.done)*e.InputLen()])
}
