package pvs

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log/slog"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// ColourHistogram is the [NetworkOptions.Name] of the baseline that learns nothing: a
// histogram of 512 colours.
const ColourHistogram = "histogram"

// Precision is the number format that a network computes in.
type Precision = effnet.Precision

// The precisions. Float32 runs everywhere, Float16 on CPUs that multiply it (AVX512-FP16),
// BFloat16 on XLA, Int8 on ONNX Runtime.
const (
	Float32  = effnet.Float32
	Float16  = effnet.Float16
	BFloat16 = effnet.BFloat16
	Int8     = effnet.Int8
)

// NetworkOptions of [OpenNetwork]; zero values are defaults.
type NetworkOptions struct {
	// Name is the network: "b0" or "lite0" with ImageNet weights, the name of their source
	// ("keras-b0", "timm-b0", "lite0"), or [ColourHistogram]; "": the best that can be had.
	// With Weights it is the variant that they are for; "": the one that they fit.
	Name string
	// Weights is a file (.h5, .safetensors, .pth) to take instead of ImageNet weights.
	Weights string
	// Checkpoint is a trained run's folder or file to take instead.
	Checkpoint string
	// ONNX is any image network as an ONNX file, or the name of a known one, to take instead (docs/backbones.md).
	// Normalise is what it takes: "imagenet", "clip", "-1..1", "0..1" or "0..255". Output is the value that becomes the
	// vector; "NAME:class" and "NAME:mean" are the first and the mean of tokens. "" is for both what NAME.json beside the
	// file says, or the table of known networks.
	ONNX, Normalise, Output string

	Pixels int // side of the network's square input; 0: what the weights were trained on
	// Centre is the share of a photo's side that is looked at, in its middle, from 0.3 to 1; 0: 1, or a checkpoint's.
	Centre float64
	Batch  int // photos at once; 0: 8, or as many as keep all cores at work
	// Precision of the backbone; heads and vectors are float32. Int8 is calibrated on the
	// photos that are embedded first.
	Precision Precision
	// Backend runs the network as a graph: "xla:cpu", "xla:cuda", "xla:tpu",
	// "onnxruntime:cpu" or "go"; "": the fastest that there is. With "go" searches are in plain
	// Go too, and no library is installed.
	Backend string
	// Logger gets what is chosen, downloaded and installed; nil: nobody does.
	Logger *slog.Logger
}

// Network turns photos into vectors. It may be used from several goroutines at once, which
// take turns.
type Network struct {
	title    string
	embedder embed.Embedder
	search   *searchBackend // nil: searches are in plain Go
	log      func(string)

	turn       chan struct{} // holds a value while somebody uses the embedder and what follows
	calibrated bool          // of an embedder that looks at photos first
	close      func()        // nil after Close
}

// OpenNetwork finds a network's weights and starts what computes it. What is missing of
// both - ImageNet weights, ONNX Runtime or XLA - is downloaded once and kept for the user.
// Weights are checked by a digest, libraries where they are from Python packages
// (docs/dependencies.md). With Weights, or a Checkpoint, and Backend "go" nothing is
// downloaded, for searches neither.
func OpenNetwork(ctx context.Context, opts NetworkOptions) (*Network, error) {
	n := &Network{turn: make(chan struct{}, 1), close: func() {}, log: logTo(opts.Logger)}
	n.search = opts.searchBackend(n.log)
	if opts.Name == ColourHistogram {
		if err := opts.checkHistogram(); err != nil {
			return nil, err
		}
		n.embedder, n.title = embed.Histogram{}, "colour histogram"
		return n, nil
	}
	var err error
	if n.embedder, n.close, err = opts.start(ctx, n.log); err != nil {
		return nil, err
	}
	made := n.embedder.Origin()
	n.title = made.String()
	return n, nil
}

// checkHistogram refuses what a colour histogram has no use for.
func (o NetworkOptions) checkHistogram() error {
	plain := NetworkOptions{Name: o.Name, Logger: o.Logger}
	if o != plain {
		return errors.New("a colour histogram has no network: leave out all options but Name and Logger")
	}
	return nil
}

// logTo writes lines as records of level Info.
func logTo(l *slog.Logger) func(string) {
	if l == nil {
		return func(string) {}
	}
	return func(line string) { l.Info(line) }
}

// String names the network, its input and its weights.
func (n *Network) String() string { return n.title }

// Dim returns the length of a vector.
func (n *Network) Dim() int { return n.embedder.Dim() }

// Close frees what the network holds; it waits for running calls. Vectors stay.
func (n *Network) Close() error {
	n.turn <- struct{}{}
	defer func() { <-n.turn }()
	if n.close != nil {
		n.close()
	}
	n.close = nil
	return nil
}

// take waits for the network.
func (n *Network) take(ctx context.Context) (done func(), err error) {
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done = func() { <-n.turn }
	err = ctx.Err()
	if n.close == nil {
		err = fmt.Errorf("the network %s was closed", n)
	}
	if err != nil {
		done()
	}
	return done, err
}

// EmbedOptions of [Network.Embed]; zero values are defaults.
type EmbedOptions struct {
	// Save keeps the vectors in files, SAVE.npy and others of that name. For the same list of
	// photos an interrupted Embed resumes, and a later one embeds only photos whose files have
	// changed; another list is embedded anew. "": they are in memory only.
	Save     string
	SkipBad  bool                  // leave out photos that cannot be read, instead of failing
	Limits   imageprep.Limits      // of image files; zero: 100 million pixels, 256 MiB
	Progress func(done, total int) // called after each batch; may be nil
}

// Embed turns photos into vectors, in the order of the photos. A photo that cannot be read
// is an error that names it and its file, unless opts.SkipBad is set.
func (n *Network) Embed(ctx context.Context, photos []Photo, opts EmbedOptions) (*Vectors, error) {
	if len(photos) == 0 {
		return nil, errors.New("there are no photos to embed")
	}
	done, err := n.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	run := embed.RunOptions{SkipBad: opts.SkipBad, Limits: opts.Limits, Progress: opts.Progress, Log: n.log}
	var set *vectors.Set
	var result embed.Result
	if opts.Save == "" {
		set, result, err = embed.InMemory(ctx, n.ready(), photos, run)
	} else if result, err = embed.Run(ctx, n.ready(), photos, opts.Save, run); err == nil {
		set, err = vectors.Read(opts.Save)
	}
	if err != nil {
		return nil, err
	}
	if set.Len() == 0 {
		return nil, fmt.Errorf("none of %d photos can be read: %s", len(photos), result.Skipped[0])
	}
	n.calibrated = true
	v, err := newVectors(set, n.search)
	if err != nil {
		return nil, err
	}
	v.Skipped = result.Skipped
	return v, nil
}

// ready is the embedder, which keeps the calibration of the photos that it embedded first:
// vectors of another calibration lie elsewhere.
func (n *Network) ready() embed.Embedder {
	if n.calibrated {
		return struct{ embed.Embedder }{n.embedder}
	}
	return n.embedder
}

// calibratedAs is an embedder that can take a calibration.
type calibratedAs interface {
	CalibrateAs(calibration []byte) error
}

// one embeds a photo to search for in vectors, in the calibration that they have.
func (n *Network) one(ctx context.Context, photo *imageprep.RGB, in *vectors.Origin) (*vectors.Set, error) {
	done, err := n.take(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	made := n.embedder.Origin()
	if err := vectors.Compare("the index", in, "the network", &made); err != nil {
		return nil, err
	}
	if c, ok := n.embedder.(calibratedAs); ok && in.Known() && in.Calibration != nil &&
		string(made.Calibration) != string(in.Calibration) {
		if err := c.CalibrateAs(in.Calibration); err != nil {
			return nil, err
		}
		n.calibrated = true
	}
	set, err := embed.One(n.ready(), "", photo)
	if err != nil {
		return nil, err
	}
	return set, set.Normalize()
}

// photoOf reads a photo of any kind (docs/data.md).
func photoOf(r io.Reader) (*imageprep.RGB, error) {
	return imageprep.Decode(r, "the photo", imageprep.Limits{})
}

// photoFrom takes a photo that was decoded.
func photoFrom(m image.Image) (*imageprep.RGB, error) {
	if m.Bounds().Empty() {
		return nil, errors.New("the image has no pixels")
	}
	return imageprep.FromImage(m), nil
}
