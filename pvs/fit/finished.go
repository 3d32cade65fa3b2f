package fit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ResultFile is what a finished fit found, in its folder, beside the checkpoint.
const ResultFile = "fit.json"

// record is what ResultFile holds.
type record struct {
	Key    string        `json:"key"` // of recipe, photos, network and pixels
	Budget time.Duration `json:"budget"`
	Result *Result       `json:"result"`
}

// write keeps the network as a checkpoint, and then says that the fit is finished.
func (f *fitting) write(values map[string][]float32, r *Result) error {
	vars := f.network.Config.Variables()
	dim := len(values[siamese.Bias])
	if dim > 0 {
		vars = append(vars, siamese.Head{Features: f.network.Config.Features(), Dim: dim}.Variables()...)
	}
	r.Checkpoint = filepath.Join(f.dir, finetune.CheckpointFile)
	err := finetune.Save(f.dir, finetune.Settings{Name: "fit", Network: f.network.Config.Name, Size: f.pixels, Dim: dim,
		Seed: f.recipe.Seed}, values, vars)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(record{f.key(), f.Budget, r}, "", "\t")
	if err != nil {
		return fmt.Errorf("the fit's result: %w", err)
	}
	err = wholefile.Write(filepath.Join(f.dir, ResultFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
	if err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(f.dir, StateFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// finished returns what a fit of the same recipe, photos, network and budget has written here, nil if there is none.
func (f *fitting) finished() (*Result, map[string][]float32, error) {
	path := filepath.Join(f.dir, ResultFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var was record
	if err := json.Unmarshal(text, &was); err != nil || was.Result == nil {
		return nil, nil, fmt.Errorf("%s is not what a fit writes; remove it to train anew", path)
	}
	if was.Key != f.key() || was.Budget != f.Budget {
		f.Log(fmt.Sprintf("%s is of another recipe, network, budget or other photos: training anew", path))
		return nil, nil, nil
	}
	was.Result.Checkpoint = filepath.Join(f.dir, finetune.CheckpointFile) // the folder may have been moved
	check, err := finetune.ReadCheckpoint(was.Result.Checkpoint)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	f.Log("trained before, with the same recipe, network, budget and photos: " + was.Result.Reason)
	return was.Result, check.Values, nil
}
