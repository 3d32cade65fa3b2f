//go:build cgo && amd64

package cpu

import (
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Lanes are the vectors' lanes for which this processor can run.
func Lanes() []int {
	switch lanes() {
	case 16:
		return []int{8, 16}
	case 8:
		return []int{8}
	}
	return nil
}

// NewTrainingFor is NewTraining for vectors of so many lanes.
func NewTrainingFor(config effnet.Config, size int, opts TrainingOptions, lanes int) (*Training, error) {
	return newTraining(config, size, opts, lanes)
}

// SavedBytes is how many bytes it saves for backward of so many images.
func (t *Training) SavedBytes(images int) int64 { return 4 * int64(t.net.savedValues(images, t.first)) }

// NewFloat16 builds a network in float16.
func NewFloat16(config effnet.Config, values map[string][]float32, size int) (*Network, error) {
	return newNetwork(config, values, size, 16, true)
}

// NewFor builds a network for vectors of so many lanes.
func NewFor(config effnet.Config, values map[string][]float32, size, lanes int) (*Network, error) {
	return newNetwork(config, values, size, lanes, false)
}

// NewDenseFor makes a layer for vectors of so many lanes.
func NewDenseFor(in, out, lanes int) (*Dense, error) { return newDense(in, out, lanes) }

// StepFor takes a step of Adam with vectors of so many lanes.
func (a Adam) StepFor(gradients []float32, t Trained, lanes int) { a.stepWith(gradients, t, lanes) }

// SetAllocate replaces the allocation of memory outside of Go's, until it is called again with nil.
func SetAllocate(f func(line, bytes int) unsafe.Pointer) {
	if f == nil {
		f = real
	}
	allocate = f
}

var real = allocate

// Real allocates memory.
func Real(line, bytes int) unsafe.Pointer { return real(line, bytes) }

// InUse is how many bytes outside of Go's memory are allocated.
func InUse() int64 { return inUse.Load() }

const canary = 12345

// Guard puts the gradient sums of up to so many parts between values that nothing may write; touched says whether
// something has.
func (t *Training) Guard(parts int) (touched func() bool) {
	const edge = 1024
	n := parts * t.net.sums
	guarded := make([]float32, edge+n+edge)
	for i := range guarded {
		guarded[i] = canary
	}
	t.sums = guarded[edge : edge+n : edge+n]
	clear(t.sums)
	return func() bool {
		for i, v := range guarded {
			if (i < edge || i >= edge+n) && v != canary {
				return true
			}
		}
		return false
	}
}

// Pack packs weights into panels, and Unpack unpacks their gradients, with vectors of so many lanes.
func Pack(lanes int, channel, transposed bool, rows, columns int, weights, factor []float32) []float32 {
	p := testPanels(lanes, channel, transposed, rows, columns)
	to := make([]float32, p.size())
	p.pack(lanes, weights, factor, to)
	return to
}

func testPanels(lanes int, channel, transposed bool, rows, columns int) panels {
	p := matrixPanels(rows, columns, lanes)
	if channel {
		p = channelPanels(rows, columns, lanes)
	}
	p.transposed = transposed
	return p
}

// Unpack takes the partial sums of parts, each as long as what Pack returns, and makes them zeros.
func Unpack(lanes int, channel, transposed bool, rows, columns int, sums []float32, parts int, factor []float32,
	a *Adam, t Trained) {
	p := testPanels(lanes, channel, transposed, rows, columns)
	p.each(func(at, width, column, columns int) {
		begin, by := p.begin(column, factor)
		p.unpackPanel(lanes, width, columns, sums[at:], parts, p.size(), by, a, t.from(begin))
	})
}
