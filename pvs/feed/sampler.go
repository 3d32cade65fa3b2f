package feed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
)

// Sampler says which photos come in which step. Steps count on from epoch to epoch; Draws takes them in any order.
type Sampler interface {
	// Steps returns the number of batches in an epoch.
	Steps() int
	// Size returns the draws of a batch; only the last of an epoch may have fewer.
	Size() int
	// Draws returns a step's photos, as a function of the seed and the step alone.
	Draws(step int) []Draw
}

// Draw is one variant of one photo.
type Draw struct {
	Photo int
	Label int32 // -1: none
	Epoch int
	Copy  int // from 0; a photo that comes again in an epoch has another one, for another augmentation
}

// Shuffled is a [Sampler] of all photos, each Copies times side by side, in another order each epoch. A last batch may
// be short.
type Shuffled struct {
	labels       []int32
	batch, views int
	seed         uint64
	plans        plans[[]int]
}

// NewShuffled makes batches of so many draws, of copies variants a photo. Labels are by photo, -1 where there is none.
func NewShuffled(labels []int32, batch, copies int, seed uint64) (*Shuffled, error) {
	switch {
	case len(labels) == 0:
		return nil, fmt.Errorf("there are no photos to train on")
	case copies < 1 || batch < 1 || batch%copies != 0:
		return nil, fmt.Errorf("a batch of %d cannot hold photos %d times each: make it a multiple", batch, copies)
	}
	return &Shuffled{labels: labels, batch: batch, views: copies, seed: seed}, nil
}

// Steps returns the number of batches in an epoch.
func (s *Shuffled) Steps() int { return (len(s.labels)*s.views + s.batch - 1) / s.batch }

// Size returns the draws of a batch.
func (s *Shuffled) Size() int { return s.batch }

// Draws returns a step's photos.
func (s *Shuffled) Draws(step int) []Draw {
	epoch, at := step/s.Steps(), step%s.Steps()
	order := s.plans.of(epoch, func() []int { return rand.New(rand.NewPCG(s.seed, uint64(epoch))).Perm(len(s.labels)) })
	photos := s.batch / s.views
	var out []Draw
	for _, photo := range order[at*photos : min((at+1)*photos, len(order))] {
		for c := range s.views {
			out = append(out, Draw{photo, s.labels[photo], epoch, c})
		}
	}
	return out
}

// ByClass is a [Sampler] of batches of P classes with K photos each (PK sampling; Hermans et al. 2017), for losses that
// compare photos of one label with those of others. The photos of a class are side by side.
//
// In an epoch a class gets turns in proportion to its photos, as many as make each photo come once on average: a class
// of 10 photos with K = 4 gets 2 turns in one epoch and 3 in the next (systematic sampling). A class with fewer than K
// photos repeats them in its turn, as other copies. No class comes twice in a batch, so that one with more than one
// P-th of the photos comes in each batch, and not all of its photos do in an epoch. Photos without a label do not come.
type ByClass struct {
	classes [][]int // photos by class
	labels  []int32 // of the classes
	p, k    int
	seed    uint64
	steps   int
	shares  []float64 // turns of a class in an epoch; they sum to steps * p
	plans   plans[[][]Draw]
}

// NewByClass makes batches of p classes with k photos each. Labels are by photo, -1 where there is none.
func NewByClass(labels []int32, p, k int, seed uint64) (*ByClass, error) {
	if p < 1 || k < 1 {
		return nil, fmt.Errorf("batches of %d classes with %d photos each: both have to be at least 1", p, k)
	}
	s := &ByClass{p: p, k: k, seed: seed}
	byLabel, photos := map[int32][]int{}, 0
	for photo, label := range labels {
		if label >= 0 {
			byLabel[label] = append(byLabel[label], photo)
			photos++
		}
	}
	if len(byLabel) < p {
		return nil, fmt.Errorf("batches of %d classes, but the photos have only %d: choose at most %[2]d", p, len(byLabel))
	}
	for label := range byLabel {
		s.labels = append(s.labels, label)
	}
	slices.Sort(s.labels)
	for _, label := range s.labels {
		s.classes = append(s.classes, byLabel[label])
	}
	s.steps = max(1, int(math.Round(float64(photos)/float64(p*k))))
	s.shares = shares(s.classes, s.steps*p, float64(s.steps))
	return s, nil
}

// shares divides turns by the classes' photos, none more than most; what is cut off goes to the others.
func shares(classes [][]int, turns int, most float64) []float64 {
	out := make([]float64, len(classes))
	for full := 0; ; { // ends: each round but the last fills a class
		rest, photos := float64(turns)-float64(full)*most, 0
		for i, c := range classes {
			if out[i] < most {
				photos += len(c)
			}
		}
		before := full
		for i, c := range classes {
			if out[i] < most {
				out[i] = rest * float64(len(c)) / float64(photos)
				if out[i] >= most {
					out[i], full = most, full+1
				}
			}
		}
		if full == before || full == len(classes) {
			return out
		}
	}
}

// Steps returns the number of batches in an epoch.
func (s *ByClass) Steps() int { return s.steps }

// Size returns p * k.
func (s *ByClass) Size() int { return s.p * s.k }

// Classes returns the number of classes.
func (s *ByClass) Classes() int { return len(s.classes) }

// Draws returns a step's photos, those of a class side by side.
func (s *ByClass) Draws(step int) []Draw {
	epoch := step / s.steps
	return s.plans.of(epoch, func() [][]Draw { return s.plan(epoch) })[step%s.steps]
}

// plan makes an epoch's batches. The turns lie on a line, those of a class side by side and the classes in random
// order; one is taken at each whole number behind a random start, so a class gets its share, rounded up or down. Dealt
// out to the batches in turn, a class's turns come to different batches.
func (s *ByClass) plan(epoch int) [][]Draw {
	rng := rand.New(rand.NewPCG(s.seed, uint64(epoch)))
	order := rng.Perm(len(s.classes))
	batches := make([][]Draw, s.steps)
	at, start, end := 0, rng.Float64(), 0.0
	for i, class := range order {
		end += s.shares[class]
		first := at
		for at < s.steps*s.p && (start+float64(at) < end || i == len(order)-1) {
			at++ // the last class takes what rounding errors left
		}
		photos := slices.Clone(s.classes[class])
		rng.Shuffle(len(photos), func(a, b int) { photos[a], photos[b] = photos[b], photos[a] })
		for n := range (at - first) * s.k {
			batch := &batches[(first+n/s.k)%s.steps]
			*batch = append(*batch, Draw{photos[n%len(photos)], s.labels[class], epoch, n / len(photos)})
		}
	}
	rng.Shuffle(len(batches), func(a, b int) { batches[a], batches[b] = batches[b], batches[a] })
	return batches
}

// plans holds the plan of the epoch that was asked for last.
type plans[T any] struct {
	mutex sync.Mutex
	epoch int
	plan  T
	there bool
}

func (p *plans[T]) of(epoch int, make func() T) T {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.there || p.epoch != epoch {
		p.epoch, p.plan, p.there = epoch, make(), true
	}
	return p.plan
}
