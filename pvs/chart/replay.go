package chart

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"math"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed replay.html
var replayText string

var replayTemplate = template.Must(template.New("replay").Parse(replayText))

// Replay is a page on what trainings did to a search: their scores, and what each epoch finds of a sample of photos.
type Replay struct {
	Title, Subtitle string
	Notes           []string // on what is shown, and what is not
	Runs            []ReplayRun
	Photos          []Photo // of the sample
	Queries         []ReplayQuery
	Mapped          []int   // places in Photos of those on the map
	BinWidth        float64 // of the counts of distances, from 0 on
	Footer          string
}

// ReplayRun is a run of the page, after the one that it starts from.
type ReplayRun struct {
	Name, Parent string
	From         int // epoch of the parent that it starts from; 0: its end
	Trains       string
	Planned      int    // epochs
	Final        *Score // over all queries in all of the index; nil: none
	Epochs       []ReplayEpoch
}

// ReplayEpoch is what is known after an epoch; NaN and nil: nothing.
type ReplayEpoch struct {
	Number, Step           int
	Loss, ValLoss, HeldOut float64
	Sample, All            *Score
	Seen                   *ReplaySeen
}

// ReplaySeen is what an epoch finds and where its photos are.
type ReplaySeen struct {
	Hits                     []int // by query: right photos among ten
	Near                     [][]ReplayNear
	Points                   [][2]float64 // by Mapped
	Right, Wrong             []int        // pairs by distance
	RightMedian, WrongMedian float64
}

// ReplayNear is a result.
type ReplayNear struct {
	Photo  int // place in Photos
	Cosine float32
}

// ReplayQuery is a photo that is searched for.
type ReplayQuery struct {
	Photo int   // place in Photos
	Right []int // of all right ones in the sample
}

// Bounds of the page: 10,000 queries stay below 30 MB.
const (
	mostReplayQueries = 250  // that are shown with results; all are counted
	mostReplayPhotos  = 3000 // that are shown
	replayBytes       = 14 << 20
	replaySide        = 88 // of a photo
	replayGrid        = 2000
)

// HTML writes one page that needs nothing else. Without scripts it is the table of runs.
func (r Replay) HTML(path string) error {
	data, shown, err := r.data()
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	if n := len(r.Queries); shown < n {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of %s queries are shown with their results, those that change most and "+
			"others evenly; gains, losses and scores count all.", thousands(shown), thousands(n)))
	}
	err = wholefile.Write(path, func(w io.Writer) error {
		return replayTemplate.Execute(w, struct {
			Replay
			Rows  []replayRow
			Sides []string
			Data  template.JS
		}{r, r.rows(), []string{"A", "B"}, data})
	})
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// replayRow is a run in the page's table.
type replayRow struct {
	ReplayRun
	Trained string // epochs
	Last    *Score // of the last epoch whose vectors were kept
}

func (r Replay) rows() (out []replayRow) {
	for _, run := range r.Runs {
		row := replayRow{ReplayRun: run}
		trained := 0
		for _, e := range run.Epochs {
			trained = max(trained, e.Number)
			if e.Sample != nil {
				row.Last = e.Sample
			}
		}
		if row.Trained = fmt.Sprint(trained); trained < run.Planned {
			row.Trained = fmt.Sprintf("%d of %d", trained, run.Planned)
		}
		out = append(out, row)
	}
	return out
}

// seen are the epochs with vectors, in order.
func (r Replay) seen() (out []*ReplaySeen) {
	for i := range r.Runs {
		for k := range r.Runs[i].Epochs {
			if s := r.Runs[i].Epochs[k].Seen; s != nil {
				out = append(out, s)
			}
		}
	}
	return out
}

// shown chooses queries with all their results' photos, within the page's bounds, and draws these.
func (r Replay) shown(seen []*ReplaySeen) (queries []int, pictures thumbnails) {
	sides := map[string]int{}
	for _, m := range r.Mapped {
		sides[r.Photos[m].Path] = replaySide
	}
	var photos [][]string
	for _, q := range r.candidates(seen) {
		if len(queries) == mostReplayQueries {
			break
		}
		files := r.photosOf(q, seen)
		more := 0
		for _, f := range files {
			if sides[f] == 0 {
				more++
			}
		}
		if len(sides)+more > mostReplayPhotos {
			continue
		}
		for _, f := range files {
			sides[f] = replaySide
		}
		queries, photos = append(queries, q), append(photos, files)
	}
	pictures = dataURIs(sides, fitted)
	bytes := 0
	counted := map[string]bool{}
	count := func(f string) {
		if !counted[f] {
			counted[f] = true
			bytes += len(pictures[f])
		}
	}
	for _, m := range r.Mapped {
		count(r.Photos[m].Path)
	}
	for i := range queries {
		for _, f := range photos[i] {
			count(f)
		}
		if bytes > replayBytes {
			return queries[:i], pictures
		}
	}
	return queries, pictures
}

// candidates orders queries: in turn one whose number of right results changes most, and one of all, evenly.
func (r Replay) candidates(seen []*ReplaySeen) []int {
	change := make([]int, len(r.Queries))
	for q := range change {
		least, most := 10, 0
		for _, s := range seen {
			least, most = min(least, s.Hits[q]), max(most, s.Hits[q])
		}
		change[q] = most - least
	}
	byChange := make([][]int, 11)
	for q, c := range change {
		byChange[max(0, c)] = append(byChange[max(0, c)], q)
	}
	var most []int
	for c := 10; c >= 0; c-- {
		most = append(most, byChange[c]...)
	}
	taken := make([]bool, len(r.Queries))
	var out []int
	take := func(q int) {
		if !taken[q] {
			taken[q] = true
			out = append(out, q)
		}
	}
	evenly := max(1, len(r.Queries)/mostReplayQueries)
	for i, q := range most {
		take(q)
		take(i * evenly % len(r.Queries))
	}
	return out
}

// photosOf are the files of a query and of all its results.
func (r Replay) photosOf(q int, seen []*ReplaySeen) []string {
	has := map[string]bool{}
	var out []string
	add := func(photo int) {
		if f := r.Photos[photo].Path; !has[f] {
			has[f] = true
			out = append(out, f)
		}
	}
	add(r.Queries[q].Photo)
	for _, s := range seen {
		for _, n := range s.Near[q] {
			add(n.Photo)
		}
	}
	return out
}

// extent is a square that holds all points of all epochs.
func extent(seen []*ReplaySeen) (low [2]float64, side float64) {
	low, high := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
	for _, s := range seen {
		for _, p := range s.Points {
			for k := range p {
				low[k], high[k] = min(low[k], p[k]), max(high[k], p[k])
			}
		}
	}
	side = max(high[0]-low[0], high[1]-low[1], 1e-9)
	for k := range low {
		low[k] -= (side - (high[k] - low[k])) / 2
	}
	return low, side
}

// mostBins is how many bins of distances are shown; finer ones are put together.
const mostBins = 40

// bins are the places from the first to the last that any epoch has pairs in, and how many are put together.
func bins(seen []*ReplaySeen) (from, to, each int) {
	from = math.MaxInt
	for _, s := range seen {
		for _, counts := range [][]int{s.Right, s.Wrong} {
			for i, n := range counts {
				if n > 0 {
					from, to = min(from, i), max(to, i+1)
				}
			}
		}
	}
	from = min(from, to)
	return from, to, max(1, (to-from+mostBins-1)/mostBins)
}

// together adds up counts in groups.
func together(counts []int, each int) []int {
	out := make([]int, (len(counts)+each-1)/each)
	for i, n := range counts {
		out[i/each] += n
	}
	return out
}

// data is what the script draws, and how many queries it has with their results. Lists in place of objects keep it
// small.
func (r Replay) data() (template.JS, int, error) {
	type list = []any
	seen := r.seen()
	shown, pictures := r.shown(seen)
	place := map[int]int{}
	photos := list{}
	photo := func(i int) int {
		at, ok := place[i]
		if !ok {
			at = len(photos)
			p := r.Photos[i]
			place[i], photos = at, append(photos, list{pictures[p.Path], p.ID, p.Product, p.Category, p.Title})
		}
		return at
	}
	mapped := []int{}
	for _, m := range r.Mapped {
		mapped = append(mapped, photo(m))
	}
	queries := list{}
	for _, q := range shown {
		right := []int{}
		for _, i := range r.Queries[q].Right {
			if at, ok := place[i]; ok || pictures[r.Photos[i].Path] != "" {
				if !ok {
					at = photo(i)
				}
				right = append(right, at)
			}
		}
		queries = append(queries, list{q, photo(r.Queries[q].Photo), right})
	}
	relevant := []int{}
	for _, q := range r.Queries {
		relevant = append(relevant, len(q.Right))
	}
	low, side := extent(seen)
	from, to, each := bins(seen)
	at := map[*ReplaySeen]int{}
	looks := list{}
	for _, s := range seen {
		at[s] = len(looks)
		hits := make([]byte, len(s.Hits))
		for q, h := range s.Hits {
			hits[q] = '0' + byte(h)
		}
		near := list{}
		for _, q := range shown {
			flat := []int{}
			for _, n := range s.Near[q] {
				flat = append(flat, photo(n.Photo), int(math.Round(1000*float64(n.Cosine))))
			}
			near = append(near, flat)
		}
		points := []int{}
		for _, p := range s.Points {
			for k := range p {
				points = append(points, int(math.Round((p[k]-low[k])/side*replayGrid)))
			}
		}
		looks = append(looks, list{string(hits), near, points, together(s.Right[from:to], each),
			together(s.Wrong[from:to], each), list{some(s.RightMedian), some(s.WrongMedian)}})
	}
	known := map[string]int{}
	runs := list{}
	for i, run := range r.Runs {
		parent, ok := known[run.Parent]
		if !ok {
			parent = -1
		}
		known[run.Name] = i
		epochs := list{}
		for _, e := range run.Epochs {
			look := -1
			if e.Seen != nil {
				look = at[e.Seen]
			}
			epochs = append(epochs, list{e.Number, e.Step, look, interval(e.Sample), interval(e.All), some(e.HeldOut),
				some(e.Loss), some(e.ValLoss)})
		}
		runs = append(runs, list{run.Name, parent, run.From, run.Trains, run.Planned, epochs})
	}
	text, err := json.Marshal(map[string]any{"runs": runs, "looks": looks, "photos": photos, "queries": queries,
		"relevant": relevant, "mapped": mapped, "grid": replayGrid,
		"bins": list{float64(from) * r.BinWidth, float64(each) * r.BinWidth}})
	return template.JS(text), len(shown), err // json.Marshal escapes <, > and & in strings
}

// some is a number for JSON, which has no NaN.
func some(v float64) any {
	if !finite(v) {
		return nil
	}
	return math.Round(v*1e5) / 1e5
}

// interval is a score for JSON.
func interval(s *Score) any {
	if s == nil {
		return nil
	}
	return []any{some(s.Value), some(s.Low), some(s.High)}
}
