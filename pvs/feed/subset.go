package feed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
)

// subset is a [Source] of some photos of another source.
type subset struct {
	Source
	photos []int // numbers in the source, ascending
}

func (s subset) Len() int                               { return len(s.photos) }
func (s subset) Label(photo int) int32                  { return s.Source.Label(s.photos[photo]) }
func (s subset) Open(photo int) (*imageprep.RGB, error) { return s.Source.Open(s.photos[photo]) }
func (s subset) Size(photo int) (width, height int, err error) {
	return s.Source.Size(s.photos[photo])
}

func (s subset) Digest() string {
	h := sha256.New()
	fmt.Fprintln(h, s.Source.Digest(), s.photos) // a hash's Write does not fail
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// known is a subset of a source that can digest the bytes of its photos.
type known struct {
	*subset
	of contents
}

func (s known) content(photo int, before map[string]stamp.Stamp) (string, stamp.Stamp, error) {
	return s.of.content(s.photos[photo], before)
}

func (s known) name(photo int) string { return s.of.name(s.photos[photo]) }

// Select returns some photos of a source, given by their numbers: photo i of the result is photos[i].
func Select(s Source, photos []int) Source {
	part := &subset{s, photos}
	if c, ok := s.(contents); ok {
		return &known{part, c}
	}
	return part
}

// Sample returns at most n of a source's photos, drawn at random.
func Sample(s Source, n int, seed uint64) Source {
	if n >= s.Len() {
		return s
	}
	photos := rand.New(rand.NewPCG(seed, 7)).Perm(s.Len())[:n]
	slices.Sort(photos)
	return Select(s, photos)
}

// Without returns a source without the photos that out marks.
func Without(s Source, out map[int]bool) Source {
	var photos []int
	for i := range s.Len() {
		if !out[i] {
			photos = append(photos, i)
		}
	}
	return Select(s, photos)
}

// Unreadable decodes all photos and returns those that cannot be decoded, with an error
// message for each.
func Unreadable(s Source) (bad map[int]bool, lines []string) {
	problems := make([]error, s.Len())
	_ = cores.Each(context.Background(), len(problems), func(photo int) error {
		_, problems[photo] = s.Open(photo)
		return nil // all are looked at
	})
	bad = map[int]bool{}
	for photo, err := range problems {
		if err != nil {
			bad[photo] = true
			lines = append(lines, err.Error())
		}
	}
	return bad, lines
}
