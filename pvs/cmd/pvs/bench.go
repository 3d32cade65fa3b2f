package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/janpfeifer/must"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type benchCommand struct {
	networkFlags
	Seconds    float64  `above:"0" default:"3" help:"How long each figure is measured."`
	MicroBatch int      `min:"1" help:"Images that the backbone trains on at once; the batch if not given."`
	Devices    int      `min:"1" help:"${bench_devices}" placeholder:"N"`
	Phases     []string `enum:"${bench_phases}" default:"${bench_phases}" help:"What of training is measured: ${enum}."`
	Photo      string   `help:"${bench_photo}" placeholder:"FILE"`
	Rows       int      `min:"1000" max:"100000000" default:"100000" help:"Photos of the index."`
	Dim        int      `min:"2" max:"16384" default:"512" help:"Dimension of the index's vectors."`
	Vectors    string   `help:"${bench_vectors}" placeholder:"NAME"`
	Queries    string   `help:"Name of the query vectors for --vectors." placeholder:"NAME"`
	Out        string   `help:"${bench_out}" placeholder:"DIR"`
	What       string   `arg:"" optional:"" default:"all" enum:"${bench_whats}" help:"${bench_what}"`
}

// Validate refuses a time that ends nothing.
func (c *benchCommand) Validate() error {
	if !(c.Seconds >= 0 && c.Seconds <= 86400) {
		return fmt.Errorf("--seconds %g is not in 0 to 86400", c.Seconds)
	}
	if (c.Vectors == "") != (c.Queries == "") {
		return errors.New("--vectors and --queries go together: name both, or none for made vectors")
	}
	return c.networkFlags.Validate()
}

// Run measures. The figures are for comparing engines on one machine; shared machines
// make absolute numbers drift.
func (c *benchCommand) Run(a *app) error {
	if !c.precision().Trains() && (c.What == "all" || c.What == "train") {
		return fmt.Errorf("nothing trains in %s: name what else to measure (pvs bench embed --precision %[1]s), or take "+
			"another precision", c.precision())
	}
	out := map[string]any{"cores": runtime.GOMAXPROCS(0)}
	note := func(key, unit string, value float64) {
		out[key] = value
		digits := 1
		if math.Abs(value) < 10 {
			digits = 3
		}
		a.say("%-32s %10.*f %s", key, digits, value, unit)
	}
	for _, step := range []struct {
		name string
		run  func(a *app, note func(key, unit string, value float64)) error
	}{{"images", c.images}, {"embed", c.network}, {"search", c.search}, {"train", c.training}, {"index", c.index},
		{"serve", c.serve}} {
		if c.What != step.name && (c.What != "all" || step.name == "index" || step.name == "serve") {
			continue
		}
		if err := step.run(a, note); err != nil {
			return err
		}
	}
	return a.result(out)
}

// repeat calls work on all cores for the given time and returns the calls a second.
func repeat(seconds float64, cores int, work func() error) (float64, error) {
	var wait sync.WaitGroup
	var lock sync.Mutex
	var failed error
	count := 0
	start := time.Now()
	for range cores {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for n := 0; ; n++ {
				err := work()
				if err != nil || time.Since(start).Seconds() > seconds {
					lock.Lock()
					count += n + 1
					failed = err
					lock.Unlock()
					return
				}
			}
		}()
	}
	wait.Wait()
	return float64(count) / time.Since(start).Seconds(), failed
}

// photo returns the bytes of the photo to be decoded.
func (c *benchCommand) photo() ([]byte, error) {
	if c.Photo != "" {
		var data bytes.Buffer
		if _, err := imageprep.OpenThrough(c.Photo, imageprep.Limits{}, &data); err != nil {
			return nil, fmt.Errorf("%w; without --photo one is drawn", err)
		}
		return data.Bytes(), nil
	}
	photos, err := drawnPhotos(1)
	if err != nil {
		return nil, err
	}
	return photos[0], nil
}

// images measures decoding, squares and the six views on one core.
func (c *benchCommand) images(a *app, note func(key, unit string, value float64)) error {
	photo, err := c.photo()
	if err != nil {
		return err
	}
	decode := func() (*imageprep.RGB, error) {
		return imageprep.Decode(bytes.NewReader(photo), cmp.Or(c.Photo, "the drawn photo"), imageprep.Limits{})
	}
	decoded, err := decode()
	if err != nil {
		return err
	}
	square, view := make([]float32, 3*224*224), make([]float32, 3*224*224)
	views := func() {
		for v := imageprep.A0; v <= imageprep.A5; v++ {
			v.Into(view, square, 224, nil)
		}
	}
	for _, f := range []struct {
		key  string
		work func() error
	}{
		{"decode_per_second", func() error { _, err := decode(); return err }},
		{"squares_per_second", func() error { imageprep.Square(decoded, 224, square); return nil }},
		{"six_views_per_second", func() error { views(); return nil }},
		{"photos_to_six_views_per_second", func() error {
			m, err := decode()
			if err != nil {
				return err
			}
			imageprep.Square(m, 224, square)
			views()
			return nil
		}},
	} {
		rate, err := repeat(c.Seconds, 1, f.work)
		if err != nil {
			return err
		}
		note(f.key, fmt.Sprintf("a second and core (JPEG of %d x %d, square of 224)", decoded.Width, decoded.Height), rate)
	}
	return nil
}

// network measures the forward pass alone and its first call.
func (c *benchCommand) network(a *app, note func(key, unit string, value float64)) error {
	e, _, err := c.open(a)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	inputs, out := make([]float32, e.Batch()*e.InputLen()), make([]float32, e.Batch()*e.Dim())
	for i := range inputs {
		inputs[i] = float32(rng.IntN(256))
	}
	start := time.Now()
	if q, ok := e.(embed.Calibrated); ok && q.Calibrates() {
		if err := q.Calibrate(a.ctx, inputs); err != nil {
			return err
		}
		note("calibration_seconds", "s", time.Since(start).Seconds())
		start = time.Now()
	}
	if err := e.Embed(inputs, e.Batch(), out); err != nil {
		return err
	}
	note("embed_first_call_seconds", "s", time.Since(start).Seconds())
	rate, err := repeat(c.Seconds, 1, func() error { return e.Embed(inputs, e.Batch(), out) })
	note("embed_images_per_second", fmt.Sprintf("images a second, batch %d", e.Batch()), rate*float64(e.Batch()))
	return err
}

// search measures 1,000 queries in 100,000 vectors of 512 values.
func (c *benchCommand) search(a *app, note func(key, unit string, value float64)) error {
	index, queries := randomSet(100_000, 512, 1), randomSet(1000, 512, 2)
	for _, n := range []int{1, 1000} {
		first := &vectors.Set{IDs: queries.IDs[:n], Dim: 512, Data: queries.Data[:512*n]}
		best := 0.0
		for range 3 {
			_, seconds, err := searchVectors(a, index, first, 10)
			if err != nil {
				return err
			}
			best = max(best, float64(n)/seconds)
		}
		note(fmt.Sprintf("search_%d_queries_per_second", n), "queries a second, 100,000 x 512, top 10", best)
	}
	return nil
}

// randomSet draws unit vectors.
func randomSet(n, dim int, seed uint64) *vectors.Set {
	rng := rand.New(rand.NewPCG(seed, 9))
	s := &vectors.Set{Dim: dim, Data: make([]float32, n*dim)}
	for i := range n {
		s.IDs = append(s.IDs, fmt.Sprintf("%d-%d", seed, i))
	}
	for i := range s.Data {
		s.Data[i] = rng.Float32() - 0.5
	}
	must.M(s.Normalize()) // random vectors are not zero
	return s
}
