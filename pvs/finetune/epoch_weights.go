package finetune

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ErrEpoch says that a run has no weights of an epoch, for [errors.Is].
var ErrEpoch = errors.New("there are no weights of that epoch")

// The names of the files with the weights of epochs.
const (
	epochPrefix = "epoch-"
	epochSuffix = ".safetensors"
)

// epochKey is the entry of such a file's metadata that names the training it is of.
const epochKey = "pvs-training"

// epochFile is where the weights that a phase changes are saved after an epoch, from 1.
func epochFile(dir string, epoch int) string {
	return filepath.Join(dir, epochPrefix+strconv.Itoa(epoch)+epochSuffix)
}

// keepsEpoch says whether the weights after an epoch are saved beside the checkpoint: all of a Siamese head, which is
// small, and scored after each epoch; else a few, evenly spread over the epochs before the last.
func (r *run) keepsEpoch(epoch int) bool {
	p := r.settings.Phase
	if p.Siamese() {
		return true
	}
	return epoch < p.Epochs && r.KeepWeights > 0 && slices.Contains(epochs.Spread(p.Epochs, r.KeepWeights+1), epoch)
}

// changing lists the weights that the phase changes.
func (s *Session) changing() []string {
	if s.phase.Siamese() {
		return s.trainable
	}
	return slices.Concat(s.trainable, s.statistics(), []string{classify.MovingMean, classify.MovingVariance})
}

// saveEpoch saves the weights of an epoch that a phase changes.
func (c *Checkpoint) saveEpoch(dir string, epoch int, vars []effnet.Variable, changing []string) error {
	tensors := map[string]weights.Tensor{}
	for _, v := range vars {
		if slices.Contains(changing, v.Name) {
			tensors[v.Name] = weights.Tensor{Shape: v.Shape, Data: c.Values[v.Name]}
		}
	}
	return wholefile.Write(epochFile(dir, epoch), func(w io.Writer) error {
		return weights.WriteSafetensors(w, tensors, map[string]string{epochKey: c.key()})
	})
}

// KeptEpochs lists the epochs of which the run in a folder has the weights, the checkpoint's included.
func (c *Checkpoint) KeptEpochs(dir string) []int {
	out, _ := epochs.Numbered(dir, epochPrefix, epochSuffix) // none where the folder is not there
	out = slices.DeleteFunc(out, func(n int) bool { return n > len(c.Epochs) })
	if last := len(c.Epochs); c.Done && last > 0 && !slices.Contains(out, last) {
		out = append(out, last)
	}
	return out
}

// EpochValues returns all weights as they were after an epoch, from 1, given the run's folder and checkpoint. Where
// they were not kept, it is [ErrEpoch], in a sentence that lists those that were.
func (c *Checkpoint) EpochValues(dir string, epoch int) (map[string][]float32, error) {
	kept := c.KeptEpochs(dir)
	if !slices.Contains(kept, epoch) {
		return nil, notKept{c.Settings.Name, epoch, kept}
	}
	f, err := weights.Read(epochFile(dir, epoch))
	if errors.Is(err, os.ErrNotExist) { // the last one's are the checkpoint's
		return c.Values, nil
	}
	if err != nil {
		return nil, err
	}
	if of, ok := f.Metadata[epochKey]; ok && of != c.key() { // older ones do not say
		return nil, fmt.Errorf("%s is of another training than the checkpoint beside it; remove it", f.Path)
	}
	values := map[string][]float32{}
	for name, v := range c.Values {
		values[name] = v
	}
	for name, t := range f.Tensors {
		if len(t.Data) != len(values[name]) {
			return nil, fmt.Errorf("%s: %s has %d values, not %d", f.Path, name, len(t.Data), len(values[name]))
		}
		values[name] = t.Data
	}
	return values, nil
}

// notKept is an [ErrEpoch].
type notKept struct {
	run   string
	epoch int
	kept  []int
}

func (n notKept) Error() string {
	if len(n.kept) == 0 {
		return fmt.Sprintf("run %s has no weights of epoch %d, nor of any other yet: train it first", n.run, n.epoch)
	}
	var list []string
	for _, k := range n.kept {
		list = append(list, strconv.Itoa(k))
	}
	what := "epoch " + list[0]
	if last := len(list) - 1; last > 0 {
		what = "the epochs " + strings.Join(list[:last], ", ") + " and " + list[last]
	}
	return fmt.Sprintf("run %s has no weights of epoch %d: it has those of %s", n.run, n.epoch, what)
}

func (n notKept) Is(target error) bool { return target == ErrEpoch }
