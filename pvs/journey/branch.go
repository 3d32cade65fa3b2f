package journey

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// Point is an epoch of a run, which another one starts from.
type Point struct {
	Name   string // "1.8@2"
	Check  *finetune.Checkpoint
	Values map[string][]float32 // all weights, as they were then
}

// PointAt finds RUN@EPOCH, or RUN for its end: a run in the folder of a journey, or any run by its folder.
func PointAt(out, text string) (*Point, error) {
	run, number, cut := text, 0, false
	if at := strings.LastIndex(text, "@"); at >= 0 {
		n, err := strconv.Atoi(text[at+1:])
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is no epoch of a run: write it as 1.8@2, from 1 on", text)
		}
		run, number, cut = text[:at], n, true
	}
	if run == "" {
		return nil, fmt.Errorf("%q names no run: write an epoch as 1.8@2", text)
	}
	dir := folder(out, run)
	check, err := finetune.ReadCheckpoint(dir)
	if errors.Is(err, fs.ErrNotExist) {
		dir = run
		if check, err = finetune.ReadCheckpoint(dir); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no trained run %s, neither in %s nor as a folder", run,
				filepath.Join(out, RunsFolder))
		}
		if full, err := filepath.Abs(dir); err == nil {
			run = full
		}
	}
	if err != nil {
		return nil, err
	}
	if !cut {
		if !check.Done {
			return nil, fmt.Errorf("run %s is not trained to its end: name one of its epochs, as %s@1", run, run)
		}
		return &Point{run, check, check.Values}, nil
	}
	values, err := check.EpochValues(dir, number)
	if err != nil {
		return nil, err
	}
	return &Point{fmt.Sprintf("%s@%d", run, number), check, values}, nil
}

// Branch trains a run of its own from an epoch of another run: in its folder of the journey, with the run's phase, or
// the other's where the run has none, after change. The folder has one writer at a time.
func (j *Journey) Branch(ctx context.Context, from *Point, run recipe.Run,
	change func(*finetune.Phase)) (*finetune.Checkpoint, error) {
	if _, err := recipe.Find(recipe.Journey(), run.Name); err == nil {
		return nil, fmt.Errorf("%s is a run of the journey, which starts from another one: name the branch otherwise",
			run.Name)
	}
	if run.Name == "" || strings.ContainsAny(run.Name, "/\\@") || strings.HasPrefix(run.Name, ".") {
		return nil, fmt.Errorf("a branch needs a name that can be a folder's, without an @, not %q", run.Name)
	}
	was := from.Check
	if len(was.Classes) > 0 && !slices.Equal(was.Classes, j.trainer.Classes) {
		return nil, fmt.Errorf("%s was trained on the categories of another catalogue than %s: name the one that it was "+
			"trained on", from.Name, j.catalog.Dir)
	}
	settings := was.Settings
	if run.Phase != nil {
		settings = j.opts.Scale.Settings(run, !j.opts.Exact)
		settings.Size = was.Settings.Size
	} else if settings.Phase.Trains == "" {
		return nil, fmt.Errorf("%s has no phase that could go on with other settings, as it was trained in another way: "+
			"write one for %s", from.Name, run.Name)
	}
	settings.Name, settings.Parent = run.Name, from.Name
	if change != nil {
		change(&settings.Phase)
	}
	lock, err := onewriter.LockFolder(j.opts.Out)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	return j.trainer.Run(ctx, j.Folder(run.Name), settings, from.Values)
}
