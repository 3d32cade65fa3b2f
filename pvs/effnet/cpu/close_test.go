//go:build cgo && amd64

package cpu_test

import (
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Close frees all memory outside of Go's, once or twice; later calls say that it is closed, and running calls end
// first.
func TestClose(t *testing.T) {
	needsCPUEngine(t)
	before := cpu.InUse()
	weights, x, features := values(mini), images(2, 32), make([]float32, 2*mini.Features())
	n, err := cpu.New(mini, weights, 32, effnet.Float32)
	if err != nil {
		t.Fatal(err)
	}
	training, err := cpu.NewTraining(mini, 32, cpu.TrainingOptions{Norms: true})
	if err != nil {
		t.Fatal(err)
	}
	if cpu.InUse() <= before {
		t.Fatal("nothing is allocated")
	}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			out := make([]float32, len(features))
			for n.Run(x, cpu.Options{}, out) == nil {
			}
		})
	}
	if err := training.Load(weights); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		n.Close()
		training.Close()
	}
	running.Wait()
	if now := cpu.InUse(); now != before {
		t.Errorf("%d bytes are allocated, %d more than before", now, now-before)
	}
	for what, err := range map[string]error{
		"Run": n.Run(x, cpu.Options{}, features), "Load": training.Load(weights),
		"Forward":  training.Forward(x, nil, features),
		"Backward": training.Backward(features), "Gradients": training.Gradients(map[string][]float32{}),
		"Step": training.Step(cpu.Adam{}, nil),
	} {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Errorf("%s after Close: %v", what, err)
		}
	}
}

// Where memory ends, at whatever allocation, an error says so, and what was allocated is freed.
func TestNoMemory(t *testing.T) {
	needsCPUEngine(t)
	defer cpu.SetAllocate(nil)
	before := cpu.InUse()
	weights := values(mini)
	for what, build := range map[string]func() (interface{ Close() }, error){
		"a network": func() (interface{ Close() }, error) { return cpu.New(mini, weights, 32, effnet.Float32) },
		"a training": func() (interface{ Close() }, error) {
			return cpu.NewTraining(mini, 32, cpu.TrainingOptions{Norms: true})
		},
	} {
		for left := 0; ; left++ {
			allocations := left
			cpu.SetAllocate(func(line, bytes int) unsafe.Pointer {
				if allocations--; allocations < 0 {
					return nil
				}
				return cpu.Real(line, bytes)
			})
			made, err := build()
			if err == nil {
				made.Close()
				if left < 10 {
					t.Errorf("%s takes %d allocations", what, left)
				}
				break
			}
			if !strings.Contains(err.Error(), "no memory") || cpu.InUse() != before {
				t.Fatalf("%s with memory for %d allocations: %v, %d bytes allocated", what, left, err, cpu.InUse()-before)
			}
		}
	}
	if cpu.InUse() != before {
		t.Error("something is still allocated")
	}
}
