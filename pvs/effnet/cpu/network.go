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

// maxBatch is how many images a core computes at once: they share the weights that it fetches, while each adds to
// what its caches should hold.
const maxBatch = C.pvs_max_batch

// Network is an EfficientNet in inference mode for square images of one size. It may be used from many goroutines.
type Network struct {
	lifetime
	config  effnet.Config
	size    int
	c       *C.pvs_network // and all it points to, outside of Go's memory
	scratch sync.Pool      // *[]float32, scratch memory of a run
}

// lanes is how many float32 the processor's vectors hold: 8 or 16; 0 where the CPU engine does not run.
func lanes() int { return int(C.pvs_lanes()) }

// hasFloat16 says whether the processor computes in float16.
func hasFloat16() bool { return C.pvs_has_float16() != 0 }

// newNetwork builds the network for vectors of 8 or 16 lanes, or in float16, for 16.
func newNetwork(config effnet.Config, values map[string][]float32, size, lanes int, float16 bool) (*Network, error) {
	b := &builder{lanes: lanes, float16: float16}
	n := &Network{config: config, size: size}
	if err := b.build(func() { n.c = b.network(config, size, 0, true) }); err != nil {
		return nil, fmt.Errorf("%s: %w", config.Title, err)
	}
	n.memory = b.memory
	runtime.AddCleanup(n, (*cMemory).release, b.memory)
	b.load(values)
	needs := int(C.pvs_scratch(n.c, maxBatch))
	n.scratch.New = func() any { s := make([]float32, needs); return &s }
	return n, nil
}

// run computes the input of a block, by its number, or the features of at most maxBatch images.
func (n *Network) run(images []float32, count, block int, factors, out []float32) {
	s := n.scratch.Get().(*[]float32)
	defer n.scratch.Put(s)
	C.pvs_run(n.c, floats(images), C.int(count), C.int(block), floats(factors), floats(out), floats(*s))
	runtime.KeepAlive(n)
}

// floats is a pointer to the values, null for none.
func floats(x []float32) *C.float { return (*C.float)(unsafe.SliceData(x)) }
