package backbone

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Name is what all such networks are called in [vectors.Origin.Network]; digest and title tell them apart.
const Name = "onnx"

// Options of [Open].
type Options struct {
	Library string // ONNX Runtime's shared library (backend.ONNXRuntime)
	Batch   int    // photos at once; 0: what the file was made for, else 8
	Threads int    // of ONNX Runtime; 0: as many as there are cores
	// Shrunk decodes JPEGs at a half to an eighth of their size where twice the input's side is left.
	Shrunk bool
	Centre float64 // share of a photo's side that is looked at, in its middle ([imageprep.Centre]); 0: 1, all of it
	From   string  // where the file is from, to be noted beside the vectors; its path if not given
	Known  *Known  // what the table says of the file; may be nil
}

// Network is an ONNX file with settings, running on ONNX Runtime on the CPU. It is an embed.Embedder.
type Network struct {
	embed.Input
	file   *File
	size   int
	batch  int
	norm   Normalise
	run    *session
	origin vectors.Origin
	key    string
}

// Open reads an ONNX file and the settings beside it, starts it and sees that it makes vectors. The settings given
// choose where those beside it are open.
func Open(path string, given Settings, o Options) (*Network, error) {
	f, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	beside, err := ReadSettings(path)
	if err == nil && beside.SHA256 != "" && !strings.EqualFold(beside.SHA256, f.digest) {
		err = tag.Error(fmt.Errorf("%s is for another file than %s: it says the SHA-256 %.12s, the file's is %.12s",
			SettingsFile(path), path, beside.SHA256, f.digest), ErrSettings)
	}
	if err != nil {
		return nil, err
	}
	s, err := given.with("the settings given", beside, "those in "+SettingsFile(path))
	if err != nil {
		return nil, err
	}
	if o.Known != nil {
		if s, err = s.with("the settings given", o.Known.Settings, "those of "+o.Known.Name); err != nil {
			return nil, err
		}
	}
	n, err := f.start(s, o)
	f.data = nil // ONNX Runtime has its own
	return n, err
}

// start runs a file.
func (f *File) start(s Settings, o Options) (*Network, error) {
	if s.Normalise == "" {
		return nil, tag.Error(fmt.Errorf("nothing says how photos are normalised for %s; imagenet is the most usual",
			f.path), ErrSettings)
	}
	size, err := f.side(s.Pixels)
	if err != nil {
		return nil, err
	}
	if o.Batch != 0 && f.batch != 0 && o.Batch != f.batch {
		return nil, tag.Error(fmt.Errorf("%s takes batches of %d photos and no others, but %d were asked for", f.path,
			f.batch, o.Batch), ErrSettings)
	}
	batch := cmp.Or(o.Batch, f.batch, usualBatch)
	if batch < 1 || batch > mostBatch {
		return nil, fmt.Errorf("batches of %d photos are not from 1 to %d", batch, mostBatch)
	}
	input, err := embed.NewInput(imageprep.Look{Size: size, Centre: o.Centre}, o.Shrunk)
	if err != nil {
		return nil, err
	}
	out, err := choose(f.header, s.Output)
	if err != nil {
		return nil, tag.Error(fmt.Errorf("%s %w", f.path, err), ErrSettings)
	}
	run, err := f.session(out, size, batch, o)
	if err != nil {
		return nil, err
	}
	title := cmp.Or(s.Title, strings.TrimSuffix(filepath.Base(f.path), filepath.Ext(f.path)))
	n := &Network{Input: input, file: f, size: size, batch: batch, norm: s.Normalise, run: run}
	n.origin = vectors.Origin{Network: Name, Title: title, Weights: f.digest, WeightsFrom: o.From,
		Normalise: string(s.Normalise), Output: out.String(), Precision: "float32", Engine: "ONNX Runtime " + version()}
	if n.origin.WeightsFrom == "" {
		if n.origin.WeightsFrom, err = filepath.Abs(f.path); err != nil {
			n.Close()
			return nil, err
		}
	}
	n.key = fmt.Sprintf("%s %d %s %s %s%s", Name, size, s.Normalise, out, f.digest, input.Note(&n.origin))
	return n, nil
}

// usualBatch keeps all cores at work.
const usualBatch = 8

// Close frees what ONNX Runtime holds.
func (n *Network) Close() { n.run.close() }

// Describe says in a line what runs how.
func (n *Network) Describe() string {
	o := &n.origin
	return fmt.Sprintf("%s runs on %s at %d pixels, photos normalised as %s, %d values of %s as the vector", n.file.path,
		o.Engine, n.size, n.norm, n.Dim(), o.Output)
}

// Key names file, input size, normalisation and output.
func (n *Network) Key() string { return n.key }

// Origin names the same, and where the file is.
func (n *Network) Origin() vectors.Origin { return n.origin }

// Dim returns the length of a vector.
func (n *Network) Dim() int { return n.run.shape.dim }

// Batch returns how many photos Embed takes at once.
func (n *Network) Batch() int { return n.batch }

// Embed normalises n prepared photos, at most a batch, and runs the network on them.
func (n *Network) Embed(inputs []float32, count int, out []float32) error {
	if count < 1 || count > n.batch || len(inputs) < count*n.InputLen() || len(out) < count*n.Dim() {
		return fmt.Errorf("%d photos (1 to %d) with %d values of input and %d of output are no batch of %s", count, n.batch,
			len(inputs), len(out), n.origin.Title)
	}
	length := n.InputLen()
	err := cores.Each(context.Background(), count, func(i int) error {
		from, to := inputs[i*length:(i+1)*length], n.run.input[i*length:(i+1)*length]
		if n.file.planes {
			n.norm.planes(from, to)
		} else {
			n.norm.pixels(from, to)
		}
		return nil
	})
	if err == nil {
		err = n.run.embed(count, out)
	}
	if err != nil {
		return fmt.Errorf("running %s: %w", n.file.path, err)
	}
	return nil
}
