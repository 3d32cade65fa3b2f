package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/journey"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// trainFlags are those of everything that trains.
type trainFlags struct {
	Catalog    string `arg:"" help:"The catalogue folder, with photos in the split train." placeholder:"DIR"`
	Out        string `required:"" help:"${train_out}" placeholder:"DIR"`
	Scale      string `default:"small" enum:"smoke,small,medium,full" help:"${train_scale}"`
	Phases     string `help:"A TOML file with runs of your own beside the journey's." placeholder:"FILE"`
	Records    string `help:"${train_records}" placeholder:"DIR"`
	Weights    string `help:"${train_weights}"`
	Model      string `help:"The variant that a weights file is for."`
	Photos     int    `min:"1" help:"Train photos at most, instead of the scale's."`
	Pixels     int    `min:"1" help:"Side of the network's input, instead of the scale's."`
	Exact      bool   `help:"Run frozen layers in each step, with stochastic depth as Keras does, instead of once."`
	MicroBatch int    `min:"1" help:"Images that the backbone trains on at once; as many as fit in memory if not given."`
	Devices    int    `min:"1" help:"${train_devices}" placeholder:"N"`
	SkipBad    bool   `help:"Leave out rows and photos that cannot be read."`
	AnotherWay bool   `help:"${train_another_way}"`

	Keep        int `min:"0" max:"2000" default:"300" help:"${train_keep}" placeholder:"PHOTOS"`
	KeepWeights int `min:"0" max:"100" default:"3" help:"${train_keep_weights}" placeholder:"EPOCHS"`

	Precision effnet.Precision `default:"float32" enum:"float32,bfloat16" help:"${train_precision}"`
}

// open starts backends and network and reads the catalogue; beside, if not nil, finds what the chart shows beside runs.
// With a checkpoint its network is taken.
func (f trainFlags) open(a *app, beside func(*catalog.Catalog) ([]chart.JourneyRun, error),
	from *finetune.Checkpoint) (*journey.Journey, error) {
	runs := recipe.Journey()
	if f.Phases != "" {
		var err error
		if runs, err = recipe.ReadPhases(f.Phases); err != nil {
			return nil, err
		}
	}
	scale, err := recipe.ScaleNamed(f.Scale)
	if err != nil {
		return nil, err
	}
	if f.Photos > 0 {
		scale.Photos = f.Photos
	}
	if f.Pixels > 0 {
		scale.Pixels = f.Pixels
	}
	if err := onewriter.FreeFolder(f.Out); err != nil { // before the network is got ready; the journey locks it
		return nil, err
	}
	cat, err := a.openCatalog(f.Catalog, f.SkipBad)
	if err != nil {
		return nil, err
	}
	a.list("rows of photos.csv", problemLines(cat.Skipped))
	var others []chart.JourneyRun
	if beside != nil {
		if others, err = beside(cat); err != nil {
			return nil, err
		}
	}
	n, err := f.network(a, from)
	if err != nil {
		return nil, err
	}
	training, inference, err := a.engines(f.Precision, f.Devices)
	if err != nil {
		return nil, err
	}
	a.log(fmt.Sprintf("%s with the weights of %s trains on %s", n.config.Title, n.path, training.Describe()))
	return journey.Open(cat, journey.Options{
		Out: f.Out, Runs: runs, Scale: scale, Records: f.Records,
		Config: n.config, Values: n.values, Training: training, Inference: inference,
		Exact: f.Exact, MicroBatch: f.MicroBatch, Devices: f.Devices, AnotherWay: f.AnotherWay, SkipBad: f.SkipBad,
		Keep: f.Keep, KeepWeights: f.KeepWeights, Beside: others, Log: a.log, Progress: a.steps(),
	})
}

// network loads the network that is trained: a checkpoint's, if there is one.
func (f trainFlags) network(a *app, from *finetune.Checkpoint) (*network, error) {
	if from == nil {
		return (&networkFlags{Weights: f.Weights, Model: f.Model}).load(a)
	}
	c, err := effnet.Named(from.Settings.Network)
	return &network{config: c, values: from.Values, path: "run " + from.Settings.Name}, err
}

// engines chooses what trains on a number of devices (0: not said) and what computes frozen layers,
// in float32 where it lacks the precision.
func (a *app) engines(precision effnet.Precision, devices int) (training, inference engine.Engine, err error) {
	training, err = a.engine(backend.Training, engine.Request{Precision: precision, Devices: devices})
	if err != nil {
		return training, inference, err
	}
	inference, err = a.engine(backend.Inference, engine.Request{Precision: precision, OrFloat32: true})
	return training, inference, err
}

type trainCommand struct {
	trainFlags
	Name string `name:"run" required:"" help:"${train_name}" placeholder:"NAME"`
	branchFlags
}

// Run trains a run with its ancestors, or from an epoch of another one.
func (c *trainCommand) Run(a *app) error {
	if c.From != "" {
		return c.branch(a)
	}
	j, err := c.open(a, nil, nil)
	if err != nil {
		return err
	}
	defer j.Close()
	check, err := j.Train(a.ctx, c.Name)
	if err != nil {
		return err
	}
	return c.say(a, j, check)
}

// say tells what was trained.
func (c *trainCommand) say(a *app, j *journey.Journey, check *finetune.Checkpoint) error {
	if check == nil {
		return errors.New("run 0 trains nothing: it is the network with its ImageNet weights; pvs embed uses it as it is")
	}
	path := filepath.Join(j.Folder(c.Name), finetune.CheckpointFile)
	a.say("run %s is trained: %s", c.Name, path)
	a.say("embed with it: pvs embed %s --checkpoint %s --split index --out index", c.Catalog, path)
	return a.result(map[string]any{"run": c.Name, "epochs": check.Epochs, "steps": check.Steps, "checkpoint": path})
}

type journeyCommand struct {
	trainFlags
	Name string   `name:"run" help:"This run and what it builds on, instead of all." placeholder:"NAME"`
	Fits []string `help:"Folders of pvs fit on the same catalogue, shown beside the runs." placeholder:"DIR"`
}

// beside reads the fits that the chart shows.
func (c *journeyCommand) beside(cat *catalog.Catalog) ([]chart.JourneyRun, error) {
	var out []chart.JourneyRun
	for _, dir := range c.Fits {
		r, err := fit.Read(dir, cat)
		if err != nil {
			return nil, err
		}
		out = append(out, chart.JourneyRun{Name: r.Recipe, From: "0", Trains: "fit to " + r.Labels, Note: r.What(),
			Measured: &chart.Score{Value: r.After, Low: r.AfterInterval[0], High: r.AfterInterval[1]}})
	}
	return out, nil
}

// Run trains and scores all runs and draws the chart.
func (c *journeyCommand) Run(a *app) error {
	start := time.Now()
	j, err := c.open(a, c.beside, nil)
	if err != nil {
		return err
	}
	defer j.Close()
	var report journey.Report
	results, err := j.Run(a.ctx, c.Name, func(results []journey.Result) error {
		report, err = j.Report(results)
		return err
	})
	if err != nil {
		return err
	}
	a.say("")
	runs := map[string]any{}
	for _, r := range results {
		published := "     -"
		if r.Run.Leaderboard > 0 {
			published = fmt.Sprintf("%6.3f", r.Run.Leaderboard)
		}
		a.say("run %-8s published %s   measured %.3f [%.3f, %.3f]", r.Run.Name, published, r.Final.Value, r.Final.Low,
			r.Final.High)
		runs[r.Run.Name] = r.Final
	}
	if report.Compared > 2 {
		a.say("rank correlation of published and measured scores over %d runs: %.2f", report.Compared, report.Correlation)
	}
	a.say("chart: %s (and .svg, .html, .md, .csv)", report.Chart)
	return a.result(map[string]any{"runs": runs, "chart": report.Chart, "rank_correlation": report.Correlation,
		"final_beats_run_0": report.Beaten, "seconds": time.Since(start).Seconds()})
}
