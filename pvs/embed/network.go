package embed

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
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

// NetworkOptions of [NewNetwork]; zero values are defaults.
type NetworkOptions struct {
	Size   int    // side of the square input; 0: what the weights were trained on
	Batch  int    // photos at once; 0: 8, or as many as keep all cores at work
	Output Output // what becomes the vector; "": [OutputOf] the weights
	// Precision of the backbone; heads and vectors are float32.
	Precision effnet.Precision
	Graph     bool // run as a graph on the backend even where own kernels could be had

	// Where the weights are from, to be noted beside the vectors: the name of a source or
	// a file, or a run and its checkpoint's file.
	WeightsFrom, Run, Checkpoint string
}

// network is what embedders by an EfficientNet have in common.
type network struct {
	config effnet.Config
	opts   NetworkOptions
	heads  heads
	dim    int
	key    string
	origin vectors.Origin
}

// squares says in a few words what [imageprep.Square] does.
const squares = "padded to a square with the mean of its edge, bilinear"

// Network is an EfficientNet in inference mode, with the heads that it was trained
// with. Without any, a photo's vector is the average of the last convolution's output
// over all places (Keras: pooling="avg").
type Network struct {
	network
	forward forward
}

// forward computes the vectors of a batch, the count first of which are photos.
type forward interface {
	run(batch []float32, count int, vectors []float32) error
	close()
}

// settle checks the options and fills in what they leave open.
func settle(backend compute.Backend, config effnet.Config, values map[string][]float32, opts NetworkOptions) (network, error) {
	if err := config.Validate(); err != nil {
		return network{}, err
	}
	if opts.Size == 0 {
		opts.Size = config.Resolution
	}
	if opts.Batch == 0 {
		opts.Batch = defaultBatch(backend, opts)
	}
	if opts.Size < 32 || opts.Size > 2048 || opts.Batch < 1 || opts.Batch > 1024 {
		return network{}, fmt.Errorf("an input of %d pixels (32 to 2048) in batches of %d (1 to 1024) cannot be embedded", opts.Size, opts.Batch)
	}
	if !own(backend, opts) {
		if err := opts.Precision.Check(backend); err != nil {
			return network{}, err
		}
	}
	if opts.Output == "" {
		opts.Output = OutputOf(values)
	}
	n := network{config: config, opts: opts, heads: headsOf(config, values)}
	if n.dim = opts.Output.dim(config, n.heads, opts.Size); n.dim == 0 {
		return n, fmt.Errorf("%s with these weights has no output %q", config.Title, opts.Output)
	}
	n.origin = vectors.Origin{Network: config.Name, Title: config.Title, Weights: Digest(config, values, opts.Output), WeightsFrom: opts.WeightsFrom,
		Checkpoint: opts.Checkpoint, Run: opts.Run, Pixels: opts.Size, Views: []string{imageprep.A0.String()}, Output: string(opts.Output),
		Precision: opts.Precision.String(), Engine: backend.Name(), Resize: squares}
	n.key = fmt.Sprintf("%s %d %s %s pixels-%d", config.Name, opts.Size, opts.Output, n.origin.Weights, imageprep.Revision)
	if opts.Precision != effnet.Float32 {
		n.key += " " + opts.Precision.String()
	}
	return n, nil
}

// NewNetwork loads the weights (as [effnet.Config.Load] takes them, and those of the
// heads) into a network for the backend's device: on a CPU in its own kernels if it has
// them (package effnet/cpu), else as a graph that is compiled at the first batch.
func NewNetwork(backend compute.Backend, config effnet.Config, values map[string][]float32, opts NetworkOptions) (*Network, error) {
	n, err := settle(backend, config, values, opts)
	if err != nil {
		return nil, err
	}
	f, err := newForward(backend, n, values)
	if err != nil {
		return nil, err
	}
	if _, own := f.(*kernelForward); own {
		n.origin.Engine = "own kernels"
	}
	return &Network{n, f}, nil
}

// own says whether a network runs in its own kernels.
func own(backend compute.Backend, opts NetworkOptions) bool {
	return !opts.Graph && cpu.Preferred(backend, opts.Precision)
}

// defaultBatch is 8, and two photos a core for own kernels, which give each to one core.
func defaultBatch(backend compute.Backend, opts NetworkOptions) int {
	if own(backend, opts) {
		return max(8, 2*runtime.GOMAXPROCS(0))
	}
	return 8
}

// newForward takes the network's own kernels where they can be had, and else its graph.
func newForward(backend compute.Backend, n network, values map[string][]float32) (forward, error) {
	if own(backend, n.opts) {
		return newKernels(backend, n, values)
	}
	return newGraph(backend, n, values)
}

// Close frees what the device holds.
func (n *Network) Close() { n.forward.close() }

// Own says whether the network runs in its own kernels (package effnet/cpu).
func (n *Network) Own() bool {
	_, own := n.forward.(*kernelForward)
	return own
}

// Key names variant, input size, output and weights, and a precision that is not float32.
func (n *network) Key() string { return n.key }

// Origin names network, weights, input, output, precision and what computes it.
func (n *network) Origin() vectors.Origin { return n.origin }

// Dim returns the length of a vector.
func (n *network) Dim() int { return n.dim }

// Batch returns the batch size.
func (n *network) Batch() int { return n.opts.Batch }

// InputLen returns the values of a square.
func (n *network) InputLen() int { return 3 * n.opts.Size * n.opts.Size }

// Prepare pads to a square and resizes.
func (n *network) Prepare(photo *imageprep.RGB, input []float32) {
	imageprep.Square(photo, n.opts.Size, input)
}

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
		return nil, errors.New("there is no room for the vectors of a batch")
	}
	return inputs[:n.opts.Batch*n.InputLen()], nil
}
