//go:build cgo && amd64

package cpu

// #cgo CFLAGS: -O3
// #include "cpu.h"
import "C"

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// together is how many images a core computes at once: they share the weights that it
// fetches, while each adds to what its caches should hold.
const together = C.pvs_together

// Network is an EfficientNet in inference mode for squares of one size. It may be used
// from many goroutines.
type Network struct {
	lifetime
	config  effnet.Config
	size    int
	c       *C.pvs_network // and all it points to, outside of Go's memory
	scratch sync.Pool      // *[]float32, working memory of a run
}

// lanes is how many values the processor's vectors have; 0: it lacks what the kernels need.
func lanes() int { return int(C.pvs_lanes()) }

// half says whether it multiplies float16.
func half() bool { return C.pvs_half() != 0 }

// newNetwork builds the network for vectors of 8 or 16 lanes, or in float16, for 16.
func newNetwork(config effnet.Config, values map[string][]float32, size, lanes int, half bool) (*Network, error) {
	b := &builder{lanes: lanes, half: half}
	n := &Network{config: config, size: size}
	if err := b.build(func() { n.c = b.network(config, size, 0, true) }); err != nil {
		return nil, fmt.Errorf("%s: %w", config.Title, err)
	}
	n.held = b.held
	runtime.AddCleanup(n, (*holding).release, b.held)
	b.load(values)
	working := int(C.pvs_scratch(n.c, together))
	n.scratch.New = func() any { s := make([]float32, working); return &s }
	return n, nil
}

// run computes what enters a block, by its number, or the features of at most together images.
func (n *Network) run(images []float32, count, block int, factors, out []float32) {
	s := n.scratch.Get().(*[]float32)
	defer n.scratch.Put(s)
	C.pvs_run(n.c, floats(images), C.int(count), C.int(block), floats(factors), floats(out), floats(*s))
	runtime.KeepAlive(n)
}

// floats is where values begin, nil for none.
func floats(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }
