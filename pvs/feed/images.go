package feed

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Loader turns items into a network's inputs. It is used by many goroutines at once.
type Loader interface {
	// InputLen returns the values of one item's input.
	InputLen() int
	// Label returns the class of a photo, or -1.
	Label(photo int) int32
	// Load writes the inputs of views of one photo one after the other into dst.
	Load(photo int, items []Item, dst []float32) error
}

// Images is a [Loader] of padded, resized squares [size, size, 3], RGB, 0..255.
type Images struct {
	Source
	size int
	seed uint64

	cache      sync.Map // photo -> []float32, its square
	memoryLeft atomic.Int64
	bytes      int64 // of a square
}

// NewImages reads photos from a source. It caches as many squares as fit into memory
// bytes, so that a small catalogue is decoded once; 0: none. The seed is that of random
// views.
func NewImages(s Source, size int, seed uint64, memory int64) *Images {
	m := &Images{Source: s, size: size, seed: seed, bytes: 4 * 3 * int64(size) * int64(size)}
	m.memoryLeft.Store(memory)
	return m
}

// Size returns the side of the squares.
func (m *Images) Size() int { return m.size }

// Seed returns the seed of random views.
func (m *Images) Seed() uint64 { return m.seed }

// InputLen returns the values of a square.
func (m *Images) InputLen() int { return 3 * m.size * m.size }

// Load reads a photo and makes the items' views.
func (m *Images) Load(photo int, items []Item, dst []float32) error {
	square, err := m.square(photo)
	if err != nil {
		return err
	}
	n := m.InputLen()
	for i, item := range items {
		var rng *rand.Rand
		if item.View.Random() {
			// A generator for each view, so that results do not depend on the order of loading.
			rng = rand.New(rand.NewPCG(m.seed^uint64(item.Pass)<<32, uint64(photo)<<8|uint64(item.View)))
		}
		item.View.Into(dst[i*n:(i+1)*n], square, m.size, rng)
	}
	return nil
}

// square returns a photo's square from the cache, or decodes it.
func (m *Images) square(photo int) ([]float32, error) {
	if square, ok := m.cache.Load(photo); ok {
		return square.([]float32), nil
	}
	picture, err := m.Open(photo)
	if err != nil {
		return nil, err
	}
	square := make([]float32, m.InputLen())
	imageprep.Square(picture, m.size, square)
	if m.memoryLeft.Add(-m.bytes) >= 0 {
		m.cache.Store(photo, square)
	} else {
		m.memoryLeft.Add(m.bytes)
	}
	return square, nil
}
