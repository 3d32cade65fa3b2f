package embed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/effnet/int8"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Calibrated is an [Embedder] that may look at some of the photos before it embeds any.
type Calibrated interface {
	Embedder
	// Calibrates says whether it needs calibration before Embed.
	Calibrates() bool
	// Calibrate takes prepared photos, [n, InputLen].
	Calibrate(ctx context.Context, inputs []float32) error
}

// int8Forward is an int8 network (package int8); heads and vectors are float32. It is made for the
// photos that it was calibrated on.
type int8Forward struct {
	*network
	values   map[string][]float32
	backbone *int8.Network // nil before calibration
	top      *projector    // nil without heads
	features []float32     // of a batch
}

func newInt8(n *network, values map[string][]float32) (*int8Forward, error) {
	if n.opts.Output.block() {
		return nil, fmt.Errorf("%s in int8 has no output %q: take float32 for it", n.config.Title, n.opts.Output)
	}
	top, err := newProjector(n.engine.Backend, n.config, values, n.opts.Output, n.opts.Batch)
	if err != nil {
		return nil, err
	}
	return &int8Forward{network: n, values: values, top: top,
		features: make([]float32, n.opts.Batch*n.config.Features())}, nil
}

// Calibrates says whether the network is int8's, which embeds only after [Network.Calibrate] or
// [Network.CalibrateAs].
func (n *Network) Calibrates() bool {
	_, ok := n.forward.(*int8Forward)
	return ok
}

// Calibrate finds int8's ranges of the layers on prepared photos, [n, InputLen], and builds the
// network for them. Networks that need none stay as they are.
func (n *Network) Calibrate(ctx context.Context, inputs []float32) error {
	f, ok := n.forward.(*int8Forward)
	if !ok {
		return nil
	}
	ranges, err := int8.Calibrate(ctx, n.engine.Backend, n.config, f.values, inputs, n.opts.Size)
	if err != nil {
		return err
	}
	return f.load(ranges)
}

// CalibrateAs takes the calibration that vectors were made with, of their Origin. Networks that
// need none stay as they are.
func (n *Network) CalibrateAs(calibration []byte) error {
	f, ok := n.forward.(*int8Forward)
	if !ok {
		return nil
	}
	var ranges int8.Ranges
	if err := json.Unmarshal(calibration, &ranges); err != nil || len(ranges) == 0 {
		return fmt.Errorf("the calibration of %s in int8 is missing or damaged; embed the vectors again", n.config.Title)
	}
	return f.load(ranges)
}

// load builds the network for ranges.
func (f *int8Forward) load(ranges int8.Ranges) (err error) {
	f.drop()
	f.backbone, err = int8.Load(f.engine.Backend, f.config, f.values, ranges, f.opts.Batch, f.opts.Size)
	if err != nil {
		return err
	}
	f.origin.Calibration, err = json.Marshal(ranges)
	return err
}

// run takes whole batches, as the graph does.
func (f *int8Forward) run(batch []float32, count int, vectors []float32) error {
	if f.backbone == nil {
		return errors.New("a network in int8 embeds only after it was calibrated on photos")
	}
	if err := f.backbone.Features(batch, f.features); err != nil {
		return fmt.Errorf("in int8: %w", err)
	}
	features := f.features[:count*f.config.Features()]
	if f.top != nil {
		return f.top.project(features, vectors)
	}
	copy(vectors, features)
	return nil
}

func (f *int8Forward) close() {
	f.drop()
	if f.top != nil {
		f.top.close()
		f.top = nil
	}
}

// drop frees what was built for other photos.
func (f *int8Forward) drop() {
	if f.backbone != nil {
		f.backbone.Close()
		f.backbone = nil
	}
}

// calibrationPhotos is how many photos an embedder is calibrated on.
const calibrationPhotos = 64

// calibrate shows an embedder that calibrates photos from all over a list, the same at each start;
// one that cannot be read is left out, since its turn to be reported comes.
func calibrate(ctx context.Context, e Embedder, photos []Photo, limits imageprep.Limits) error {
	c, ok := e.(Calibrated)
	if !ok || !c.Calibrates() {
		return nil
	}
	sample := make([]todo, min(calibrationPhotos, len(photos)))
	for i := range sample {
		sample[i].Photo = photos[i*len(photos)/len(sample)]
	}
	b := batch{inputs: make([]float32, len(sample)*e.InputLen())}
	b.decode(e, sample, RunOptions{SkipBad: true, Limits: limits})
	if len(b.done) == 0 {
		return nil // the first of them is reported in its turn
	}
	return c.Calibrate(ctx, b.inputs[:len(b.done)*e.InputLen()])
}
