package finetune

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/pace"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Trainer trains runs one after the other and keeps what it has compiled and decoded.
type Trainer struct {
	Config    effnet.Config
	Training  engine.Engine // for the steps, in its precision
	Inference engine.Engine // for frozen layers
	Train     feed.Source
	Val       feed.Source // may have no photos
	Classes   feed.Classes
	CacheDir  string // for the output of frozen layers
	// MicroBatch is how many images train at once; 0: as many as fit in memory.
	MicroBatch int
	// Devices is how many of Training's devices take a step in parallel; 0: all of an
	// accelerator's that the batches divide among, one on a CPU.
	Devices int
	// AnotherWay lets a run resume where its steps are computed otherwise than before - on
	// another engine, processor or number of devices, in other micro-batches - so that sums differ
	// in rounding, and statistics of micro-batches. Otherwise that is refused.
	AnotherWay bool
	// Keep keeps the vectors of some photos after each epoch; nil: none.
	Keep *epochs.Keeper
	// KeepWeights is of how many epochs before the last the weights that a classifier's phase changes are kept; those of
	// a Siamese head always are.
	KeepWeights int
	SaveEvery   time.Duration    // between checkpoints within an epoch; 0: 10 minutes
	Log         func(string)     // gets sentences
	Progress    func(p Progress) // is called after each step; may be nil

	session *Session
	opts    SessionOptions
	squares map[feed.Source]*feed.Images
	bytes   map[feed.Source]string // digests of their photos' bytes
	said    map[string]bool
}

// Progress says how far a run is.
type Progress struct {
	What            string // "training" or "frozen layers"
	Done, Total     int    // views
	ImagesPerSecond float64
	Left            time.Duration
	Loss            float64
}

// Close frees what the device holds.
func (t *Trainer) Close() {
	if t.session != nil {
		t.session.Close()
	}
}

// Run trains one run in dir, starting from values, and returns its last checkpoint.
// A run of the same settings that is there is resumed; one of others is refused. A
// cancelled run saves where it is. The folder has one writer at a time.
func (t *Trainer) Run(ctx context.Context, dir string, s Settings, values map[string][]float32) (*Checkpoint, error) {
	s = t.resolved(s)
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	lock, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	defer lock.Release()
	wholefile.Sweep(filepath.Join(dir, CheckpointFile))
	r, err := t.open(ctx, dir, s, values)
	if err != nil {
		return nil, err
	}
	if r.check.Done {
		return r.check, nil
	}
	if r.check.Steps > 0 {
		t.Log(fmt.Sprintf("run %s goes on after step %d", s.Name, r.check.Steps))
	}
	if err := r.prepare(ctx); err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	defer r.close()
	if err := r.announce(); err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	if err := r.keepStart(ctx, values); err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	if err := r.train(ctx); err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	return r.check, nil
}

// Check compares a run's checkpoint in dir, where there is one, with what the run would be made from now.
func (t *Trainer) Check(ctx context.Context, dir string, s Settings, values map[string][]float32) error {
	if _, err := os.Stat(filepath.Join(dir, CheckpointFile)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	_, err := t.open(ctx, dir, t.resolved(s), values)
	return err
}

// resolved fills in what settings leave to the trainer.
func (t *Trainer) resolved(s Settings) Settings {
	s = s.withDefaults(t.Config)
	s.Precision = t.Training.Precision
	return s
}

// keepStart keeps the vectors of the weights that the run starts from.
func (r *run) keepStart(ctx context.Context, values map[string][]float32) (err error) {
	s := r.settings
	r.kept, err = r.Keep.Begin(ctx, r.dir, epochs.Run{Key: r.check.key(), Name: s.Name, Parent: s.Parent, Kind: "train",
		Trains: s.Phase.String(), Epochs: s.Phase.Epochs, Pixels: s.Size}, r.check.Steps == 0, nil)
	if err != nil || r.kept.Has(0) {
		return err
	}
	return r.kept.Keep(ctx, epochs.Epoch{}, values)
}

// run is one run under way.
type run struct {
	*Trainer
	dir      string
	settings Settings
	check    *Checkpoint
	input    Input
	plan     plan
	training engine.Engine // of this run
	kept     *epochs.Kept  // nil: nothing is kept for later looks

	order, valOrder feed.Order
	trainFrom, val  feed.Loader
	closers         []func()
	perEpoch        int // steps
	saved           time.Time
}

// countdown reports progress; before is what was done in an earlier start.
func (r *run) countdown(what string, before int) func(done, total int) {
	if r.Progress == nil {
		return nil
	}
	start := time.Now()
	var p pace.Pace
	return func(done, total int) {
		rate := float64(done-before) / time.Since(start).Seconds()
		r.Progress(Progress{What: what, Done: done, Total: total, ImagesPerSecond: rate, Left: p.Left(time.Now(), done,
			total)})
	}
}

// train takes the steps that are missing.
func (r *run) train(ctx context.Context) error {
	c, p := r.check, r.settings.Phase
	total := p.Epochs * r.perEpoch
	stream := feed.Open(ctx, r.trainFrom, r.order, c.Steps, total)
	defer stream.Close()
	r.saved = time.Now()
	if err := r.save(); err != nil { // a full disk is found now rather than after an hour
		return err
	}
	var steps pace.Pace
	lap, waited := time.Now(), time.Duration(0)
	var warm time.Time // after the first step, which compiles
	rows := 0
	// cancelled keeps what is there at once. Steps are whole, so that nothing of one is lost.
	cancelled := func() error {
		c.Seconds += time.Since(lap).Seconds()
		return errors.Join(ctx.Err(), r.save())
	}
	if c.Steps == (len(c.Epochs)+1)*r.perEpoch { // it was stopped while it validated
		if err := r.endEpoch(ctx, ratio(float64(c.Running.Rows), c.Seconds)); err != nil {
			return err
		}
		if err := r.save(); err != nil {
			return err
		}
	}
	for c.Steps < total {
		if ctx.Err() != nil { // batches that are ready are not begun with
			return cancelled()
		}
		b, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return errors.New("the batches ended early")
		}
		if err != nil {
			if ctx.Err() != nil {
				return cancelled()
			}
			return err
		}
		step, err := r.session.Step(r.batch(b))
		if err != nil {
			return err
		}
		warning, err := c.Monitor.observe(p, c.Steps, len(r.Classes), step)
		if err != nil {
			return err
		}
		if warning != "" {
			r.Log(fmt.Sprintf("run %s, step %d: %s", r.settings.Name, c.Steps+1, warning))
		}
		c.Steps++
		c.Running.Add(step)
		if p.Siamese() && step.Pairs == 0 {
			c.NoTriplets++
		}
		if warm.IsZero() {
			warm = time.Now()
		} else {
			rows += step.Rows
		}
		rate := ratio(float64(rows), time.Since(warm).Seconds())
		if r.Progress != nil {
			r.Progress(Progress{What: "training " + r.settings.Name, Done: c.Steps, Total: total, ImagesPerSecond: rate,
				Loss: step.Loss(),
				Left: steps.Left(time.Now(), c.Steps, total)})
		}
		over := c.Steps%r.perEpoch == 0
		if !over && time.Since(r.saved) < r.saveEvery() {
			continue
		}
		c.Seconds += time.Since(lap).Seconds()
		c.Waited += (stream.Waited() - waited).Seconds()
		lap, waited = time.Now(), stream.Waited()
		if over {
			if err := r.endEpoch(ctx, rate); err != nil {
				return err
			}
		}
		if err := r.save(); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) saveEvery() time.Duration {
	if r.SaveEvery > 0 {
		return r.SaveEvery
	}
	return 10 * time.Minute
}

// batch turns a stream's batch into a step's.
func (r *run) batch(b *feed.Batch) Batch {
	out := Batch{N: b.N, Inputs: b.Inputs, Labels: b.Labels, Seed: r.settings.Seed}
	if r.settings.Phase.Siamese() {
		out.Labels = b.Photos
	}
	return out
}

// endEpoch scores the val photos, keeps vectors and adds a line to the log. Where it cannot - it is cancelled, or
// a photo cannot be read - the epoch's steps are kept, and the next start begins with it.
func (r *run) endEpoch(ctx context.Context, rate float64) error {
	c := r.check
	e := Epoch{Number: len(c.Epochs) + 1, Train: c.Running, NoTriplets: c.NoTriplets, Seconds: c.Seconds,
		ImagesPerSecond: rate, Waited: ratio(c.Waited, c.Seconds)}
	if r.val != nil {
		var err error
		if e.Val, err = r.validate(ctx); err != nil {
			return errors.Join(err, r.save())
		}
		if err := broken(e.Val, fmt.Sprintf("val loss after epoch %d", e.Number), r.settings.Phase); err != nil {
			return err
		}
	}
	if r.kept.Due(e.Number) { // before the checkpoint, so that no epoch lacks it
		values, err := r.session.Values()
		if err == nil {
			err = r.kept.Keep(ctx, epochs.Epoch{Number: e.Number, Step: c.Steps, Loss: e.Train.Loss(), ValLoss: e.Val.Loss()},
				values)
		}
		if err != nil {
			saved := r.save()
			if errors.Is(saved, errBroken) { // which is why there are no vectors
				return saved
			}
			return errors.Join(err, saved)
		}
	}
	c.Epochs = append(c.Epochs, e)
	c.Running, c.NoTriplets, c.Seconds, c.Waited = Step{}, 0, 0, 0
	r.Log(fmt.Sprintf("run %s, %s", r.settings.Name, e.Sentence(r.settings.Phase)))
	return nil
}

// validate sums up the losses of the val photos.
func (r *run) validate(ctx context.Context) (Step, error) {
	var sum Step
	stream := feed.Open(ctx, r.val, r.valOrder, 0, r.valOrder.Steps())
	defer stream.Close()
	done := r.countdown("validating "+r.settings.Name, 0)
	for {
		if err := ctx.Err(); err != nil {
			return sum, err
		}
		b, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return sum, nil
		}
		if err != nil {
			return sum, err
		}
		step, err := r.session.Evaluate(r.batch(b))
		if err != nil {
			return sum, err
		}
		sum.Add(step)
		if done != nil {
			done(min(r.valOrder.Items(), (b.Step+1)*r.valOrder.Batch), r.valOrder.Items())
		}
	}
}

// save writes the log and the checkpoint.
func (r *run) save() error {
	c := r.check
	c.Done = len(c.Epochs) == r.settings.Phase.Epochs
	var err error
	if c.Values, err = r.session.Values(); err != nil {
		return err
	}
	name := notFinite(c.Values)
	switch {
	case name != "" && c.Steps == 0:
		return fmt.Errorf("the weights that it starts from have values in %s that are NaN or infinite: start from others",
			name)
	case name != "":
		return fmt.Errorf("after step %d the weight %s is NaN or infinite: %w; %s", c.Steps, name, errBroken,
			lower(r.settings.Phase))
	}
	c.Moments = nil // the next run starts a new optimizer
	if !c.Done && c.Steps > 0 {
		if _, c.Moments, err = r.session.Optimizer(); err != nil {
			return err
		}
	}
	vars := r.session.variables()
	if n := len(c.Epochs); n > 0 && c.Steps == n*r.perEpoch && r.keepsEpoch(n) {
		if err := c.saveEpoch(r.dir, n, vars, r.session.changing()); err != nil {
			return err
		}
	}
	// The log comes first: a run whose checkpoint says that it is done is not opened again.
	if err := writeLog(r.dir, c.Epochs, r.settings.Phase.Siamese()); err != nil {
		return err
	}
	r.saved = time.Now()
	return c.save(r.dir, vars)
}
