package serve

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
)

// batcher brings photos that come at the same time through the network together. It never waits for more of them:
// a photo that finds the network idle is embedded alone, and those that come meanwhile are the next batch.
type batcher struct {
	embedder embed.Embedder
	jobs     chan *job
	inputs   sync.Pool // of *[]float32, prepared photos
	quit     chan struct{}
	ended    chan struct{}
	observe  func(photos int, took time.Duration) // of each batch
}

// job is a prepared photo on its way.
type job struct {
	input  []float32
	vector []float32
	took   time.Duration // of the batch's forward pass
	begun  time.Time
	err    error
	done   chan struct{}
}

// newBatcher starts the goroutine that alone uses the embedder.
func newBatcher(e embed.Embedder, observe func(int, time.Duration)) *batcher {
	b := &batcher{embedder: e, jobs: make(chan *job), quit: make(chan struct{}), ended: make(chan struct{}),
		observe: observe}
	b.inputs.New = func() any {
		input := make([]float32, e.InputLen())
		return &input
	}
	go b.run()
	return b
}

// embed returns the vector, of length 1, of what prepare writes; prepare is called at once, the rest waits its turn.
func (b *batcher) embed(ctx context.Context, input []float32) (*job, error) {
	j := &job{input: input, vector: make([]float32, b.embedder.Dim()), done: make(chan struct{})}
	select {
	case b.jobs <- j:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-b.quit:
		return nil, errClosed
	}
	<-j.done // the network reads the input until then
	return j, j.err
}

// run takes what waits, as much as the network takes at once, until the batcher is closed.
func (b *batcher) run() {
	defer close(b.ended)
	n, dim := b.embedder.InputLen(), b.embedder.Dim()
	inputs, vectors := make([]float32, b.embedder.Batch()*n), make([]float32, b.embedder.Batch()*dim)
	for {
		var batch []*job
		select {
		case j := <-b.jobs:
			batch = b.more(append(batch, j))
		case <-b.quit:
			return
		}
		for i, j := range batch {
			copy(inputs[i*n:], j.input)
		}
		begun := time.Now()
		err := b.forward(inputs, len(batch), vectors)
		took := time.Since(begun)
		b.observe(len(batch), took)
		for i, j := range batch {
			j.begun, j.took, j.err = begun, took, err
			if err == nil {
				copy(j.vector, vectors[i*dim:(i+1)*dim])
				j.err = unit(j.vector)
			}
			close(j.done)
		}
	}
}

// forward runs the network.
func (b *batcher) forward(inputs []float32, n int, vectors []float32) (err error) {
	defer rescue(&err, "the network")
	return b.embedder.Embed(inputs, n, vectors)
}

// more adds the photos that wait already.
func (b *batcher) more(batch []*job) []*job {
	for len(batch) < b.embedder.Batch() {
		select {
		case j := <-b.jobs:
			batch = append(batch, j)
		default:
			return batch
		}
	}
	return batch
}

// close ends the goroutine after the batch that runs, and frees what the embedder holds.
func (b *batcher) close() {
	close(b.quit)
	<-b.ended
	if e, ok := b.embedder.(interface{ Close() }); ok {
		e.Close()
	}
}

// unit scales a vector to length 1.
func unit(v []float32) error {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
		return fmt.Errorf("the photo's vector has no direction: its length is %g", math.Sqrt(sum))
	}
	scale := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= scale
	}
	return nil
}
