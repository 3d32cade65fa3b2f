package replay

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/epochs"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/fit"
	"github.com/gopvs/product-visual-search/pvs/journey"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// Run is a training as its folder has it.
type Run struct {
	Dir    string
	Name   string // of its own kind on the page
	Parent string // the name of the run that it starts from; "" where that is not among them, or nothing trained
	// From is the epoch of the parent that it starts from; 0: its end.
	From    int
	Kind    string // "train" or "fit"
	Trains  string // the settings, for people
	Planned int    // epochs
	Epochs  []Epoch
	// Final is the score at the end over all queries in all of the index; nil: it was not scored.
	Final *chart.Score
	// Kept says what vectors are of; nil: none were kept.
	Kept *epochs.Run

	parent string // as the run names it
}

// Epoch is what is known of an epoch; NaN: nothing.
type Epoch struct {
	Number  int // 0: as the run started
	Step    int
	Loss    float64
	ValLoss float64
	HeldOut float64 // MAR@10 by which a fit chooses
	// All is the score over all queries in all of the index, of runs that a journey scored.
	All  *chart.Score
	kept *epochs.Epoch // with the vectors; nil: none
	Seen *Seen         // what [Look] found; nil: nothing
}

// ErrNoRuns says that a folder holds no runs, for [errors.Is].
var ErrNoRuns = errors.New("there are no runs to look at")

// Find reads the runs of folders: of train or journey, of fit, or of one run. Runs come after the one that they start
// from. Names that several folders have are told apart by these.
func Find(dirs ...string) ([]*Run, error) {
	var all []*Run
	for _, dir := range dirs {
		found, err := findIn(dir)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	known := map[string]bool{}
	for _, r := range all {
		full, err := filepath.Abs(r.Dir)
		if err != nil {
			return nil, err
		}
		if known[full] {
			return nil, fmt.Errorf("the run %s is named twice: name each folder once", r.Dir)
		}
		known[full] = true
	}
	names := distinct(all)
	for _, r := range all {
		r.connect(all, names)
	}
	for r, name := range names {
		r.Name = name
	}
	return parentsFirst(all), nil
}

// distinct names runs by their own names, and where several have one, by their folders, too.
func distinct(all []*Run) map[*Run]string {
	names := map[*Run]string{}
	for _, of := range []func(*Run) string{
		func(r *Run) string { return r.Name },
		func(r *Run) string { return filepath.Base(root(r.Dir)) + "/" + r.Name },
		func(r *Run) string { return r.Dir },
	} {
		count := map[string]int{}
		for _, r := range all {
			count[names[r]]++
		}
		for _, r := range all {
			if count[names[r]] > 1 || names[r] == "" {
				names[r] = of(r)
			}
		}
	}
	return names
}

// root is the folder that a user names: of the journey for its runs, else the run's own.
func root(dir string) string {
	if up := filepath.Dir(dir); filepath.Base(up) == journey.RunsFolder {
		return filepath.Dir(up)
	}
	return filepath.Clean(dir)
}

// connect finds the run that a run starts from: of the same folder by its name, or another by its folder.
func (r *Run) connect(all []*Run, names map[*Run]string) {
	name, number := r.parent, 0
	if at := strings.LastIndex(name, "@"); at >= 0 {
		if n, err := strconv.Atoi(name[at+1:]); err == nil {
			name, number = name[:at], n
		}
	}
	for _, o := range all {
		full, _ := filepath.Abs(o.Dir) // "" is no run's name
		if o != r && (o.Name == name && root(o.Dir) == root(r.Dir) || full == filepath.Clean(name)) {
			r.Parent, r.From = names[o], number
		}
	}
}

// parentsFirst keeps the order but for runs that start from later ones.
func parentsFirst(all []*Run) []*Run {
	var out []*Run
	placed := map[string]bool{"": true}
	for len(out) < len(all) {
		before := len(out)
		for _, r := range all {
			if !placed[r.Name] && placed[r.Parent] {
				placed[r.Name] = true
				out = append(out, r)
			}
		}
		if len(out) == before { // a circle, which no training makes
			for _, r := range all {
				if !placed[r.Name] {
					r.Parent = ""
				}
			}
		}
	}
	return out
}

func findIn(dir string) ([]*Run, error) {
	entries, err := os.ReadDir(filepath.Join(dir, journey.RunsFolder))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []*Run
	for _, e := range entries {
		if !e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		r, err := read(filepath.Join(dir, journey.RunsFolder, e.Name()))
		if errors.Is(err, ErrNoRuns) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if len(all) > 0 {
		slices.SortStableFunc(all, func(a, b *Run) int { return cmp.Compare(order(a.Name), order(b.Name)) })
		return all, nil
	}
	r, err := read(dir)
	if err != nil {
		return nil, err
	}
	return []*Run{r}, nil
}

// order is the journey's: 1.10 comes after 1.9, and names of other kinds behind them.
func order(name string) float64 {
	major, minor, _ := strings.Cut(name, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(cmp.Or(minor, "0"))
	if err1 != nil || err2 != nil {
		return math.MaxInt32
	}
	return float64(a) + float64(b)/1000
}

// read reads one run's folder.
func read(dir string) (*Run, error) {
	r := &Run{Dir: dir, Name: filepath.Base(filepath.Clean(dir))}
	kept, list, err := epochs.Read(dir)
	if err != nil && !errors.Is(err, epochs.ErrNone) {
		return nil, err
	}
	if err == nil {
		r.Kept, r.parent, r.Kind, r.Trains, r.Planned = kept, kept.Parent, kept.Kind, kept.Trains, kept.Epochs
		for i := range list {
			e := r.epoch(list[i].Number)
			e.kept, e.Step = &list[i], list[i].Step
			e.Loss, e.ValLoss, e.HeldOut = some(list[i].Loss), some(list[i].ValLoss), some(list[i].HeldOut)
		}
	}
	trained, err := r.train()
	if err != nil {
		return nil, err
	}
	fitted, err := r.fit()
	if err != nil {
		return nil, err
	}
	if r.Kept == nil && !trained && !fitted {
		return nil, fmt.Errorf("%s: %w: no training, journey or fit wrote it", dir, ErrNoRuns)
	}
	slices.SortFunc(r.Epochs, func(a, b Epoch) int { return cmp.Compare(a.Number, b.Number) })
	return r, nil
}

// some is a number, or NaN for none.
func some(v float64) float64 {
	if v == 0 {
		return math.NaN()
	}
	return v
}

// epoch returns the epoch of a number, which it adds if need be. The pointer is good until the next one is added.
func (r *Run) epoch(number int) *Epoch {
	for i := range r.Epochs {
		if r.Epochs[i].Number == number {
			return &r.Epochs[i]
		}
	}
	r.Epochs = append(r.Epochs, Epoch{Number: number, Loss: math.NaN(), ValLoss: math.NaN(), HeldOut: math.NaN()})
	return &r.Epochs[len(r.Epochs)-1]
}

// train reads settings, log and scores of a run of train or journey.
func (r *Run) train() (found bool, err error) {
	scores, err := journey.ReadScores(r.Dir)
	if err != nil {
		return false, err
	}
	s, err := finetune.ReadSettings(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return r.untrained(scores), nil
	}
	if err != nil {
		return false, err
	}
	r.Kind, r.Trains, r.Planned = "train", s.Phase.String(), s.Phase.Epochs
	if r.parent = s.Parent; r.parent == "" { // of before it was noted
		if run, err := recipe.Find(recipe.Journey(), s.Name); err == nil {
			r.parent = run.From
		}
	}
	log, err := finetune.ReadLog(r.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, line := range log {
		e := r.epoch(line.Epoch)
		e.Loss, e.ValLoss = line.Loss, line.ValLoss
	}
	for n, score := range scores {
		if !s.Phase.Siamese() { // which is scored at its end only
			n = r.Planned
		}
		r.scored(n, score)
	}
	return true, nil
}

// untrained is run 0 of a journey, which has scores only.
func (r *Run) untrained(scores map[int]journey.Score) bool {
	score, ok := scores[1]
	if ok && r.Kept == nil {
		r.Kind, r.Trains = "train", "ImageNet weights"
		r.scored(0, score)
	}
	return ok
}

// scored notes a journey's score of an epoch.
func (r *Run) scored(epoch int, s journey.Score) {
	score := &chart.Score{Value: s.Value, Low: s.Low, High: s.High}
	r.epoch(epoch).All = score
	if epoch == r.Planned {
		r.Final = score
	}
}

// fit reads what a finished fit says of itself.
func (r *Run) fit() (found bool, err error) {
	f, err := fit.ReadResult(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for _, e := range r.Epochs {
		if e.Number > 0 && (e.Number > len(f.Evaluations) || e.Step != f.Evaluations[e.Number-1].Step ||
			e.HeldOut != f.Evaluations[e.Number-1].MAR) {
			return true, nil // it is of the training before the one that is under way
		}
	}
	r.Kind, r.Planned = "fit", len(f.Evaluations)
	if r.Trains == "" {
		r.Trains = "fit to " + f.Labels
	}
	if r.Kept == nil {
		r.parent = "0"
	}
	best := 0
	for i, was := range f.Evaluations {
		e := r.epoch(i + 1)
		e.Step, e.Loss, e.HeldOut = was.Step, was.Loss, was.MAR
		if was.MAR > f.Evaluations[best].MAR {
			best = i
		}
	}
	if f.Searched() {
		r.Final = &chart.Score{Value: f.After, Low: f.AfterInterval[0], High: f.AfterInterval[1]}
		r.epoch(0).All = &chart.Score{Value: f.Before, Low: f.BeforeInterval[0], High: f.BeforeInterval[1]}
		if f.What() == fit.Training {
			r.epoch(best + 1).All = r.Final
		}
	}
	return true, nil
}
