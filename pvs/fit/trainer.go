package fit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/optimize"
)

// saveEvery is how much work a kill can cost.
const saveEvery = 30 * time.Second

// training is one training under way.
type training struct {
	*fitting
	sampler feed.Sampler
	photos  feed.Source // those that are not held out
	byPhoto []int32     // their classes, -1: none
	words   [][]int32   // their titles' words, at most mostWords
	counts  counts
	images  *feed.Augmented
	learned string         // the kind of the labels
	first   imageprep.Look // that training looks at
	held    *heldOut
	state   *state
	session *session
	saved   time.Time
	earlier float64 // seconds of training before this start

	kept          *epochs.Kept     // nil: nothing is kept for later looks
	perEvaluation float64          // seconds
	perKeep       float64          // seconds that keeping vectors takes beside each
	best          *evaluate.Report // of the best network, if this start evaluated it
}

// unfinished reads the training that an earlier start left, if there is one, with its tensors by prefix.
func (t *training) unfinished() (by map[string]map[string][]float32, err error) {
	if t.state, by, err = readState(t.dir); err == nil && t.state != nil && t.state.Key != t.key {
		return nil, fmt.Errorf("%s holds an unfinished training of another recipe or network, or of other photos or labels: "+
			"name another folder, or remove its %s", t.dir, StateFile)
	}
	return by, err
}

// on names an engine with its processor, where that is known.
func on(engine, processor string) string {
	if processor == "" {
		return engine
	}
	return fmt.Sprintf("%s (%s)", engine, processor)
}

// train runs the training to its end, from what an earlier start left, and returns the best network's weights by the
// held-out score, with its report.
func (t *training) train(ctx context.Context, by map[string]map[string][]float32) (map[string][]float32,
	*evaluate.Report, error) {
	st := t.state
	if st == nil {
		st = &state{Version: stateVersion, Key: t.key, Recipe: t.recipe, Centre: t.first.Centre,
			Engine: t.Training.String(), Processor: t.Training.Processor(), Parts: t.Training.Parts(), Best: -1}
	} else if st.Engine != t.Training.String() || st.Processor != t.Training.Processor() {
		t.Log(fmt.Sprintf("the training began on %s and goes on on %s: sums differ in rounding from here on",
			on(st.Engine, st.Processor), on(t.Training.String(), t.Training.Processor())))
	}
	t.state, t.earlier = st, st.Seconds
	if st.Total > 0 {
		t.Log(fmt.Sprintf("resuming behind step %d of %d", st.Steps, st.Total))
	}
	if err := t.keepStart(ctx, by == nil); err != nil {
		return nil, nil, err
	}
	if err := t.start(ctx, by); err != nil {
		return nil, nil, err
	}
	defer t.session.close()
	if err := t.steps(ctx); err != nil {
		return nil, nil, err
	}
	if st.best == nil {
		return nil, nil, errors.New("the training ended without an evaluation")
	}
	var err error
	if t.best == nil { // it was evaluated by an earlier start
		t.best, err = t.report(ctx, st.best)
	}
	return st.best, t.best, err
}

// start makes the session, where the state left off, and settles the number of steps.
func (t *training) start(ctx context.Context, by map[string]map[string][]float32) (err error) {
	values := optimize.Tensors{}
	for _, v := range t.network.Config.VariablesOf(t.network.Values) {
		values[v.Name] = append([]float32(nil), t.network.Values[v.Name]...)
	}
	fresh := t.state.Total == 0
	if fresh {
		t.state.Total = 1 // until the speed is known
	}
	t.session, err = newSession(t.Training, t.network.Config, t.pixels, t.recipe, t.counts, t.state.Parts, t.state.Total,
		values)
	if err != nil {
		return err
	}
	if !fresh {
		err = t.state.restore(t.session, by)
	} else {
		err = t.settle(ctx)
	}
	if err != nil {
		t.session.close()
	}
	return err
}

// settle measures a step, and finds how many of them fit into the budget beside the evaluations.
func (t *training) settle(ctx context.Context) error {
	epoch := t.sampler.Steps()
	most := epoch * t.recipe.Epochs
	stream := feed.OpenSampled(ctx, t.images, t.sampler, 0, 3)
	defer stream.Close()
	var seconds float64
	for i := range 3 { // the first compiles
		begun := time.Now()
		b, err := stream.Next()
		if err != nil {
			return err
		}
		if err := t.session.measure(b.Inputs, t.targets(b)); err != nil {
			return err
		}
		if i > 0 {
			seconds = max(seconds, time.Since(begun).Seconds())
		}
	}
	after := t.reserve // scoring the queries
	if sizes := t.sizes(); len(sizes) > 0 {
		after *= t.costs(sizes[len(sizes)-1])
	}
	left := t.Budget.Seconds() - time.Since(t.started).Seconds() - after
	left = 0.95*left - float64(t.recipe.Evaluations)*(t.perEvaluation+t.perKeep) - t.choosing()
	fit := int(left / max(seconds, 1e-3))
	t.state.Total = max(1, min(most, fit))
	if t.state.Total < epoch {
		t.Log(fmt.Sprintf("the budget of %s is too small for one pass over the photos: %d of %d steps are trained",
			t.Budget, t.state.Total, epoch))
	}
	t.session.schedule = optimize.Cosine{Steps: t.state.Total, WarmUp: int(t.recipe.WarmUp * float64(t.state.Total))}
	t.Log(fmt.Sprintf("%d steps of %d photos, %.1f passes over the photos, at %.2f s a step on %s", t.state.Total,
		t.recipe.Batch(), float64(t.state.Total)/float64(epoch), seconds, t.Training))
	return nil
}

// choosing is about how many seconds candidates and searches take behind the training: the features that whitenings are
// learned on, of two networks, the four whitenings' scores, that of the searches, and those of other inputs.
func (t *training) choosing() float64 {
	photos, of := t.sampled()
	perPhoto := t.perEvaluation / float64(t.held.rows())
	evaluations := 5.0 + float64(len(t.centres(t.first)))
	for _, size := range t.sizes() {
		evaluations += t.costs(size)
	}
	return evaluations*t.perEvaluation + 2*float64(len(photos)*of)*perPhoto
}

// targets are those of a batch's photos.
func (t *training) targets(b *feed.Batch) targets {
	of := targets{labels: b.Labels}
	if t.counts.words == 0 {
		return of
	}
	for _, photo := range b.Photos {
		row := slices.Repeat([]int32{-1}, mostWords)
		if photo >= 0 {
			copy(row, t.words[photo])
		}
		of.words = append(of.words, row...)
	}
	return of
}

// measure computes a step without changing weights.
func (s *session) measure(images []float32, of targets) error {
	if err := s.backbone.forward(images, s.noise(0), s.features); err != nil {
		return err
	}
	mean, variance := s.values[headMean], s.values[headVar]
	s.values[headMean], s.values[headVar] = make([]float32, len(mean)), make([]float32, len(variance))
	_, err := s.head.step(s.features, of, s.values, s.gradients, s.ofFeatures)
	s.values[headMean], s.values[headVar] = mean, variance
	if err != nil {
		return err
	}
	if err := s.backbone.backward(s.ofFeatures, s.gradients); err != nil {
		return err
	}
	return s.backbone.load(s.values)
}

// steps trains, evaluates and saves until the end of the schedule, or until the held-out score has stopped rising.
func (t *training) steps(ctx context.Context) error {
	st := t.state
	if !t.due() && (st.Steps >= st.Total || t.stopped()) {
		return nil
	}
	update, finish := t.Progress("training")
	defer finish()
	stream := feed.OpenSampled(ctx, t.images, t.sampler, st.Steps, st.Total)
	defer stream.Close()
	begun := time.Now()
	t.saved = begun
	for {
		if t.due() { // a kill may have come between a step and its evaluation
			if err := t.evaluate(ctx); err != nil {
				return t.interrupted(ctx, err)
			}
		}
		if st.Steps >= st.Total || t.stopped() {
			return nil
		}
		b, err := stream.Next()
		if err != nil {
			return t.interrupted(ctx, err)
		}
		report, err := t.session.step(st.Steps, b.Inputs, t.targets(b))
		if errors.Is(err, optimize.ErrNotFinite) {
			return fmt.Errorf("the training broke down in step %d (loss %v): what it had reached is in %s", st.Steps+1, report,
				t.dir)
		}
		if err != nil {
			return err
		}
		st.Steps++
		st.LossSum += float64(report[0])
		st.LossSteps++
		st.Seconds = t.earlier + time.Since(begun).Seconds()
		update(st.Steps, st.Total)
		if !t.due() && time.Since(t.saved) > saveEvery {
			if err := t.save(); err != nil {
				return err
			}
		}
	}
}

// interrupted saves where a cancelled training is.
func (t *training) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return errors.Join(context.Cause(ctx), t.save())
}

func (t *training) save() error {
	t.saved = time.Now()
	return t.state.save(t.dir, t.session)
}

// due says whether the network as it is now has yet to be evaluated.
func (t *training) due() bool {
	last := 0
	if n := len(t.state.Evaluations); n > 0 {
		last = t.state.Evaluations[n-1].Step
	}
	at := func(step int) int { return step * t.recipe.Evaluations / t.state.Total }
	return at(t.state.Steps) > at(last)
}

// stopped says whether the score has not risen for as many evaluations as the recipe's patience.
func (t *training) stopped() bool {
	return t.state.Best >= 0 && len(t.state.Evaluations)-1-t.state.Best >= t.recipe.Patience
}

// evaluate scores the network as it is, keeps it if it is the best, and saves.
func (t *training) evaluate(ctx context.Context) error {
	st := t.state
	values, err := t.session.network()
	if err != nil {
		return err
	}
	report, err := t.report(ctx, values)
	if err != nil {
		return err
	}
	loss := st.LossSum / math.Max(1, float64(st.LossSteps))
	err = t.kept.Keep(ctx, epochs.Epoch{Number: len(st.Evaluations) + 1, Step: st.Steps, Loss: loss,
		HeldOut: report.MAR().Value}, values)
	if err != nil {
		return err
	}
	e := Evaluation{Step: st.Steps, Loss: loss, MAR: report.MAR().Value, Seconds: st.Seconds}
	st.Evaluations = append(st.Evaluations, e)
	st.LossSum, st.LossSteps = 0, 0
	note := ""
	if st.Best < 0 || e.MAR > st.Evaluations[st.Best].MAR {
		st.Best, st.best, t.best = len(st.Evaluations)-1, values, report
		note = ", the best so far"
	}
	t.Log(fmt.Sprintf("step %d of %d: loss %.3f, held-out MAR@10 %.3f%s", e.Step, st.Total, e.Loss, e.MAR, note))
	return t.save()
}

// report scores weights on the held-out photos.
func (t *training) report(ctx context.Context, values map[string][]float32) (*evaluate.Report, error) {
	return t.reportOf(ctx, values, t.first)
}

// reportOf scores them with other inputs.
func (t *training) reportOf(ctx context.Context, values map[string][]float32, in imageprep.Look) (*evaluate.Report,
	error) {
	return t.reportBy(ctx, values, in, t.held.score)
}

// reportBy scores them in one of the ways that there are.
func (t *training) reportBy(ctx context.Context, values map[string][]float32, in imageprep.Look,
	score func(context.Context, embed.Embedder, imageprep.Look) (*evaluate.Report, error)) (*evaluate.Report, error) {
	e, err := t.embedder(values, optionsOf(in))
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return score(ctx, e, in)
}

// embedder makes weights' network.
func (f *fitting) embedder(values map[string][]float32, opts embed.NetworkOptions) (*embed.Network, error) {
	opts.Shrunk = true
	return embed.New(f.Inference, f.network.Config, values, opts)
}
