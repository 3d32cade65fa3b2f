package fit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/feed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/labels"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
)

// Network is what a fit starts from.
type Network struct {
	Config effnet.Config
	Values map[string][]float32
	// Where the weights are from, and of a trained run its name and checkpoint, as [embed.NetworkOptions] take them.
	From, Run, Checkpoint string
	Centre                float64 // share of a photo's side that it looks at ([embed.NetworkOptions]); 0: all
}

// Options of [Run].
type Options struct {
	Training  engine.Engine // of backbone and losses; required
	Inference engine.Engine // of evaluation; required
	Budget    time.Duration // of everything, about; 0: 30 minutes
	Pixels    int           // side of the network's input in training; 0: the variant's resolution
	Recipe    Recipe        // the zero value: [Recommended]
	// Keep is how many photos' vectors are kept, as float16, before training and with each evaluation; 0: none.
	Keep int

	Log      func(string)                                                    // may be nil
	Progress func(what string) (update func(done, total int), finish func()) // may be nil
	Backend  func() (compute.Backend, error)                                 // for large searches; may be nil
}

// Result is what a fit reached.
type Result struct {
	Before     float64 `json:"before"`     // MAR@10
	After      float64 `json:"after"`      // MAR@10 of what was kept
	Difference float64 `json:"difference"` // paired, with its 95% interval
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	// The scores' own 95% intervals.
	BeforeInterval [2]float64 `json:"before_interval"`
	AfterInterval  [2]float64 `json:"after_interval"`
	// On says what these are of: queries in the index, or the held-out products.
	On         string  `json:"on"`
	Recipe     string  `json:"recipe"`
	Labels     string  `json:"labels"`
	Pixels     int     `json:"pixels"` // side of the input at search: the training's, or a larger one that is better
	Centre     float64 `json:"centre"` // share of a photo's side that a search looks at, in its middle; 0: all
	Kept       bool    `json:"kept"`   // false: the network is better as it was
	Checkpoint string  `json:"checkpoint"`
	Seconds    float64 `json:"seconds"`
	// Exponent is that of generalised-mean pooling; 0: features are averages.
	Exponent float32 `json:"exponent,omitempty"`

	Reason      string       `json:"reason"` // a sentence on what was kept
	HeldOut     string       `json:"held_out"`
	Evaluations []Evaluation `json:"evaluations"`
	Candidates  []Candidate  `json:"candidates"`
	Gallery     string       `json:"gallery,omitempty"` // a picture of what is found before and after
	Centres     []Candidate  `json:"centres"`           // central parts of photos at search
	Sizes       []Candidate  `json:"sizes"`             // larger inputs at search
	// Searches are steps after a search, of which Search is what was kept; After is without it.
	Searches []Candidate     `json:"searches"`
	Search   retrieval.After `json:"search"`
}

// ErrLabels says that photos lack the labels that were asked for.
var ErrLabels = errors.New("other labels have to be taken")

// defaultBudget is half an hour.
const defaultBudget = 30 * time.Minute

// fitting is one run of [Run].
type fitting struct {
	Options
	cat     *catalog.Catalog
	network Network
	dir     string
	pixels  int
	recipe  Recipe
	learns  string // the train photos and their labels
	key     string // of recipe, photos, network and pixels
	started time.Time
	reserve float64 // seconds for what comes after training
}

// Run makes the search of a catalogue better and writes dir/checkpoint.safetensors, which is used as any checkpoint is.
// The folder has one writer at a time. A cancelled run goes on from its last save.
func Run(ctx context.Context, cat *catalog.Catalog, network Network, dir string, opts Options) (*Result, error) {
	f := &fitting{Options: opts, cat: cat, network: network, dir: dir, pixels: opts.Pixels, recipe: opts.Recipe,
		started: time.Now()}
	if opts.Training.IsZero() || opts.Inference.IsZero() {
		return nil, errors.New("a fit needs an engine for training and one for inference: choose them (engine.Choose)")
	}
	if f.pixels == 0 {
		f.pixels = network.Config.Resolution
	}
	if err := f.settle(); err != nil {
		return nil, err
	}
	lock, err := onewriter.LockFolder(dir)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	return f.run(ctx)
}

// settle fills in what the options leave open, and sees that recipe and folder can be used.
func (f *fitting) settle() error {
	if f.recipe == (Recipe{}) {
		f.recipe = Recommended()
	}
	if f.Budget == 0 {
		f.Budget = defaultBudget
	}
	if f.Log == nil {
		f.Log = func(string) {}
	}
	if f.Progress == nil {
		f.Progress = func(string) (func(int, int), func()) { return func(int, int) {}, func() {} }
	}
	if err := f.recipe.Validate(); err != nil {
		return fmt.Errorf("the recipe %s: %w", f.recipe.Name, err)
	}
	for name, what := range map[string]string{catalog.PhotosFile: "a catalogue", "index.db": "an index"} {
		if _, err := os.Stat(filepath.Join(f.dir, name)); err == nil {
			return fmt.Errorf("%s holds %s (%s), with which a fit's files would be mixed: name another folder", f.dir, what,
				name)
		}
	}
	return nil
}

func (f *fitting) run(ctx context.Context) (*Result, error) {
	photos, source, choice, err := f.labelled(ctx)
	if err != nil {
		return nil, err
	}
	if f.recipe.Words > 0 {
		words := labels.Of(photos, labels.Words)
		f.learns += fmt.Sprintln(words.Names, words.Of)
	}
	f.key = f.identity()
	n := f.network
	before, err := f.searched(ctx, n.Values, "before",
		embed.NetworkOptions{Size: f.pixels, Centre: n.Centre, WeightsFrom: n.From, Run: n.Run, Checkpoint: n.Checkpoint})
	if err != nil {
		return nil, err
	}
	if 2*f.reserve > f.Budget.Seconds()/2 {
		f.Log(fmt.Sprintf("scoring the queries takes %.0f s before training and as long after it, most of the budget of %s: "+
			"a larger one trains more", f.reserve, f.Budget))
	}
	result, values, err := f.finished()
	fresh := err == nil && result == nil
	if fresh {
		result, values, err = f.trained(ctx, source, photos, choice)
	}
	if err != nil {
		return nil, err
	}
	scoring := time.Now()
	after, err := f.searched(ctx, values, "after",
		embed.NetworkOptions{Size: result.Pixels, Centre: result.Centre, Run: "fit", Checkpoint: result.Checkpoint})
	if err != nil || before == nil {
		return result, err
	}
	result.On = searchedFor
	if err := result.compare(before.Report, after.Report); err != nil {
		return nil, err
	}
	if result.Kept {
		if result.Gallery, err = f.gallery(before, after); err != nil {
			return nil, err
		}
	}
	if fresh {
		result.Seconds += time.Since(scoring).Seconds()
	}
	return result, f.record(result)
}

// gallery draws what is found before and after.
func (f *fitting) gallery(before, after *retrieval.Entry) (string, error) {
	g, err := retrieval.Changes(f.cat, before, after, 5, 2)
	if err != nil {
		return "", err
	}
	path := filepath.Join(f.dir, "gallery.png")
	return path, g.PNG(path)
}

// searchedFor says that scores are of query in index.
const searchedFor = "queries in the index"

// trained trains, keeps what is better on the held-out photos, and writes it.
func (f *fitting) trained(ctx context.Context, source feed.Source, photos []catalog.Photo,
	choice labels.Choice) (*Result, map[string][]float32, error) {
	t := &training{fitting: f, learned: string(choice.Set.Kind), first: f.asIs()}
	train, err := t.holdOut(ctx, photos, choice.Set.Kind)
	if err != nil {
		return nil, nil, err
	}
	f.Log("validation: " + t.held.String())
	begun := time.Now()
	base, err := t.report(ctx, f.network.Values)
	if err != nil {
		return nil, nil, err
	}
	t.perEvaluation = time.Since(begun).Seconds()
	f.Log(fmt.Sprintf("before: held-out MAR@10 %.3f", base.MAR().Value))
	if base.MAR().Value > nearlyAll {
		f.Log("nearly all held-out photos are found already: hardly any change can be seen to be better, and be kept")
	}
	by, err := t.unfinished()
	if err != nil {
		return nil, nil, err
	}
	untrained, err := t.firstLook(ctx)
	if err != nil {
		return nil, nil, err
	}
	if p := effnet.Exponent(f.network.Values); p != 0 && f.recipe.GeM != 0 {
		f.Log(fmt.Sprintf("the network pools by generalised means already: training goes on from its exponent, %.3f, "+
			"and not from %g", p, f.recipe.GeM))
	}
	if err := t.prepare(source, photos, choice, train); err != nil {
		return nil, nil, err
	}
	values, report, err := t.train(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	r := &Result{Recipe: f.recipe.Name, Labels: string(choice.Set.Kind), HeldOut: t.held.String(),
		Evaluations: t.state.Evaluations, On: "held-out products"}
	if r.Candidates, err = t.candidates(ctx, base, values, report, untrained); err != nil {
		return nil, nil, err
	}
	values, report, kept := keep(r.Candidates, f.network.Values, base)
	r.Kept = kept != nil
	r.Reason = "the network stays as it was: nothing is better on the held-out photos than chance explains"
	if kept != nil {
		r.Reason = kept.reason()
	}
	in := t.asIs()
	if kept != nil {
		in = t.first
	}
	if in, report, err = t.looks(ctx, values, in, report, r); err != nil {
		return nil, nil, err
	}
	if r.Pixels, r.Centre = in.Size, in.Centre; in != t.asIs() {
		r.Kept = true
		r.Reason += fmt.Sprintf("; a search looks at %s", in)
	}
	if r.Exponent = effnet.Exponent(values); r.Exponent != 0 {
		r.Reason += fmt.Sprintf("; features are generalised means with the exponent %.3f", r.Exponent)
	}
	f.Log(r.Reason)
	if r.Searches, r.Search, err = t.searches(ctx, values, in); err != nil {
		return nil, nil, err
	}
	if err := r.compare(base, report); err != nil {
		return nil, nil, err
	}
	r.Seconds = t.earlier + time.Since(f.started).Seconds()
	return r, values, f.write(values, r)
}

// What names what was kept, in a few words.
func (r *Result) What() string {
	for _, c := range r.Candidates {
		if c.Kept {
			return c.Name
		}
	}
	return "as it was"
}

// compare fills in the scores.
func (r *Result) compare(before, after *evaluate.Report) error {
	gain, err := evaluate.Compare(before, after, after.MAR().Name, evaluate.Options{K: retrieval.K})
	if err != nil {
		return err
	}
	r.Before, r.After = before.MAR().Value, after.MAR().Value
	r.BeforeInterval = [2]float64{before.MAR().Low, before.MAR().High}
	r.AfterInterval = [2]float64{after.MAR().Low, after.MAR().High}
	r.Difference, r.Low, r.High = gain.Value, gain.Low, gain.High
	return nil
}

// nearlyAll is the score beyond which little is left to be gained.
const nearlyAll = 0.97

// prepare makes what batches are drawn from.
func (t *training) prepare(source feed.Source, photos []catalog.Photo, choice labels.Choice, train []int) error {
	all := choice.Set.Single()
	byPhoto := make([]int32, len(train))
	dense := map[int32]int32{}
	for i, photo := range train {
		byPhoto[i] = -1
		if l := all[photo]; l >= 0 {
			if _, ok := dense[l]; !ok {
				dense[l] = int32(len(dense))
			}
			byPhoto[i] = dense[l]
		}
	}
	t.counts.classes, t.byPhoto = len(dense), byPhoto
	if t.counts.classes < 2 {
		return errors.New("the train photos that are not held out have fewer than two labels, so that nothing tells them " +
			"apart: a fit needs three products or titles at least")
	}
	for t.recipe.Classes > t.counts.classes { // of few classes more photos each
		t.recipe.Classes, t.recipe.PerClass = (t.recipe.Classes+1)/2, t.recipe.PerClass*2
	}
	if t.recipe.Words > 0 {
		if t.setWords(photos, train); t.counts.words == 0 {
			t.Log("no two photos share a word of their titles: the loss of words is left out")
		}
	}
	var err error
	if t.sampler, err = feed.NewByClass(byPhoto, t.recipe.Classes, t.recipe.PerClass, t.recipe.Seed); err != nil {
		return err
	}
	options, err := augment.Parse(t.recipe.Augmentation)
	if err != nil {
		return err
	}
	options.Aliased = true // as the squares that the network embeds
	a, err := augment.New(options, t.pixels, t.recipe.Seed)
	if err != nil {
		return err
	}
	t.photos = feed.Select(source, train)
	parts := seen{t.photos, t.first}
	if options.Ground.Photos > 0 {
		if a.Grounds, err = feed.Grounds(parts, grounds, t.recipe.Seed); err != nil {
			return err
		}
	}
	t.images = feed.NewAugmented(parts, a, cacheBytes)
	return nil
}

// setWords finds the words of the titles that are trained on: of each photo those that the fewest have.
func (t *training) setWords(photos []catalog.Photo, train []int) {
	own := make([]catalog.Photo, len(train))
	for i, photo := range train {
		own[i] = photos[photo]
	}
	set := labels.Of(own, labels.Words)
	n := set.Counts()
	for _, words := range set.Of {
		slices.SortStableFunc(words, func(a, b int32) int { return n[a] - n[b] })
		t.words = append(t.words, words[:min(len(words), mostWords)])
	}
	t.counts.words = len(set.Names)
}

// grounds is how many train photos can come behind a cut-out.
const grounds = 64

// cacheBytes bounds the decoded photos in memory.
const cacheBytes = 2 << 30

// identity tells trainings apart that must not be mixed.
func (f *fitting) identity() string {
	text, _ := json.Marshal(f.recipe) // numbers and strings
	h := sha256.New()
	fmt.Fprintln(h, string(text), f.learns, f.pixels, f.network.Centre,
		embed.Digest(f.network.Config, f.network.Values, embed.Features))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// searched embeds, searches and scores query in index with weights, in a folder of dir; nil without queries.
func (f *fitting) searched(ctx context.Context, values map[string][]float32, name string,
	origin embed.NetworkOptions) (*retrieval.Entry, error) {
	e, err := f.embedder(values, origin)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	return f.searchedBy(ctx, e, fmt.Sprintf("%s at %d pixels", f.network.Config.Title, origin.Size), name)
}

// searchedBy is searched by an embedder, which has a title.
func (f *fitting) searchedBy(ctx context.Context, e embed.Embedder, title, name string) (*retrieval.Entry, error) {
	if len(f.cat.Split(catalog.Query)) == 0 || len(f.cat.Split(catalog.Index)) == 0 {
		return nil, nil
	}
	begun := time.Now()
	title += fmt.Sprintf(", %s fit", name)
	entry, err := retrieval.Score(ctx, f.cat, e, title, filepath.Join(f.dir, name), retrieval.Options{Backend: f.Backend,
		Progress: f.Progress, Log: f.Log})
	if err != nil {
		return nil, err
	}
	f.reserve = time.Since(begun).Seconds()
	f.Log(fmt.Sprintf("%s: MAR@10 %.3f of %d queries in %d index photos", name, entry.Report.MAR().Value,
		entry.Report.Queries, entry.Index.Len()))
	return entry, nil
}
