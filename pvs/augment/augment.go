package augment

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Key says which variant of which photo is meant.
type Key struct {
	Epoch int
	Photo int
	Copy  int // tells several variants of a photo in one epoch apart
}

// Augmenter makes variants. It is used by many goroutines at once.
type Augmenter struct {
	// Grounds are photos whose crops may come behind cut-outs (Options.Ground.Photos). They are set before the first use;
	// images depend on them, too.
	Grounds []*imageprep.RGB

	options   Options
	size      int
	seed      uint64
	workspace sync.Pool // of *workspace
}

// New makes an Augmenter of squares [size, size, 3]. Options out of their range are an error.
func New(o Options, size int, seed uint64) (*Augmenter, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if size < 1 {
		return nil, fmt.Errorf("augmentation: squares of %d pixels; at least 1 is needed", size)
	}
	a := &Augmenter{options: o, size: size, seed: seed}
	a.workspace.New = func() any { return new(workspace) }
	return a, nil
}

// Options returns what New was given.
func (a *Augmenter) Options() Options { return a.options }

// Size returns the side of the squares in pixels.
func (a *Augmenter) Size() int { return a.size }

// Seed returns the seed.
func (a *Augmenter) Seed() uint64 { return a.seed }

// Into writes a photo's variant into dst, [size, size, 3], RGB, 0..255, not rounded.
func (a *Augmenter) Into(dst []float32, photo *imageprep.RGB, k Key) {
	d := random{rand.New(rand.NewPCG(mix(a.seed^mix(uint64(k.Epoch))), mix(uint64(k.Photo)^mix(uint64(k.Copy)))))}
	w := a.workspace.Get().(*workspace)
	a.make(dst, photo, draw(a.options, d), d, w)
	a.workspace.Put(w)
}

// mix makes close numbers far ones (the finaliser of SplitMix64; Steele et al. 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// make follows the draws.
func (a *Augmenter) make(dst []float32, photo *imageprep.RGB, d draws, more random, w *workspace) {
	size, fill := a.size, imageprep.Perimeter(photo)
	dst = dst[:3*size*size]
	ground := d.ground.use && evenEdge(photo, fill, a.options.Ground.Tolerance)
	if d.geometry == identity && !ground {
		imageprep.Square(photo, size, dst)
	} else {
		v := w.view(photo, d.geometry, size, a.options.Aliased)
		v.warp(dst, size, fill)
		if ground {
			matte := v.warpMatte(w, size, w.matte(v.photo, fill, a.options.Ground.Tolerance))
			a.layOn(dst, matte, fill, d.ground, w)
		}
	}
	if d.erase.use {
		erase(dst, size, d.erase)
	}
	if d.color.use {
		d.color.of(dst).apply(dst)
	}
	if sigma := d.blur * float64(size); sigma > leastSigma {
		blur(dst, size, sigma, w)
	}
	if d.noise > 0 {
		addNoise(dst, size, d.noise, more)
	}
	if d.quality > 0 {
		compress(dst, size, d.quality, w)
	}
}
