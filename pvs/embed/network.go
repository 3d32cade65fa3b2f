package embed

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// Embedder maps photos to vectors.
type Embedder interface {
	// Key is one line that tells embedders apart whose vectors differ.
	Key() string
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
}

// network is what embedders by an EfficientNet have in common.
type network struct {
	config effnet.Config
	opts   NetworkOptions
	heads  heads
	dim    int
	key    string
}

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
	n.key = fmt.Sprintf("%s %d %s %s", config.Name, opts.Size, opts.Output, Fingerprint(config, values, opts.Output))
	if opts.Precision != effnet.Float32 {
		n.key += " " + opts.Precision.String()
	}
	return n, nil
}

// NewNetwork loads the weights (as [effnet.Config.Load] takes them, and those of the
// heads) into a network for the backend's device: on a CPU in its own kernels if it has
// them (package native), else as a graph that is compiled at the first batch.
func NewNetwork(backend compute.Backend, config effnet.Config, values map[string][]float32, opts NetworkOptions) (*Network, error) {
	n, err := settle(backend, config, values, opts)
	if err != nil {
		return nil, err
	}
	f, err := newForward(backend, n, values)
	if err != nil {
		return nil, err
	}
	return &Network{n, f}, nil
}

// own says whether a network runs in its own kernels.
func own(backend compute.Backend, opts NetworkOptions) bool {
	return !opts.Graph && native.Preferred(backend, opts.Precision)
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

// Fingerprint hashes the weights that an output depends on, so that vectors of it can
// be told apart and used again.
func Fingerprint(config effnet.Config, values map[string][]float32, o Output) string {
	var names []string
	for _, v := range config.Variables() {
		if o.block() && strings.HasPrefix(v.Name, string(o)) {
			break
		}
		names = append(names, v.Name)
	}
	for _, v := range headsOf(config, values).variables(o, values) {
		names = append(names, v.Name)
	}
	h := sha256.New()
	for _, name := range names {
		h.Write([]byte(name)) // a hash's Write does not fail
		var sum [8]byte
		mixed := uint64(14695981039346656037)
		for _, v := range values[name] {
			mixed = (mixed ^ uint64(math.Float32bits(v))) * 1099511628211
		}
		binary.LittleEndian.PutUint64(sum[:], mixed)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Close frees what the device holds.
func (n *Network) Close() { n.forward.close() }

// Own says whether the network runs in its own kernels (package native).
func (n *Network) Own() bool {
	_, own := n.forward.(*kernelForward)
	return own
}

// Key names variant, input size, output and weights, and a precision that is not float32.
func (n *network) Key() string { return n.key }

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
