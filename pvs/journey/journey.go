package journey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/recipe"
	"github.com/gopvs/product-visual-search/pvs/records"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Options of a journey.
type Options struct {
	Out       string       // folder for everything that is made
	Runs      []recipe.Run // [recipe.Journey], or with a user's own
	Scale     recipe.Scale
	Records   string // folder with records of train and val, instead of the catalogue's photos; "": none
	Config    effnet.Config
	Values    map[string][]float32 // ImageNet weights: run 0
	Training  engine.Engine        // for training, in its precision; heads and searches run on its backend
	Inference engine.Engine        // for frozen layers and scoring
	// Exact runs frozen layers in each step, with stochastic depth as in Keras, instead
	// of once.
	Exact      bool
	MicroBatch int  // see [finetune.Trainer]
	Devices    int  // see [finetune.Trainer]
	AnotherWay bool // see [finetune.Trainer]
	SkipBad    bool // leave out photos that cannot be read
	// Keep is how many photos' vectors are kept after each epoch, as float16; 0: none.
	Keep        int
	KeepWeights int // see [finetune.Trainer]
	// Beside are results of other ways of training on the same catalogue, for the chart only.
	Beside   []chart.JourneyRun
	Log      func(string)
	Progress func(finetune.Progress)
}

// Journey trains and scores runs on one catalogue.
type Journey struct {
	opts    Options
	catalog *catalog.Catalog
	trainer *finetune.Trainer
	// embedded features by name: their photos are looked at once.
	embedded map[string]bool
}

// Open prepares a journey. A catalogue in which a product is both trained on and
// searched for is refused, as is one without train photos.
func Open(c *catalog.Catalog, opts Options) (*Journey, error) {
	if err := c.CheckSplits(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opts.Out, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder for the runs: %w", wholefile.Explain(err))
	}
	j := &Journey{opts: opts, catalog: c, embedded: map[string]bool{}}
	train, val, classes, err := j.sources()
	if err != nil {
		return nil, err
	}
	if n := opts.Scale.Photos; n > 0 {
		train, val = feed.Sample(train, n, recipe.Seed), feed.Sample(val, max(1, n/8), recipe.Seed)
	}
	if opts.SkipBad {
		train, val = j.withoutBad(train), j.withoutBad(val)
	}
	if err := j.describe(train, val, classes); err != nil {
		return nil, err
	}
	j.trainer = &finetune.Trainer{Config: opts.Config, Training: opts.Training, Inference: opts.Inference, Train: train,
		Val: val, Classes: classes,
		CacheDir: filepath.Join(opts.Out, "features"), MicroBatch: opts.MicroBatch, Devices: opts.Devices,
		AnotherWay: opts.AnotherWay, KeepWeights: opts.KeepWeights, Log: opts.Log, Progress: opts.Progress}
	if opts.Keep > 0 {
		j.trainer.Keep = &epochs.Keeper{Catalog: c, Photos: opts.Keep, Engine: opts.Inference, Heads: opts.Training.Backend,
			Config: opts.Config, SkipBad: opts.SkipBad, Log: opts.Log}
	}
	return j, nil
}

// sources are the photos to train on and to validate with: of the catalogue or of
// records.
func (j *Journey) sources() (train, val feed.Source, classes feed.Classes, err error) {
	if j.opts.Records == "" {
		classes = feed.ClassesOf(j.catalog, catalog.Train)
		train, val = feed.FromCatalog(j.catalog, catalog.Train, classes), feed.FromCatalog(j.catalog, catalog.Val, classes)
	} else {
		for split, source := range map[catalog.Split]*feed.Source{catalog.Train: &train, catalog.Val: &val} {
			set, err := records.Open(filepath.Join(j.opts.Records, string(split)))
			if err != nil {
				return nil, nil, nil, err
			}
			if *source, err = feed.FromRecords(set, j.opts.SkipBad); err != nil {
				return nil, nil, nil, err
			}
			classes = set.Manifest.Classes
		}
	}
	if train.Len() == 0 {
		err = fmt.Errorf("the catalogue %s has no photos in the split train", j.catalog.Dir)
	}
	return train, val, classes, err
}

// withoutBad leaves out and names the photos that cannot be read.
func (j *Journey) withoutBad(s feed.Source) feed.Source {
	bad, lines := feed.Unreadable(s)
	for _, line := range lines {
		j.opts.Log("left out: " + line)
	}
	if len(bad) == 0 {
		return s
	}
	j.opts.Log(fmt.Sprintf("%d of %d photos were left out", len(bad), s.Len()))
	return feed.Without(s, bad)
}

// describe says what is trained on and what is left out of it.
func (j *Journey) describe(train, val feed.Source, classes feed.Classes) error {
	count := func(s feed.Source) (without int) {
		for i := range s.Len() {
			if s.Label(i) < 0 {
				without++
			}
		}
		return without
	}
	present := map[int32]bool{}
	for i := range train.Len() {
		present[train.Label(i)] = true
	}
	delete(present, -1)
	j.opts.Log(fmt.Sprintf("training on %d photos in %d categories, %d photos to validate; %s", train.Len(), len(present),
		val.Len(), j.opts.Scale))
	if n := count(train); n > 0 {
		j.opts.Log(fmt.Sprintf("%d train photos have no category and are left out of classification", n))
	}
	if n := count(val); n > 0 {
		j.opts.Log(fmt.Sprintf("%d val photos have a category without train photos and are left out of classification", n))
	}
	if n := len(classes) - len(present); n > 0 {
		j.opts.Log(fmt.Sprintf("%d of %d categories have no photo among those that are trained on", n, len(classes)))
	}
	if len(classes) < 2 {
		return fmt.Errorf("the train photos have %d categories; a classifier needs at least two", len(classes))
	}
	return nil
}

// Close frees what the devices hold.
func (j *Journey) Close() { j.trainer.Close() }

// Folder is where a run's checkpoint, log and scores are.
func (j *Journey) Folder(run string) string { return folder(j.opts.Out, run) }

// RunsFolder is where the runs' folders are, in a journey's.
const RunsFolder = "runs"

func folder(out, run string) string { return filepath.Join(out, RunsFolder, run) }

// Train trains a run and what it builds on, where that is missing, and returns the last
// checkpoint; run 0 has none. The folder has one writer at a time: runs share their
// ancestors and cached features.
func (j *Journey) Train(ctx context.Context, name string) (*finetune.Checkpoint, error) {
	lock, err := onewriter.LockFolder(j.opts.Out)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	line, err := recipe.Lineage(j.opts.Runs, name)
	if err != nil {
		return nil, err
	}
	var check *finetune.Checkpoint
	values := j.opts.Values
	for _, run := range line {
		if run.Phase == nil {
			continue
		}
		if check, err = j.train(ctx, run, values); err != nil {
			return nil, err
		}
		values = check.Values
	}
	return check, nil
}

// train trains one run on its parent's weights.
func (j *Journey) train(ctx context.Context, run recipe.Run,
	values map[string][]float32) (*finetune.Checkpoint, error) {
	settings := j.opts.Scale.Settings(run, !j.opts.Exact)
	return j.trainer.Run(ctx, j.Folder(run.Name), settings, values)
}

// Result is a run's scores.
type Result struct {
	Run    recipe.Run
	Final  *Score  // nil where it was not reached
	Epochs []Score // of a Siamese run, the last one being Final
	Steps  int
	Views  int // seen in training
}

// Run trains and scores a run and what it builds on, or with "" all of them, in the
// order of the table, and returns their results. All results that are there - also those of runs that an earlier start
// finished and that are not asked for now - are handed to done, if that is not nil, before the first new one and with
// each. A run that was made from something else is an error before anything is written.
// The folder has one writer at a time.
func (j *Journey) Run(ctx context.Context, name string, done func([]Result) error) ([]Result, error) {
	lock, err := onewriter.LockFolder(j.opts.Out)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	asked := j.opts.Runs
	if name != "" {
		var err error
		if asked, err = recipe.Lineage(asked, name); err != nil {
			return nil, err
		}
	}
	if len(j.catalog.Split(catalog.Query)) == 0 || len(j.catalog.Split(catalog.Index)) == 0 {
		return nil, errors.New("the catalogue has no query or no index photos to score with")
	}
	if err := j.check(ctx, asked); err != nil {
		return nil, err
	}
	all, err := j.finished(ctx, asked)
	if err != nil {
		return nil, err
	}
	report := func() error {
		if done == nil {
			return nil
		}
		return done(inOrder(j.opts.Runs, all))
	}
	if len(all) > 0 {
		if err := report(); err != nil {
			return inOrder(asked, all), err
		}
	}
	for _, run := range asked {
		if _, ok := all[run.Name]; ok {
			continue
		}
		r, err := j.one(ctx, run)
		if err != nil {
			return inOrder(asked, all), err
		}
		j.say(r)
		all[run.Name] = r
		if err := report(); err != nil {
			return inOrder(asked, all), err
		}
	}
	return inOrder(asked, all), nil
}

func (j *Journey) say(r Result) {
	j.opts.Log(fmt.Sprintf("run %s: MAR@10 = %.3f [%.3f, %.3f]", r.Run.Name, r.Final.Value, r.Final.Low, r.Final.High))
}

// one trains and scores a run whose parent is trained.
func (j *Journey) one(ctx context.Context, run recipe.Run) (Result, error) {
	result := Result{Run: run}
	var versions []map[string][]float32
	if run.Phase == nil {
		versions = append(versions, j.opts.Values)
	} else {
		values, err := j.parent(run)
		if err != nil {
			return result, err
		}
		check, err := j.train(ctx, run, values)
		if err != nil {
			return result, err
		}
		if err := j.curves(run, check.Epochs); err != nil {
			return result, err
		}
		result.Steps = check.Steps
		for _, e := range check.Epochs {
			result.Views += e.Train.Rows
			if run.Phase.Siamese() && e.Number < len(check.Epochs) {
				v, err := check.EpochValues(j.Folder(run.Name), e.Number)
				if err != nil {
					return result, err
				}
				versions = append(versions, v)
			}
		}
		versions = append(versions, check.Values)
	}
	for i, values := range versions {
		score, err := j.score(ctx, run.Name, i+1, len(versions), values)
		if err != nil {
			return result, fmt.Errorf("scoring run %s: %w", run.Name, err)
		}
		result.Epochs = append(result.Epochs, score)
	}
	result.Final = &result.Epochs[len(result.Epochs)-1]
	if len(versions) == 1 {
		result.Epochs = nil
	}
	return result, nil
}
