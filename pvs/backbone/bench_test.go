//go:build unix

package backbone

import (
	"math/rand/v2"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFile embeds prepared photos with the network PVS_ONNX, on PVS_THREADS threads, for docs/backbones.sh: times
// of the processor and of the fastest batch, which other work of the machine changes least.
func BenchmarkFile(b *testing.B) {
	file := os.Getenv("PVS_ONNX")
	if file == "" {
		b.Skip("PVS_ONNX names no network")
	}
	threads, _ := strconv.Atoi(os.Getenv("PVS_THREADS")) // 0: as many as ONNX Runtime likes
	n, err := Open(file, Settings{}, Options{Library: library(b), Threads: threads})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	inputs, out := make([]float32, n.Batch()*n.InputLen()), make([]float32, n.Batch()*n.Dim())
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range inputs {
		inputs[i] = float32(rng.IntN(256))
	}
	fastest, before := time.Hour, processor(b)
	for b.Loop() {
		begun := time.Now()
		if err := n.Embed(inputs, n.Batch(), out); err != nil {
			b.Fatal(err)
		}
		fastest = min(fastest, time.Since(begun))
	}
	photos := float64(b.N * n.Batch())
	b.ReportMetric(1000*(processor(b)-before).Seconds()/photos, "cpu-ms/photo")
	b.ReportMetric(1000*fastest.Seconds()/float64(n.Batch()), "fastest-ms/photo")
}

// processor is the time that the process had on processors.
func processor(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
