package serve

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// memory is an Index in memory, searched exactly: the plainest one that keeps the promises.
type memory struct {
	mu     sync.Mutex
	name   string
	dim    int
	state  uint64
	photos map[string]stored // replaced as a whole by each change
	cutoff float64
	digest string // of what made the vectors
	closed bool
	open   int   // snapshots
	fail   error // of Put and Remove
}

type stored struct {
	Photo
	vector []float32
}

func newMemory(name string, dim int) *memory {
	return &memory{name: name, dim: dim, photos: map[string]stored{}, cutoff: 0.9, digest: "histogram"}
}

func (m *memory) Snapshot() (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return nil, fmt.Errorf("the index %s was closed", m.name)
	}
	m.open++
	return &memorySnapshot{m, m.state, m.photos}, nil
}

func (m *memory) Put(_ context.Context, p Photo, vector []float32) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return false, m.fail
	}
	_, was := m.photos[p.ID]
	m.photos = maps.Clone(m.photos)
	m.photos[p.ID] = stored{p, slices.Clone(vector)}
	m.state++
	return !was, nil
}

func (m *memory) Remove(_ context.Context, ids ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	next := maps.Clone(m.photos)
	for _, id := range ids {
		if _, ok := next[id]; !ok {
			return missing(id)
		}
		delete(next, id)
	}
	m.photos = next
	m.state++
	return nil
}

func missing(id string) error { return tag.Error(fmt.Errorf("there is no photo %q", id), ErrNoPhoto) }

func (m *memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed || m.open != 0 {
		return fmt.Errorf("the index %s: closed %v, with %d snapshots", m.name, m.closed, m.open)
	}
	m.closed = true
	return nil
}

type memorySnapshot struct {
	m      *memory
	state  uint64
	photos map[string]stored
}

func (s *memorySnapshot) Close() {
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.open--
}

func (s *memorySnapshot) Info() Info {
	products := map[string]bool{}
	for _, p := range s.photos {
		products[p.Product] = true
	}
	return Info{Name: s.m.name, State: s.state, Photos: len(s.photos), Products: len(products), Dim: s.m.dim,
		Network: "histogram", Cutoff: s.m.cutoff, RecallAt10: 1}
}

func (s *memorySnapshot) Search(ctx context.Context, q Query) (Found, error) {
	if err := ctx.Err(); err != nil {
		return Found{}, context.Cause(ctx)
	}
	if q.Category != "" && !slices.ContainsFunc(s.categories(), func(c Category) bool { return c.Path == q.Category }) {
		return Found{}, tag.Error(fmt.Errorf("there is no category %q", q.Category), ErrNoCategory)
	}
	best := map[string]Hit{}
	for _, p := range s.photos {
		score := dot(p.vector, q.Vector)
		in := q.Category == "" || p.Category == q.Category || strings.HasPrefix(p.Category, q.Category+" > ")
		for name, value := range q.Fields {
			in = in && p.Fields[name] == value
		}
		if !in || slices.Contains(q.Exclude, p.Product) || q.MinScore != nil && score < *q.MinScore {
			continue
		}
		key := cmp.Or(p.Product, "\x00"+p.ID)
		if q.Photos {
			key = p.ID
		}
		if was, ok := best[key]; !ok || score > was.Score || score == was.Score && p.ID < was.Photo.ID {
			best[key] = Hit{Photo: p.Photo, Score: score, Vector: p.vector}
		}
	}
	hits := slices.SortedFunc(maps.Values(best), func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.Photo.ID, b.Photo.ID))
	})
	return Found{Products: hits[:min(q.K, len(hits))], Candidates: len(s.photos), Stages: []Stage{{"scan", 1}}}, nil
}

func (s *memorySnapshot) Photo(_ context.Context, id string) (Photo, error) {
	p, ok := s.photos[id]
	if !ok {
		return Photo{}, missing(id)
	}
	return p.Photo, nil
}

func (s *memorySnapshot) Vector(_ context.Context, id string) ([]float32, error) {
	p, ok := s.photos[id]
	if !ok {
		return nil, missing(id)
	}
	return p.vector, nil
}

func (s *memorySnapshot) Product(_ context.Context, product string) (list []Photo, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.photos)) {
		if p := s.photos[id]; p.Product == product {
			list = append(list, p.Photo)
		}
	}
	if list == nil {
		err = tag.Error(fmt.Errorf("there is no product %q", product), ErrNoProduct)
	}
	return list, err
}

func (s *memorySnapshot) Categories(context.Context) ([]Category, error) { return s.categories(), nil }

func (s *memorySnapshot) categories() (list []Category) {
	photos := map[string]int{}
	for _, p := range s.photos {
		names := levels(p.Category)
		for i := range names {
			photos[strings.Join(names[:i+1], " > ")]++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(photos)) {
		if path != "" {
			list = append(list, Category{path, photos[path]})
		}
	}
	return list
}
