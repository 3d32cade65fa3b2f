package epochs

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Folder is where a run's vectors are, in its folder.
const Folder = "epochs"

// The files in it.
const (
	runFile    = "run.json"
	filePrefix = "vectors-"
	fileSuffix = ".safetensors"
)

// The format of run.json. The version grows when the meaning of a key changes.
const (
	format     = "pvs epochs"
	version    = 1
	maxRunFile = 64 << 20 // bytes
)

// metadataName is the epoch's entry in its file's metadata, vectorsName its tensor.
const (
	metadataName = "pvs-epoch"
	vectorsName  = "vectors"
)

// ErrNone says that a folder has no kept vectors, for [errors.Is].
var ErrNone = errors.New("no vectors were kept")

// Run is the training that epochs are of.
type Run struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Key     string `json:"key"`    // of settings, photos and first weights
	Name    string `json:"name"`   // "1.8"
	Parent  string `json:"parent"` // the run whose weights it starts from, "1.2", or "1.8@2" for one of its epochs
	Kind    string `json:"kind"`   // "train" or "fit"
	Trains  string `json:"trains"` // the settings, for people
	Epochs  int    `json:"epochs"` // that it is to have
	Pixels  int    `json:"pixels"` // side of the network's input
	Sample  Sample `json:"sample"`

	sum string // the file's digest
}

// Epoch is the state of a network after an epoch, and before the first one.
type Epoch struct {
	Number int `json:"epoch"` // 0: as it started
	Step   int `json:"step"`
	// Loss is the mean of the epoch's batches, ValLoss that of val photos, HeldOut the MAR@10 that a fit chooses by; 0:
	// there is none.
	Loss    float64 `json:"loss,omitempty"`
	ValLoss float64 `json:"val_loss,omitempty"`
	HeldOut float64 `json:"held_out,omitempty"`

	// Vectors are the sample's, of length 1, in its order; with what made them.
	Vectors *vectors.Set `json:"-"`
}

// metadata is what an epoch's file says of itself.
type metadata struct {
	Epoch
	Run    string          `json:"run_sha256"` // of the run.json that it belongs to
	Origin json.RawMessage `json:"origin"`
}

func fileOf(dir string, epoch int) string {
	return filepath.Join(dir, Folder, fmt.Sprintf("%s%d%s", filePrefix, epoch, fileSuffix))
}

// Numbered lists the numbers of a folder's files that are named PREFIX, number, SUFFIX, ascending.
func Numbered(dir, prefix, suffix string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		text, _ := strings.CutPrefix(e.Name(), prefix)
		n, err := strconv.Atoi(strings.TrimSuffix(text, suffix))
		if err == nil && prefix+strconv.Itoa(n)+suffix == e.Name() {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// numbers lists the epochs of which there are files.
func numbers(dir string) ([]int, error) {
	return Numbered(filepath.Join(dir, Folder), filePrefix, fileSuffix)
}

// Remove removes what was kept of an earlier training in a run's folder, and nothing else.
func Remove(dir string) error {
	list, err := numbers(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	files := []string{filepath.Join(dir, Folder, runFile)} // first: what follows belongs to nothing then
	for _, n := range list {
		files = append(files, fileOf(dir, n))
	}
	for _, f := range files {
		if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("removing what an earlier training kept: %w", err)
		}
	}
	return nil
}

// write writes run.json.
func (r *Run) write(dir string) error {
	r.Format, r.Version = format, version
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	r.sum = digest(text)
	return wholefile.Write(filepath.Join(dir, Folder, runFile), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// readRun reads run.json; [ErrNone] where there is none.
func readRun(dir string) (*Run, error) {
	path := filepath.Join(dir, Folder, runFile)
	text, err := wholefile.Start(path, maxRunFile+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", dir, ErrNone)
	}
	if err != nil {
		return nil, err
	}
	wrong := func(what string) error {
		return fmt.Errorf("%s should say which photos the vectors beside it are of, but %s; remove the folder %s, "+
			"which is only looked at", path, what, filepath.Dir(path))
	}
	r := &Run{sum: digest(text)}
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(r); err != nil || len(text) > maxRunFile {
		return nil, wrong("it is cut off or damaged")
	}
	if r.Format != format || r.Version != version {
		return nil, wrong(fmt.Sprintf("it has the format %q, version %d, and this pvs reads %q, version %d", r.Format,
			r.Version, format, version))
	}
	if err := r.Sample.check(); err != nil {
		return nil, wrong(err.Error())
	}
	return r, nil
}

// write writes an epoch of a run.
func (e Epoch) write(dir string, r *Run) error {
	origin, err := vectors.MarshalOrigin(e.Vectors.Origin)
	if err != nil {
		return err
	}
	text, err := json.Marshal(metadata{e, r.sum, origin})
	if err != nil {
		return err
	}
	set := e.Vectors
	return wholefile.Write(fileOf(dir, e.Number), func(w io.Writer) error {
		return weights.WriteFloat16(w, map[string]weights.Tensor{vectorsName: {Shape: []int{set.Len(), set.Dim},
			Data: set.Data}}, map[string]string{metadataName: string(text)})
	})
}

// Read reads what was kept of the run in a folder, in the order of the epochs. It is [ErrNone] where nothing was, and
// an error in a sentence where a file is torn or of another training.
func Read(dir string) (*Run, []Epoch, error) {
	r, err := readRun(dir)
	if err != nil {
		return nil, nil, err
	}
	list, err := numbers(dir)
	if err != nil {
		return nil, nil, err
	}
	var out []Epoch
	for _, n := range list {
		e, err := readEpoch(dir, n, r)
		if err != nil {
			return nil, nil, fmt.Errorf("%w; remove that file, which is only looked at", err)
		}
		out = append(out, *e)
	}
	return r, out, nil
}

func readEpoch(dir string, n int, r *Run) (*Epoch, error) {
	path := fileOf(dir, n)
	f, err := weights.Read(path)
	if pathError := (*fs.PathError)(nil); errors.As(err, &pathError) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%s is cut off or damaged", path)
	}
	m := metadata{}
	t, ok := f.Tensors[vectorsName]
	switch {
	case json.Unmarshal([]byte(f.Metadata[metadataName]), &m) != nil || !ok || m.Number != n:
		return nil, fmt.Errorf("%s does not hold the vectors of epoch %d", path, n)
	case m.Run != r.sum:
		return nil, fmt.Errorf("%s is of another training, or of other photos, than %s beside it", path, runFile)
	case len(t.Shape) != 2 || t.Shape[0] != len(r.Sample.Photos) || t.Shape[1] < 1:
		return nil, fmt.Errorf("%s has vectors of the shape %v for %d photos", path, t.Shape, len(r.Sample.Photos))
	}
	e := m.Epoch
	e.Vectors = &vectors.Set{Dim: t.Shape[1], Data: t.Data}
	for _, p := range r.Sample.Photos {
		e.Vectors.IDs = append(e.Vectors.IDs, p.ID)
	}
	if e.Vectors.Origin, err = vectors.UnmarshalOrigin(m.Origin); err != nil {
		return nil, fmt.Errorf("%s does not say what made it: %w", path, err)
	}
	if err := e.Vectors.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := e.Vectors.Normalize(); err != nil { // float16 rounds lengths
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &e, nil
}
