package feed

import (
	"context"
	"errors"
	"math"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/augment"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// longTail has classes of 1, 2, 3, ... photos and some photos without a label.
func longTail(classes int) []int32 {
	var labels []int32
	for c := range classes {
		for range c + 1 {
			labels = append(labels, int32(7*c)) // not one after the other
		}
		labels = append(labels, -1)
	}
	return labels
}

// Each batch has P classes with K different draws each, photos come once an epoch on average, and none is favoured.
func TestByClass(t *testing.T) {
	const p, k, epochs = 4, 3, 400
	labels := longTail(12)
	s, err := NewByClass(labels, p, k, 5)
	if err != nil {
		t.Fatal(err)
	}
	if s.Steps() != 7 || s.Size() != 12 || s.Classes() != 12 { // 78 photos with a label, 12 a batch
		t.Fatalf("%d steps of %d, %d classes", s.Steps(), s.Size(), s.Classes())
	}
	count := make([]float64, len(labels))
	for epoch := range epochs {
		seen := map[Draw]bool{}
		perClass := map[int32]int{}
		for step := epoch * s.Steps(); step < (epoch+1)*s.Steps(); step++ {
			draws, classes := s.Draws(step), map[int32]int{}
			for i, d := range draws {
				classes[d.Label]++
				count[d.Photo]++
				if d.Label < 0 || d.Label != labels[d.Photo] || d.Epoch != epoch || seen[d] {
					t.Fatalf("step %d: %+v, twice: %v", step, d, seen[d])
				}
				if i%k > 0 && d.Label != draws[i-1].Label {
					t.Fatalf("step %d: a class's photos are not side by side", step)
				}
				seen[d] = true
			}
			if len(draws) != p*k || len(classes) != p {
				t.Fatalf("step %d: %d draws of %d classes", step, len(draws), len(classes))
			}
			for label := range classes {
				perClass[label]++
			}
			for n := range p { // classes of at least K photos do not repeat one
				turn := draws[n*k : (n+1)*k]
				if turn[0].Label >= 7*(k-1) && (turn[0].Photo == turn[1].Photo || turn[1].Photo == turn[2].Photo ||
					turn[0].Photo == turn[2].Photo) {
					t.Fatalf("step %d: %v", step, turn)
				}
			}
		}
		for label, turns := range perClass {
			share := float64(label/7+1) / 78 * 28
			if math.Abs(float64(turns)-share) >= 1 {
				t.Fatalf("epoch %d: class %d has %d turns, its share is %g", epoch, label, turns, share)
			}
		}
	}
	for photo, n := range count {
		want := 84.0 / 78 // a batch is filled up
		if labels[photo] < 0 {
			want = 0
		}
		if math.Abs(n/epochs-want) > 0.25 {
			t.Errorf("photo %d of class %d comes %g times an epoch, want %g", photo, labels[photo], n/epochs, want)
		}
	}
}

// A class with most of the photos comes in each batch, once.
func TestLargeClass(t *testing.T) {
	labels := slices.Concat(slices.Repeat([]int32{0}, 90), []int32{1, 1, 1, 2, 2, 2, 2, 3, 3, 3})
	s, err := NewByClass(labels, 3, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	for step := range 5 * s.Steps() {
		classes := map[int32]bool{}
		for _, d := range s.Draws(step) {
			classes[d.Label] = true
		}
		if len(classes) != 3 || !classes[0] {
			t.Fatalf("step %d has the classes %v", step, classes)
		}
	}
}

// Draws depend on the seed and the step alone, so a training resumes at any step.
func TestSamplersResume(t *testing.T) {
	labels := longTail(9)
	byClass := func(seed uint64) Sampler {
		s, err := NewByClass(labels, 3, 2, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shuffled := func(seed uint64) Sampler {
		s, err := NewShuffled(labels, 8, 2, seed)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for name, sampler := range map[string]func(seed uint64) Sampler{"by class": byClass, "shuffled": shuffled} {
		s := sampler(3)
		var all [][]Draw
		for step := range 4 * s.Steps() {
			all = append(all, s.Draws(step))
		}
		resumed := sampler(3)
		for step := len(all) - 1; step >= 0; step-- {
			if !reflect.DeepEqual(resumed.Draws(step), all[step]) {
				t.Fatalf("%s: step %d differs when it is asked for first", name, step)
			}
		}
		if reflect.DeepEqual(sampler(4).Draws(0), all[0]) || reflect.DeepEqual(all[0], all[s.Steps()]) {
			t.Errorf("%s: another seed or epoch has the same batches", name)
		}
	}
}

// Each photo comes Copies times in an epoch, side by side.
func TestShuffled(t *testing.T) {
	labels := []int32{4, -1, 4, 5, 6, 6, 7}
	s, err := NewShuffled(labels, 6, 2, 1)
	if err != nil {
		t.Fatal(err)
	}
	var all []Draw
	for step := range s.Steps() {
		all = append(all, s.Draws(step)...)
	}
	seen := map[int]bool{}
	for i := 0; i < len(all); i += 2 {
		a, b := all[i], all[i+1]
		if a.Photo != b.Photo || a.Copy != 0 || b.Copy != 1 || seen[a.Photo] || a.Label != labels[a.Photo] {
			t.Errorf("%+v, %+v", a, b)
		}
		seen[a.Photo] = true
	}
	if s.Steps() != 3 || len(s.Draws(2)) != 2 || len(seen) != 7 {
		t.Errorf("%d steps, the last of %d, %d photos", s.Steps(), len(s.Draws(2)), len(seen))
	}
}

func TestSamplersRefuse(t *testing.T) {
	_, few := NewByClass([]int32{1, 1, 2, -1}, 3, 2, 0)
	_, none := NewByClass([]int32{1, 2}, 0, 2, 0)
	_, odd := NewShuffled([]int32{1, 2}, 5, 2, 0)
	_, empty := NewShuffled(nil, 4, 1, 0)
	for says, err := range map[string]error{"have only 2: choose at most 2": few, "at least 1": none, "a multiple": odd,
		"no photos": empty} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
}

// The same batches come on one core and on many, with photos cached or not, and from the middle on.
func TestOpenSampled(t *testing.T) {
	c := testCatalog(t, 9)
	source := FromCatalog(c, catalog.Train, ClassesOf(c, catalog.Train))
	labels := make([]int32, source.Len())
	for i := range labels {
		labels[i] = source.Label(i)
	}
	sampler, err := NewByClass(labels, 2, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	grounds, err := Grounds(source, 4, 1)
	if err != nil || len(grounds) != 4 {
		t.Fatal(len(grounds), err)
	}
	run := func(memory int64, from int) []Batch {
		a, err := augment.New(augment.Strong(), 16, 1)
		if err != nil {
			t.Fatal(err)
		}
		a.Grounds = grounds
		return drain(t, OpenSampled(context.Background(), NewAugmented(source, a, memory), sampler, from, 9))
	}
	all := run(1<<20, 0)
	if len(all) != 9 {
		t.Fatalf("%d batches", len(all))
	}
	for step, b := range all {
		for i, d := range sampler.Draws(step) {
			if b.Step != step || b.N != 4 || int(b.Photos[i]) != d.Photo || b.Labels[i] != d.Label {
				t.Fatalf("step %d: %v, %v, want %v", step, b.Photos, b.Labels, d)
			}
		}
	}
	if !reflect.DeepEqual(all, run(0, 0)) || !reflect.DeepEqual(all, run(9000, 0)) {
		t.Error("the cache changes values")
	}
	if !reflect.DeepEqual(all[4:], run(1<<20, 4)) {
		t.Error("a stream from the middle gives other batches")
	}
	for _, n := range []int{1, 3} {
		before := runtime.GOMAXPROCS(n)
		if !reflect.DeepEqual(all, run(1<<20, 0)) {
			t.Errorf("%d cores give other batches", n)
		}
		runtime.GOMAXPROCS(before)
	}
}

// opened counts how often photos are read.
type opened struct {
	Source
	photos chan int
}

func (o opened) Open(photo int) (*imageprep.RGB, error) {
	o.photos <- photo
	return o.Source.Open(photo)
}

// Cached photos are read once; without memory they are read each time. The limit holds.
func TestCachedPhotos(t *testing.T) {
	source := FromCatalog(testCatalog(t, 3), catalog.Train, nil) // 20 x 20, 25 x 20 and 30 x 20 pixels
	a, err := augment.New(augment.Mild(), 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	for memory, want := range map[int64]int{0: 12, 1 << 20: 3, 3*20*20 + 3*25*20: 6} {
		o := opened{source, make(chan int, 100)}
		m := NewAugmented(o, a, memory)
		for epoch := range 4 {
			for photo := range 3 {
				if err := m.Load(Draw{Photo: photo, Epoch: epoch}, make([]float32, m.InputLen())); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(o.photos) != want {
			t.Errorf("with %d bytes photos are read %d times, want %d", memory, len(o.photos), want)
		}
	}
}

// A photo that cannot be read ends the stream with its name; so does the caller's end, with its cause.
func TestSampledFailures(t *testing.T) {
	c := testCatalog(t, 4)
	if err := os.WriteFile(c.File(c.Photos[2]), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := augment.New(augment.Options{}, 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	sampler, err := NewShuffled(make([]int32, 4), 4, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := NewAugmented(FromCatalog(c, catalog.Train, nil), a, 0)
	s := OpenSampled(context.Background(), m, sampler, 0, 1)
	defer s.Close()
	if _, err := s.Next(); err == nil || !strings.Contains(err.Error(), "photo p2 (photos.csv line 4)") {
		t.Errorf("got %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	s = OpenSampled(ctx, m, sampler, 0, 1000)
	for range 10 {
		if _, err = s.Next(); err != nil {
			break
		}
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSelect(t *testing.T) {
	source := FromCatalog(testCatalog(t, 6), catalog.Train, Classes{"Things > A", "Things > B"})
	s := Select(source, []int{1, 4})
	w, _, err := s.Size(1)
	if s.Len() != 2 || s.Label(0) != 1 || s.Label(1) != 0 || w != 40 || err != nil {
		t.Errorf("%d photos, labels %d and %d, the second of width %d, %v", s.Len(), s.Label(0), s.Label(1), w, err)
	}
}
