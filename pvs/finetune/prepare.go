package finetune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/siamese"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// open reads the run's checkpoint or makes its first one.
func (t *Trainer) open(ctx context.Context, dir string, s Settings, values map[string][]float32) (*run, error) {
	r := &run{Trainer: t, dir: dir, settings: s, input: s.input()}
	first, err := t.firstValues(s, values)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	replaced, err := t.look(ctx)
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", s.Name, err)
	}
	from := provenance{Photos: t.Train.Digest(), Bytes: t.bytes[t.Train], Weights: embed.Fingerprint(t.Config, values,
		embed.OutputOf(values)), Revision: revision(), Backend: t.Training.Backend.Name()}
	if t.Val != nil {
		from.Val, from.ValBytes = t.Val.Digest(), t.bytes[t.Val]
	}
	r.check, err = ReadCheckpoint(dir)
	if errors.Is(err, fs.ErrNotExist) {
		r.check = &Checkpoint{Version: checkpointVersion, Settings: s, From: from, Classes: t.Classes, Values: first}
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	if r.check.Settings.Parent == "" {
		r.check.Settings.Parent = s.Parent
	}
	was := r.check.From
	was.Revision, was.Backend = from.Revision, from.Backend // may change
	was.Bytes, was.ValBytes = from.Bytes, from.ValBytes     // checkPhotos looks at them
	if d := difference(r.check.Settings, s); d != "" {
		return nil, fmt.Errorf("%s holds a run with other settings: %s; name another folder or remove that one", dir, d)
	}
	if d := was.differs(from); d != "" {
		return nil, fmt.Errorf("%s holds a run that was made from %s: name another folder, or remove what was trained in "+
			"this one", dir, d)
	}
	if err := t.checkPhotos(dir, r.check.From, from, replaced); err != nil {
		return nil, err
	}
	r.check.From.Bytes, r.check.From.ValBytes = from.Bytes, from.ValBytes // an older pvs kept none
	return r, nil
}

// firstValues adds the heads that a run starts.
func (t *Trainer) firstValues(s Settings, values map[string][]float32) (map[string][]float32, error) {
	out := map[string][]float32{}
	for name, v := range values {
		out[name] = v
	}
	add := func(more map[string][]float32) {
		for name, v := range more {
			out[name] = v
		}
	}
	classes := len(values[classify.Bias])
	switch {
	case s.Phase.Siamese():
		if values[siamese.Bias] == nil {
			add(siamese.Head{Features: t.Config.Features(), Dim: s.Dim}.InitialValues(s.Seed))
		}
	case len(t.Classes) < 2:
		return nil, fmt.Errorf("the train photos have %d categories; a classifier needs at least two", len(t.Classes))
	case classes == 0:
		add(classify.Head{Features: t.Config.Features(), Classes: len(t.Classes)}.InitialValues(s.Seed))
	case classes != len(t.Classes):
		return nil, fmt.Errorf("the weights that it starts from tell %d categories apart, but the train photos have %d; "+
			"start from weights of the same catalogue", classes, len(t.Classes))
	}
	return out, nil
}

// prepare gets photos or cached features, and the session, ready.
func (r *run) prepare(ctx context.Context) error {
	p := r.settings.Phase
	err := r.choosePlan()
	if err != nil {
		return err
	}
	if r.order, err = r.orderOf(r.Train, p.Views); err != nil {
		return err
	}
	if r.order.Items() == 0 {
		return errors.New("there is no train photo with a category and one of the views")
	}
	valViews := p.Views
	if !p.Siamese() {
		valViews = p.Views[:1] // A0 in all of the journey's runs
	}
	if r.Val != nil && r.Val.Len() > 0 {
		if r.valOrder, err = r.orderOf(r.Val, valViews); err != nil {
			return err
		}
		r.valOrder.Sorted = true
	}
	if err := r.loaders(ctx); err != nil {
		return err
	}
	r.perEpoch = r.settings.stepsPerEpoch(r.order.Steps())
	if err := r.startSession(); err != nil {
		return err
	}
	if err := r.session.Begin(p, r.input); err != nil {
		return err
	}
	if r.check.Steps > 0 {
		return r.session.Restore(r.check.Steps, r.check.Moments)
	}
	return nil
}

// SettingsFile is what a run was trained with, for people, in its folder.
const SettingsFile = "settings.json"

// ReadSettings reads the settings of a run's folder.
func ReadSettings(dir string) (s Settings, err error) {
	path := filepath.Join(dir, SettingsFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil || s.Name == "" {
		return s, fmt.Errorf("%s does not hold the settings of a run: it is cut off, or another program wrote it", path)
	}
	return s, nil
}

// announce logs and saves the settings as they were resolved.
func (r *run) announce() error {
	if p := r.settings.Precision; r.Inference.Precision != p {
		r.once(fmt.Sprintf("frozen layers run on %s: it has no %s", r.Inference.Describe(), p))
	}
	on := fmt.Sprintf("%s in %s", r.training, r.training.Precision)
	if r.training.Devices > 1 {
		on += fmt.Sprintf(" on %d devices", r.training.Devices)
	}
	r.Log(fmt.Sprintf("run %s: %s; %d steps, %d an epoch, from %s, on %s", r.settings.Name, r.settings.Phase,
		r.settings.Phase.Epochs*r.perEpoch, r.perEpoch, r.input, on))
	text, err := json.MarshalIndent(struct {
		Settings
		From  provenance `json:"from"`
		Steps int        `json:"steps"`
		plan
	}{r.settings, r.check.From, r.settings.Phase.Epochs * r.perEpoch, r.plan}, "", "  ")
	if err != nil {
		return err
	}
	return wholefile.Write(filepath.Join(r.dir, SettingsFile), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n", text)
		return err
	})
}

// startSession takes the session of the run before, if it fits.
func (r *run) startSession() error {
	p, batch := r.settings.Phase, r.plan.MicroBatch
	if batch > 0 {
		how := fmt.Sprintf("a batch of %d at %d pixels is split into micro-batches of %d whose gradients are added", p.Batch,
			r.settings.Size, batch)
		if p.BatchNorm {
			how += "; the backbone's BatchNorms see those"
		}
		r.once(how)
	}
	opts := SessionOptions{Size: r.settings.Size, DropConnect: r.settings.DropConnect, MicroBatch: batch,
		Parts: r.plan.Parts}
	if r.Inference.Backend.Name() != r.Training.Backend.Name() {
		opts.Inference = r.Inference
	}
	if r.session != nil && r.session.engine == r.training && r.opts == opts {
		return r.session.Load(r.check.Values)
	}
	if r.session != nil {
		r.session.Close()
	}
	s, err := NewSession(r.training, r.Config, r.check.Values, opts)
	if err != nil {
		return err
	}
	r.Trainer.session, r.opts = s, opts
	return nil
}

// onHost says whether a backend's memory is the machine's.
func onHost(b compute.Backend) bool {
	xla, ok := b.(interface{ IsCPU() bool })
	return !ok || xla.IsCPU()
}

// once logs a sentence the first time.
func (t *Trainer) once(sentence string) {
	if !t.said[sentence] {
		if t.said == nil {
			t.said = map[string]bool{}
		}
		t.said[sentence] = true
		t.Log(sentence)
	}
}

// orderOf is the order of a source's views, of photos with a class if one is trained.
func (r *run) orderOf(s feed.Source, views []imageprep.View) (feed.Order, error) {
	o, err := r.allOf(s, views)
	has := o.Keeps
	if !r.settings.Phase.Siamese() {
		o.Keeps = func(photo int, v imageprep.View) bool { return s.Label(photo) >= 0 && has(photo, v) }
	}
	return o, err
}

// allOf is the order of a source's views, of all photos that have them.
func (r *run) allOf(s feed.Source, views []imageprep.View) (feed.Order, error) {
	o := feed.Order{Photos: s.Len(), Views: views, Batch: r.settings.Phase.Batch, Seed: r.settings.orderSeed()}
	sides, err := feed.LongerSides(s, views)
	if err != nil {
		return o, err
	}
	o.Keeps = func(photo int, v imageprep.View) bool {
		return sides == nil || v.Keeps(sides[photo], 0)
	}
	return o, nil
}

// loaders makes what batches are loaded by.
func (r *run) loaders(ctx context.Context) error {
	train, val := r.images(r.Train), (*feed.Images)(nil)
	if r.valOrder.Photos > 0 {
		val = r.images(r.Val)
	}
	if r.input == FromImages {
		r.trainFrom = train
		if val != nil {
			r.val = val
		}
		return nil
	}
	output := embed.Features
	if r.input == FromBlock {
		output = lastStage
	}
	n, err := embed.New(r.Inference, r.Config, r.check.Values, embed.NetworkOptions{Size: r.settings.Size, Output: output})
	if err != nil {
		return err
	}
	defer n.Close()
	open := func(images *feed.Images, order feed.Order) (feed.Loader, error) {
		// Of all photos: a run that needs no classes takes the same files.
		all, err := r.allOf(images.Source, order.Views)
		if err != nil {
			return nil, err
		}
		c, err := cacheFeatures(ctx, n, images, r.bytes[images.Source], all, r.CacheDir, r.countdown("frozen layers", 0))
		if err != nil {
			return nil, err
		}
		r.closers = append(r.closers, c.Close)
		return c, nil
	}
	if r.trainFrom, err = open(train, r.order); err != nil {
		return err
	}
	if val != nil {
		r.val, err = open(val, r.valOrder)
	}
	return err
}

// images returns the squares of a source, kept from run to run.
func (r *run) images(s feed.Source) *feed.Images {
	if r.squares == nil {
		r.squares = map[feed.Source]*feed.Images{}
	}
	if m := r.squares[s]; m != nil && m.Size() == r.settings.Size && m.Seed() == r.settings.Seed {
		return m
	}
	m := feed.NewImages(s, r.settings.Size, r.settings.Seed, availableMemory()/4)
	r.squares[s] = m
	return m
}

func (r *run) close() {
	for _, c := range r.closers {
		c()
	}
}
