package finetune

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// CheckpointFile is a run's checkpoint in its folder: weights, and until the run is
// done the optimizer's moments, as safetensors; everything else in its metadata.
const CheckpointFile = "checkpoint.safetensors"

// checkpointVersion grows when a checkpoint's meaning changes.
const checkpointVersion = 1

// metadataName is the checkpoint's entry in the file's metadata.
const metadataName = "pvs"

// momentPrefix begins the names of the optimizer's moments in the file.
const momentPrefix = "adam_"

// Checkpoint is the state of a run.
type Checkpoint struct {
	Version    int        `json:"version"`
	Settings   Settings   `json:"settings"`
	From       provenance `json:"from"`
	Classes    []string   `json:"classes"`
	Steps      int        `json:"steps"` // taken, which is also the optimizer's count and where the random numbers are
	Done       bool       `json:"done"`
	Epochs     []Epoch    `json:"epochs"`      // those that are over
	Running    Step       `json:"running"`     // sums of the epoch that is not
	NoTriplets int        `json:"no_triplets"` // batches of that epoch without any
	Seconds    float64    `json:"seconds"`     // that the epoch took so far
	Waited     float64    `json:"waited"`      // of those for batches
	Monitor    monitor    `json:"monitor"`
	// Exponent is that of pooling, which the weights have, too: of averages there is none in either.
	Exponent float32 `json:"exponent,omitempty"`
	// Plan is how its steps were computed; nil in checkpoints of before it was noted.
	Plan *plan `json:"way,omitempty"`

	Values  map[string][]float32 `json:"-"` // all weights
	Moments map[string][]float32 `json:"-"` // of the optimizer, until the run is done
}

// save writes the checkpoint; the one before is there until this one is whole.
func (c *Checkpoint) save(dir string, vars []effnet.Variable) error {
	shapes := map[string][]int{}
	for _, v := range vars {
		shapes[v.Name] = v.Shape
	}
	tensors := map[string]weights.Tensor{}
	for name, v := range c.Values {
		tensors[name] = weights.Tensor{Shape: shapes[name], Data: v}
	}
	for name, v := range c.Moments {
		_, of, _ := strings.Cut(name, "/")
		tensors[name] = weights.Tensor{Shape: shapes[of], Data: v}
	}
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("the checkpoint: %w", err)
	}
	path := filepath.Join(dir, CheckpointFile)
	err = wholefile.Write(path, func(w io.Writer) error {
		return weights.WriteSafetensors(w, tensors, map[string]string{metadataName: string(text), "format": "pt"})
	})
	if err != nil {
		return fmt.Errorf("writing the checkpoint %s: %w", path, err)
	}
	return nil
}

// key tells trainings apart that must not be mixed.
func (c *Checkpoint) key() string {
	text, _ := json.Marshal(c.Settings) // numbers and strings
	h := sha256.New()
	fmt.Fprintln(h, string(text), c.From.Photos, c.From.Val, c.From.Weights) // a hash's Write does not fail
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Save writes a network that was trained in another way as the checkpoint of a run that is done, so that it is used as
// any other. Its variables are the backbone's and those of its heads.
func Save(dir string, s Settings, values map[string][]float32, vars []effnet.Variable) error {
	c := &Checkpoint{Version: checkpointVersion, Settings: s, Done: true, Exponent: effnet.Exponent(values),
		Values: map[string][]float32{}}
	for _, v := range vars {
		if len(values[v.Name]) != v.Size() {
			return fmt.Errorf("the checkpoint of %s lacks the weight %s", s.Name, v.Name)
		}
		c.Values[v.Name] = values[v.Name]
	}
	return c.save(dir, vars)
}

// ReadCheckpoint reads the checkpoint of a run's folder, or the file itself. One that
// does not exist is an error that [errors.Is] fs.ErrNotExist.
func ReadCheckpoint(path string) (*Checkpoint, error) {
	if filepath.Ext(path) != ".safetensors" {
		path = filepath.Join(path, CheckpointFile)
	}
	f, err := weights.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no checkpoint %s; train the run first: %w", path, fs.ErrNotExist)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	text, ok := f.Metadata[metadataName]
	if !ok {
		return nil, fmt.Errorf("%s is no checkpoint of pvs: it lacks the metadata %q", path, metadataName)
	}
	var version struct{ Version int }
	if err := json.Unmarshal([]byte(text), &version); err != nil {
		return nil, fmt.Errorf("checkpoint %s: its metadata is damaged: %w", path, err)
	}
	if version.Version != checkpointVersion {
		return nil, fmt.Errorf("checkpoint %s has the format %d, and this pvs reads %d; use the pvs that wrote it, or "+
			"remove it and train again", path, version.Version, checkpointVersion)
	}
	c := &Checkpoint{Values: map[string][]float32{}, Moments: map[string][]float32{}}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, fmt.Errorf("checkpoint %s: its metadata is damaged: %w", path, err)
	}
	if c.Plan != nil {
		c.Plan.Engine, c.Plan.Frozen = engine.Canonical(c.Plan.Engine), engine.Canonical(c.Plan.Frozen)
	}
	for name, t := range f.Tensors {
		if strings.HasPrefix(name, momentPrefix) {
			c.Moments[name] = t.Data
		} else {
			c.Values[name] = t.Data
		}
	}
	config, err := effnet.Named(c.Settings.Network)
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", path, err)
	}
	for _, v := range config.Variables() {
		if len(c.Values[v.Name]) != v.Size() {
			return nil, fmt.Errorf("checkpoint %s: the weight %s has %d values, not the %d of %s; remove it and train again",
				path, v.Name, len(c.Values[v.Name]), v.Size(), config.Title)
		}
	}
	if p := effnet.Exponent(c.Values); p != c.Exponent {
		return nil, fmt.Errorf("checkpoint %s was changed: it has the exponent of pooling %g (%s), and was written with %g "+
			"(0: averages); remove it and train again", path, p, effnet.PoolExponent, c.Exponent)
	}
	return c, nil
}
