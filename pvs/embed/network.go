package embed

import (
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Embedder maps photos to vectors.
type Embedder interface {
	// Key is one line that tells embedders apart whose vectors differ.
	Key() string
	// Origin says what makes the vectors, for those who read them; of which photos is
	// left open.
	Origin() vectors.Origin
	// Dim is the length of a vector.
	Dim() int
	// Batch is how many photos Embed takes at once.
	Batch() int
	// InputLen is the number of values that Prepare writes.
	InputLen() int
	// Prepare brings a photo to the form that Embed takes; it is called from many goroutines.
	Prepare(photo *imageprep.RGB, input []float32)
	// Embed maps n prepared photos, at most Batch, to n vectors.
	Embed(inputs []float32, n int, vectors []float32) error
}

// NetworkOptions of [New]; zero values are defaults.
type NetworkOptions struct {
	Size   int    // side of the square input; 0: what the weights were trained on
	Batch  int    // photos at once; 0: as many as keep the engine busy, at least 8
	Output Output // what becomes the vector; "": [OutputOf] the weights
	// Shrunk decodes JPEGs at a half, a quarter or an eighth of their size where twice the input's side is left: a photo
	// of 12 megapixels in a seventh of the time. The journey reads photos whole, as the original did.
	Shrunk bool
	// Centre is the share of the side that is looked at in the middle of a photo ([imageprep.Centre]), from
	// imageprep.LeastCentre to 1; 0: 1, the whole photo. Where products stand in the middle they are seen larger, at no
	// cost.
	Centre float64

	// Where the weights are from, to be noted beside the vectors: the name of a source or
	// a file, or a run and its checkpoint's file.
	WeightsFrom, Run, Checkpoint string
}

// network is what the engines' forward passes share of a [Network].
type network struct {
	Input
	engine engine.Engine
	config effnet.Config
	opts   NetworkOptions
	heads  heads
	dim    int
	key    string
	origin vectors.Origin
}

// Network is an EfficientNet in inference mode, with the heads that it was trained with. Without
// any, a photo's vector is the average of the last convolution's output over all positions (Keras:
// pooling="avg").
type Network struct {
	*network
	forward forward
}

// forward computes the vectors of a batch, the count first images of which are photos.
type forward interface {
	run(batch []float32, count int, vectors []float32) error
	close()
}

// New loads the weights (as [effnet.Config.Load] takes them, and those of the heads) into a
// network that the engine computes. A graph is compiled at the first batch; an int8 network embeds
// after [Network.Calibrate], which [Run] and [One] see to.
func New(e engine.Engine, config effnet.Config, values map[string][]float32, opts NetworkOptions) (*Network, error) {
	n, err := resolve(e, config, values, opts)
	if err != nil {
		return nil, err
	}
	var f forward
	switch e.Kind {
	case engine.FusedCPU:
		f, err = newFused(n, values)
	case engine.Int8:
		f, err = newInt8(n, values)
	default:
		f, err = newGraph(n, values)
	}
	if err != nil {
		return nil, err
	}
	return &Network{n, f}, nil
}

// resolve checks the options and fills in what they leave open.
func resolve(e engine.Engine, config effnet.Config, values map[string][]float32,
	opts NetworkOptions) (*network, error) {
	if e.IsZero() {
		return nil, errors.New("a network needs an engine that computes it: choose one (engine.Choose)")
	}
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if opts.Size == 0 {
		opts.Size = config.Resolution
	}
	if opts.Batch == 0 {
		opts.Batch = e.Batch()
	}
	if opts.Size < 32 || opts.Size > 2048 || opts.Batch < 1 || opts.Batch > 1024 {
		return nil, fmt.Errorf("an input of %d pixels (32 to 2048) in batches of %d (1 to 1024) cannot be embedded",
			opts.Size, opts.Batch)
	}
	input, err := NewInput(imageprep.Look{Size: opts.Size, Centre: opts.Centre}, opts.Shrunk)
	if err != nil {
		return nil, err
	}
	if opts.Output == "" {
		opts.Output = OutputOf(values)
	}
	n := &network{Input: input, engine: e, config: config, opts: opts, heads: headsOf(config, values)}
	if n.dim = opts.Output.dim(config, n.heads, opts.Size); n.dim == 0 {
		return nil, fmt.Errorf("%s with these weights has no output %q", config.Title, opts.Output)
	}
	n.origin = vectors.Origin{
		Network: config.Name, Title: config.Title,
		Weights: Digest(config, values, opts.Output), WeightsFrom: opts.WeightsFrom,
		Checkpoint: opts.Checkpoint, Run: opts.Run,
		Output: string(opts.Output), Precision: e.Precision.String(), Engine: e.String(),
	}
	n.key = fmt.Sprintf("%s %d %s %s%s", config.Name, opts.Size, opts.Output, n.origin.Weights, input.Note(&n.origin))
	if e.Precision != effnet.Float32 {
		n.key += " " + e.Precision.String()
	}
	return n, nil
}

// Close frees what the device holds.
func (n *Network) Close() { n.forward.close() }

// Engine returns what computes the network.
func (n *Network) Engine() engine.Engine { return n.engine }

// Key names variant, input size, output and weights, and a precision that is not float32.
func (n *network) Key() string { return n.key }

// Origin names network, weights, input, output, precision and what computes it.
func (n *network) Origin() vectors.Origin { return n.origin }

// Dim returns the length of a vector.
func (n *network) Dim() int { return n.dim }

// Batch returns the batch size.
func (n *network) Batch() int { return n.opts.Batch }

// Embed runs the network.
func (n *Network) Embed(inputs []float32, count int, vectors []float32) error {
	batch, err := n.fill(inputs, count, vectors)
	if err != nil {
		return err
	}
	if err := n.forward.run(batch, count, vectors[:count*n.dim]); err != nil {
		return fmt.Errorf("running %s: %w", n.config.Title, err)
	}
	return nil
}

// fill returns a whole batch of inputs, the count first of which are photos.
func (n *network) fill(inputs []float32, count int, vectors []float32) ([]float32, error) {
	if count < 1 || count > n.opts.Batch {
		return nil, fmt.Errorf("a batch of %d is not in 1 to %d", count, n.opts.Batch)
	}
	clear(inputs[count*n.InputLen():])
	if len(vectors) < count*n.dim {
		return nil, fmt.Errorf("%d values hold no vectors of %d photos: %d are needed", len(vectors), count, count*n.dim)
	}
	return inputs[:n.opts.Batch*n.InputLen()], nil
}
