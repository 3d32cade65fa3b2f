package fit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ResultFile is what a finished fit found, in its folder, beside the checkpoint.
const ResultFile = "fit.json"

// record is what ResultFile holds.
type record struct {
	Key      string        `json:"key"` // of recipe, photos, network and pixels
	Budget   time.Duration `json:"budget"`
	Searched string        `json:"searched"` // a digest of query and index
	Result   *Result       `json:"result"`
}

// write keeps the network as a checkpoint, and then says that the fit is finished.
func (f *fitting) write(values map[string][]float32, r *Result) error {
	vars := f.network.Config.VariablesOf(values)
	dim := len(values[siamese.Bias])
	if dim > 0 {
		vars = append(vars, siamese.Head{Features: f.network.Config.Features(), Dim: dim}.Variables()...)
	}
	r.Checkpoint = filepath.Join(f.dir, finetune.CheckpointFile)
	err := finetune.Save(f.dir, finetune.Settings{Name: "fit", Network: f.network.Config.Name, Size: r.Pixels,
		Centre: r.Centre, Dim: dim, Seed: f.recipe.Seed}, values, vars)
	if err != nil {
		return err
	}
	if err := f.record(r); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(f.dir, StateFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// record writes the result.
func (f *fitting) record(r *Result) error {
	text, err := json.MarshalIndent(record{f.key, f.Budget, searched(f.cat), r}, "", "\t")
	if err != nil {
		return fmt.Errorf("the fit's result: %w", err)
	}
	return wholefile.Write(filepath.Join(f.dir, ResultFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// searched is a digest of what is searched for, and among what: ids, files and products.
func searched(c *catalog.Catalog) string {
	h := sha256.New()
	for _, split := range []catalog.Split{catalog.Query, catalog.Index} {
		for _, p := range c.Split(split) {
			fmt.Fprintf(h, "%s %q %q %q\n", split, p.ID, p.Path, p.Product)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Read returns the result of the finished fit in a folder, scored on query in index of this catalogue.
func Read(dir string, c *catalog.Catalog) (*Result, error) {
	path := filepath.Join(dir, ResultFile)
	was, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s has no finished fit: it lacks %s", dir, ResultFile)
	case err != nil:
		return nil, err
	case was.Searched != searched(c) || !was.Result.Searched():
		return nil, fmt.Errorf("%s is not scored on the queries and index of %s, so the two cannot be compared", path, c.Dir)
	}
	return was.Result, nil
}

// ReadResult returns the result of the finished fit in a folder, whatever it was scored on.
func ReadResult(dir string) (*Result, error) {
	was, err := read(filepath.Join(dir, ResultFile))
	if err != nil {
		return nil, err
	}
	return was.Result, nil
}

// Searched says whether the scores are of query in index, rather than of held-out products.
func (r *Result) Searched() bool { return r.On == searchedFor }

func read(path string) (*record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	was := &record{}
	if err := json.Unmarshal(text, was); err != nil || was.Result == nil {
		return nil, fmt.Errorf("%s is not what a fit writes; remove it to train anew", path)
	}
	return was, nil
}

// finished returns what a fit of the same recipe, photos, network and budget has written here, nil if there is none.
func (f *fitting) finished() (*Result, map[string][]float32, error) {
	path := filepath.Join(f.dir, ResultFile)
	was, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	if was.Key != f.key || was.Budget != f.Budget {
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
