package finetune

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// fallbackMemory is assumed where the system does not say how much there is.
const fallbackMemory = 4 << 30

// availableMemory returns the bytes that a program can still take.
func availableMemory() int64 {
	available := int64(fallbackMemory)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var kib int64
			if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); n == 1 {
				available = kib << 10
			}
		}
	}
	// A container may be given less (cgroup v2).
	read := func(name string) (int64, bool) {
		data, err := os.ReadFile("/sys/fs/cgroup/" + name)
		if err != nil {
			return 0, false
		}
		v, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
		return v, err == nil // "max" is no number
	}
	if limit, ok := read("memory.max"); ok {
		if used, ok := read("memory.current"); ok {
			available = min(available, limit-used)
		}
	}
	return max(0, available)
}

// imageBytes estimates what training on one image keeps in memory: four tensors of
// float32 for each convolution's output. For B0 at 224 pixels that is 108 MB; XLA on a
// CPU was seen to take 90.
func imageBytes(c effnet.Config, size int) int64 {
	side := (size + 1) / 2
	values := int64(side) * int64(side) * int64(c.Stem())
	for _, b := range c.Blocks() {
		if b.Expand != 1 {
			values += int64(side) * int64(side) * int64(b.Expanded())
		}
		side = (side + b.Stride - 1) / b.Stride
		values += int64(side) * int64(side) * int64(b.Expanded()+b.Out)
	}
	values += int64(side) * int64(side) * int64(c.Features())
	return 4 * 4 * values
}

// keptBytes is what own kernels keep of an image until they go back: [native.KeptBytes], or, with
// BatchNorms that train, what the convolutions give, for B0 at 224 pixels 27 MB.
func keptBytes(c effnet.Config, size int, p Phase) int64 {
	switch {
	case p.BatchNorm:
		return imageBytes(c, size) / 4
	case p.CachedInput() == FromBlock:
		return native.KeptBytes(c, size, lastStage)
	}
	return native.KeptBytes(c, size, "")
}

// fits returns how many images of so many bytes train at once in half of the memory, on devices
// that share it: batch, or a power of two below it for each device.
func fits(image int64, batch, devices int, memory int64) int {
	most := memory / 2 / image
	if int64(batch) <= most {
		return batch
	}
	n := devices
	for int64(2*n) <= most {
		n *= 2
	}
	return n
}
