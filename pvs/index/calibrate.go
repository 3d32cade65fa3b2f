package index

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
)

const (
	// calibratedAt is of how many best photos the recall is calibrated.
	calibratedAt = 10
	// wantedRecall is what calibration chooses candidates for. Photos from elsewhere than the index are a little harder
	// than its own, so that it is more than the 0.99 that is promised.
	wantedRecall = 0.995
	// sampleSize is how many photos are searched for.
	sampleSize = 200
	// fewestCandidates cost next to nothing; mostCandidates are the most that calibration considers.
	fewestCandidates, mostCandidates = 100, 10_000
	// uncalibrated is how many candidates there are before a calibration.
	uncalibrated = 1000
)

// candidates is how many photos a search compares.
func (s *Snapshot) candidates() int {
	if s.codes.Calibration.Sample == 0 {
		return uncalibrated
	}
	return s.codes.Calibration.Candidates
}

// CutOff returns the calibrated cut-off; its Photos are 0 where too few products of the index have several photos.
func (s *Snapshot) CutOff() CutOff { return s.codes.Calibration.CutOff }

// matches says whether the best hit's score reaches the cut-off.
func (s *Snapshot) matches(hits []Hit) bool {
	cut := s.codes.Calibration.CutOff
	return cut.Photos > 0 && len(hits) > 0 && hits[0].Score >= cut.Score
}

// calibrate measures the codes that are current, and writes what it found into the pointer.
func (w *Writer) calibrate(ctx context.Context) error {
	ix, err := Open(w.dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	next := w.now
	if next.Calibration, err = s.calibrate(ctx); err != nil {
		return err
	}
	next.Calibrated = w.rows()
	next.Generation++
	return w.publish(ctx, next, math.MaxInt64, 0)
}

// probe is a photo of the sample, and what is nearest to it.
type probe struct {
	key         int64
	product     uint32
	vector      []float32
	near        []scored // the best, without itself
	same, other float32  // best score of the same product and of another one; -2: there is none
}

// calibrate searches for a sample of the photos among all, with and without codes.
func (s *Snapshot) calibrate(ctx context.Context) (Calibration, error) {
	probes, err := s.sample(sampleSize, 1)
	if err != nil || len(probes) == 0 {
		return Calibration{}, err
	}
	if err := s.compareProbes(ctx, probes); err != nil {
		return Calibration{}, err
	}
	c := Calibration{Sample: len(probes), CutOff: cutOff(probes)}
	c.Candidates, c.Recall, err = s.enough(ctx, probes)
	return c, err
}

// Sample draws up to n different photos, with their vectors, by a seed: the same ones of the same state.
func (s *Snapshot) Sample(ctx context.Context, n int, seed uint64) ([]Hit, error) {
	probes, err := s.sample(n, seed)
	if err != nil {
		return nil, err
	}
	drawn := make([]scored, len(probes))
	for i, p := range probes {
		drawn[i].key = p.key
	}
	hits, err := s.look(ctx, drawn)
	for i, p := range probes[:len(hits)] {
		hits[i].Vector = p.vector
	}
	return hits, err
}

// sample draws up to n photos by a seed, the same ones of the same photos.
func (s *Snapshot) sample(n int, seed uint64) (probes []*probe, err error) {
	rng := rand.New(rand.NewPCG(seed, uint64(s.photos)))
	room := make([]byte, stride(s.ix.dim))
	total := 0
	for _, p := range s.parts {
		total += p.n
	}
	taken := map[int]bool{}
	for range 20 * n { // until enough are found that were not removed
		if len(probes) == min(n, s.photos) {
			break
		}
		at := rng.IntN(total)
		if taken[at] {
			continue
		}
		taken[at] = true
		for _, p := range s.parts {
			if at >= p.n {
				at -= p.n
				continue
			}
			if p.live[at/64]>>(at%64)&1 == 1 {
				values, err := p.values(at, s.ix.dim, room)
				if err != nil {
					return nil, err
				}
				probes = append(probes, &probe{key: p.keys[at], product: p.products[at], vector: asFloats(nil, values),
					same: -2, other: -2})
			}
			break
		}
	}
	return probes, nil
}

// compareProbes compares the probes with all photos.
func (s *Snapshot) compareProbes(ctx context.Context, probes []*probe) error {
	jobs := s.stretches(exactRows)
	locks := make([]sync.Mutex, len(probes))
	return inParallel(ctx, len(jobs), func(next func() (int, bool)) error {
		room, scores := make([]byte, exactRows*stride(s.ix.dim)), make([]float32, exactRows)
		for {
			j, ok := next()
			if !ok {
				return nil
			}
			job := jobs[j]
			part, scores := s.parts[job.part], scores[:job.to-job.from]
			data, each, err := part.read(job, s.ix.dim, room)
			if err != nil {
				return err
			}
			for i, p := range probes {
				codes.Dots(codes.Best(), data, each, p.vector, scores)
				locks[i].Lock()
				for r, score := range scores {
					row := job.from + r
					if part.live[row/64]>>(row%64)&1 == 1 {
						p.take(scored{part.keys[row], part.products[row], score})
					}
				}
				locks[i].Unlock()
			}
		}
	})
}

// take looks at a photo.
func (p *probe) take(x scored) {
	if x.key == p.key {
		return
	}
	if same := x.product != 0 && x.product == p.product; same {
		p.same = max(p.same, x.score)
	} else {
		p.other = max(p.other, x.score)
	}
	if len(p.near) < calibratedAt || better(x, p.near[len(p.near)-1]) < 0 {
		at, _ := slices.BinarySearchFunc(p.near, x, better)
		p.near = slices.Insert(p.near, at, x)
		p.near = p.near[:min(len(p.near), calibratedAt)]
	}
}

// enough returns how many candidates hold the wanted share of the nearest photos, and the share that they hold.
func (s *Snapshot) enough(ctx context.Context, probes []*probe) (candidates int, recall float64, err error) {
	f, err := s.filter(ctx, &Query{})
	if err != nil {
		return 0, 0, err
	}
	var ranks []int // of each nearest photo of each probe among the candidates
	for _, p := range probes {
		got, err := s.ranks(ctx, p, f)
		if err != nil {
			return 0, 0, err
		}
		ranks = append(ranks, got...)
	}
	if len(ranks) == 0 { // a single photo
		return fewestCandidates, 1, nil
	}
	slices.Sort(ranks)
	wanted := ranks[min(int(math.Ceil(wantedRecall*float64(len(ranks)))), len(ranks))-1]
	candidates = min(max(wanted+1, fewestCandidates), mostCandidates)
	held, _ := slices.BinarySearch(ranks, candidates)
	return candidates, float64(held) / float64(len(ranks)), nil
}

// ranks returns at which places of the candidates the nearest photos of a probe are; those that are none are at
// mostCandidates.
func (s *Snapshot) ranks(ctx context.Context, p *probe, f *filter) ([]int, error) {
	list, err := s.estimates(ctx, p.vector, f, mostCandidates)
	if err != nil {
		return nil, err
	}
	at := map[int64]int{}
	rank := 0
	for _, c := range list {
		key := s.parts[c.part].keys[c.row]
		if key != p.key {
			at[key] = rank
			rank++
		}
	}
	var out []int
	for _, x := range p.near {
		r, ok := at[x.key]
		if !ok {
			r = mostCandidates
			if p, in := s.partOf(x.key); in && p.segment == nil {
				r = 0 // without codes it is always compared
			}
		}
		out = append(out, r)
	}
	return out, nil
}

// partOf returns the part that has a key.
func (s *Snapshot) partOf(key int64) (*part, bool) {
	for _, p := range s.parts {
		if _, ok := p.row(key); ok {
			return p, true
		}
	}
	return nil, false
}

// mostMistaken is the share of photos that may be called a match with another product at the cut-off.
const mostMistaken = 0.1

// fewestPairs is of how few photos no cut-off is drawn.
const fewestPairs = 20

// cutOff finds the smallest score at which no larger a share of photos would be mistaken than missed, and at most
// mostMistaken.
func cutOff(probes []*probe) CutOff {
	var same, other []float64
	for _, p := range probes {
		if p.same > -2 && p.other > -2 {
			same, other = append(same, float64(p.same)), append(other, float64(p.other))
		}
	}
	if len(same) < fewestPairs {
		return CutOff{}
	}
	slices.Sort(same)
	slices.Sort(other)
	below := func(sorted []float64, score float64) float64 { // the share of the values that are smaller
		i, _ := slices.BinarySearch(sorted, score)
		return float64(i) / float64(len(sorted))
	}
	c := CutOff{Photos: len(same)}
	scores := slices.Concat(same, other, []float64{1})
	slices.Sort(scores)
	for i, score := range scores[:len(scores)-1] {
		score = (score + scores[i+1]) / 2
		c.Score = float32(score)
		c.Missed, c.Mistaken = below(same, score), 1-below(other, score)
		if c.Mistaken <= mostMistaken && c.Mistaken <= c.Missed {
			break
		}
	}
	return c
}
