package fit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/optimize"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// HeadFile is what [Heads] keeps, in its folder: a linear map of the network's vectors, in the format of a whitening.
const HeadFile = "head.whiten"

// HeadsOptions of [Heads].
type HeadsOptions struct {
	Backend compute.Backend // of the losses; required
	Budget  time.Duration   // of the training of the head, behind the embedding; 0: 30 minutes
	Recipe  Recipe          // the zero value: [Recommended]

	Log      func(string)                                                    // may be nil
	Progress func(what string) (update func(done, total int), finish func()) // may be nil
	Search   func() (compute.Backend, error)                                 // for large searches; may be nil
}

// Heads makes the search of a catalogue better with a network that stays as it is, of which only vectors are known: it
// embeds the train photos once, with augmented variants, trains a projection on their vectors, tries whitenings of
// them, and keeps in dir/head.whiten what is better on held-out products by more than its paired interval. The network
// takes squares. Vectors that are there are used again; the training, of seconds to minutes, starts anew.
func Heads(ctx context.Context, cat *catalog.Catalog, e embed.Embedder, dir string, o HeadsOptions) (*Result, error) {
	f := &fitting{Options: Options{Budget: o.Budget, Recipe: o.Recipe, Log: o.Log, Progress: o.Progress,
		Backend: o.Search}, cat: cat, dir: dir, pixels: e.Origin().Pixels, recipe: o.Recipe, started: time.Now(),
		network: Network{Centre: e.Origin().Centre}}
	if o.Backend == nil {
		return nil, errors.New("a fit of heads needs a backend for its losses")
	}
	if err := f.settle(); err != nil {
		return nil, err
	}
	if f.recipe.GeM > 0 {
		return nil, errors.New("the recipe's gem trains the pooling of a backbone, and a fit of heads has vectors only")
	}
	if e.InputLen() != 3*f.pixels*f.pixels {
		return nil, fmt.Errorf("%s takes no squares of one size, which a fit of heads augments", e.Key())
	}
	f.recipe.Dim = min(f.recipe.Dim, e.Dim()/8*8) // as a head's: no more than it is made of
	lock, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	return (&heads{training: &training{fitting: f, first: f.asIs()}, e: e, backend: o.Backend}).run(ctx)
}

// heads is one run of [Heads].
type heads struct {
	*training
	e       embed.Embedder
	backend compute.Backend

	rows           *vectors.Set // of the train photos and their variants, photo by photo
	index, queries *vectors.Set // held out
}

func (h *heads) run(ctx context.Context) (*Result, error) {
	photos, source, choice, err := h.labelled(ctx)
	if err != nil {
		return nil, err
	}
	h.learned = string(choice.Set.Kind)
	o := h.e.Origin()
	before, err := h.searchedBy(ctx, h.e, o.Title, "before")
	if err != nil {
		return nil, err
	}
	train, err := h.holdOut(ctx, photos, choice.Set.Kind)
	if err != nil {
		return nil, err
	}
	h.Log("validation: " + h.held.String())
	if err := h.prepare(source, photos, choice, train); err != nil {
		return nil, err
	}
	if h.index, h.queries, err = h.held.embed(ctx, h.e, h.asIs(), h.held.queries); err != nil {
		return nil, err
	}
	base, err := h.scoredBy(ctx, nil)
	if err != nil {
		return nil, err
	}
	h.Log(fmt.Sprintf("before: held-out MAR@10 %.3f", base.MAR().Value))
	if err := h.features(ctx); err != nil {
		return nil, err
	}
	r := &Result{Recipe: h.recipe.Name, Labels: h.learned, HeldOut: h.held.String(), On: "held-out products",
		Pixels: h.pixels, Centre: h.network.Centre}
	dense, err := h.candidates(ctx, base, r)
	if err != nil {
		return nil, err
	}
	return r, h.keep(ctx, r, base, before, dense)
}

// scoredBy scores the held-out photos by a head; nil: by the network's vectors.
func (h *heads) scoredBy(ctx context.Context, d *whiten.Dense) (*evaluate.Report, error) {
	index, queries := h.index, h.queries
	if d != nil {
		index, queries = d.Apply(index), d.Apply(queries)
		if err := errors.Join(index.Normalize(), queries.Normalize()); err != nil {
			return nil, err
		}
	}
	reports, err := scoresOf(ctx, index, queries, h.held.truth, retrieval.After{})
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// candidates are the trained head and the whitenings, of which the one that is kept is returned; nil: none.
func (h *heads) candidates(ctx context.Context, base *evaluate.Report, r *Result) (*whiten.Dense, error) {
	trained, report, err := h.trainHead(ctx)
	if err != nil {
		return nil, err
	}
	r.Evaluations = h.state.Evaluations
	r.Candidates = []Candidate{{Name: Training, report: report}}
	all := []*whiten.Dense{trained}
	rows, classes := h.learnOn()
	for _, how := range []struct {
		name    string
		classes []int32
	}{{"PCA whitening", nil}, {"learned whitening", classes}} {
		d, err := learnWhitening(how.name, rows, how.classes)
		if err != nil {
			return nil, err
		}
		report, err := h.scoredBy(ctx, d)
		if err != nil {
			return nil, err
		}
		r.Candidates, all = append(r.Candidates, Candidate{Name: how.name, report: report}), append(all, d)
	}
	if err := h.choose(base, r.Candidates); err != nil {
		return nil, err
	}
	for i, c := range r.Candidates {
		if c.Kept {
			r.Kept, r.Reason = true, c.reason()
			return all[i], r.compare(base, c.report)
		}
	}
	r.Reason = "nothing is better on the held-out photos than chance explains: the network's vectors stay as they are"
	return nil, r.compare(base, base)
}

// keep writes the head that is kept, and scores what a search finds with it.
func (h *heads) keep(ctx context.Context, r *Result, base *evaluate.Report, before *retrieval.Entry,
	d *whiten.Dense) error {
	h.Log(r.Reason)
	r.Seconds = time.Since(h.started).Seconds()
	path := filepath.Join(h.dir, HeadFile)
	if d == nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) { // of an earlier fit
			return err
		}
		if before == nil {
			return nil
		}
		r.On = searchedFor
		return r.compare(before.Report, before.Report)
	}
	origin := h.e.Origin()
	w, err := d.Whitening(&origin, h.rows.Len())
	if err != nil {
		return err
	}
	if err := w.Write(path); err != nil {
		return err
	}
	r.Checkpoint = path
	if before == nil {
		return nil
	}
	index, err := w.Apply(before.Index)
	if err != nil {
		return err
	}
	queries, err := w.Apply(before.Queries)
	if err != nil {
		return err
	}
	after, err := retrieval.ScoreVectors(ctx, h.cat, index, queries, origin.Title+", after fit",
		retrieval.Options{Backend: h.Backend})
	if err != nil {
		return err
	}
	r.On = searchedFor
	if err := r.compare(before.Report, after.Report); err != nil {
		return err
	}
	r.Gallery, err = h.gallery(before, after)
	r.Seconds = time.Since(h.started).Seconds()
	return err
}

// trainHead trains a projection on the vectors, and returns the best by the held-out score.
func (h *heads) trainHead(ctx context.Context) (*whiten.Dense, *evaluate.Report, error) {
	r, dim := h.recipe, h.rows.Dim
	head, err := newHead(h.backend, r, dim, h.counts)
	if err != nil {
		return nil, nil, err
	}
	defer head.close()
	values, gradients := head.initial(r.Seed), optimize.Tensors{}
	adam, err := optimize.NewAdamW(values, optimize.Options{},
		optimize.Group{Names: []string{headKernel}, LearningRate: r.LearningRate * r.HeadFactor, WeightDecay: r.WeightDecay},
		optimize.Group{Names: head.weights()[1:], LearningRate: r.LearningRate * r.HeadFactor})
	if err != nil {
		return nil, nil, err
	}
	h.state = &state{Total: r.Epochs * h.sampler.Steps(), Best: -1}
	schedule := optimize.Cosine{Steps: h.state.Total, WarmUp: int(r.WarmUp * float64(h.state.Total))}
	features, ofFeatures := make([]float32, r.Batch()*dim), make([]float32, r.Batch()*dim)
	var best *whiten.Dense
	var report *evaluate.Report
	update, finish := h.Progress("training the head")
	defer finish()
	begun, st := time.Now(), h.state
	for st.Steps < st.Total && ctx.Err() == nil && !h.stopped() && time.Since(begun) < h.Budget {
		of := h.batch(h.sampler.Draws(st.Steps), features)
		rows := len(of.labels) * dim
		losses, err := head.step(features[:rows], of, values, gradients, ofFeatures[:rows])
		if err != nil {
			return nil, nil, fmt.Errorf("step %d of the head's training (loss %v): %w", st.Steps+1, losses, err)
		}
		if _, err := optimize.ClipByGlobalNorm(gradients, r.Clip); err != nil {
			return nil, nil, err
		}
		if err := adam.Step(gradients, schedule.Factor(st.Steps)); err != nil {
			return nil, nil, err
		}
		if st.Steps >= schedule.WarmUp {
			if err := head.remember(of.labels); err != nil {
				return nil, nil, err
			}
		}
		st.Steps++
		st.LossSum, st.LossSteps = st.LossSum+float64(losses[0]), st.LossSteps+1
		update(st.Steps, st.Total)
		if !h.due() {
			continue
		}
		d := denseOf(values, dim)
		now, err := h.scoredBy(ctx, d)
		if err != nil {
			return nil, nil, err
		}
		e := Evaluation{Step: st.Steps, Loss: st.LossSum / float64(st.LossSteps), MAR: now.MAR().Value,
			Seconds: time.Since(begun).Seconds()}
		st.Evaluations, st.LossSum, st.LossSteps = append(st.Evaluations, e), 0, 0
		if st.Best < 0 || e.MAR > st.Evaluations[st.Best].MAR {
			st.Best, best, report = len(st.Evaluations)-1, d, now
		}
		h.Log(fmt.Sprintf("step %d of %d: loss %.3f, held-out MAR@10 %.3f", e.Step, st.Total, e.Loss, e.MAR))
	}
	if ctx.Err() != nil {
		return nil, nil, context.Cause(ctx)
	}
	if best == nil { // a budget that ended before the first evaluation
		best = denseOf(values, dim)
		report, err = h.scoredBy(ctx, best)
	}
	return best, report, err
}

// batch fills in the features of a step's draws: a photo that comes again has another variant.
func (h *heads) batch(draws []feed.Draw, features []float32) (of targets) {
	dim, scale := h.rows.Dim, vectorScale(h.rows.Dim)
	for i, d := range draws {
		row := h.rows.Row(d.Photo*(1+variants) + (d.Epoch+d.Copy)%(1+variants))
		for j, v := range row {
			features[i*dim+j] = v * scale
		}
		of.labels = append(of.labels, d.Label)
		if h.counts.words > 0 {
			words := slices.Repeat([]int32{-1}, mostWords)
			copy(words, h.words[d.Photo])
			of.words = append(of.words, words...)
		}
	}
	return of
}

// vectorScale brings the values of unit vectors to about 1, which a head's learning rate is for.
func vectorScale(dim int) float32 { return float32(math.Sqrt(float64(dim))) }

// denseOf is the projection with its BatchNorm as one dense layer on unit vectors.
func denseOf(values optimize.Tensors, dim int) *whiten.Dense {
	layer := foldedHead(values)
	for i := range layer.Kernel {
		layer.Kernel[i] *= vectorScale(dim)
	}
	layer.In = dim
	return layer
}
