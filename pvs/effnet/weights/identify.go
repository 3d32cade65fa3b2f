package weights

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// Identify finds the network that a file's weights fit: one of effnet's variants, or
// one of its family with another width and depth.
func Identify(f *File) (effnet.Config, error) {
	tensors, _, err := f.network()
	if err != nil {
		return effnet.Config{}, err
	}
	for _, name := range effnet.Names() {
		if c, err := effnet.Named(name); err == nil && fits(tensors, c) {
			return c, nil
		}
	}
	sizes := map[int]bool{}
	for _, t := range tensors {
		sizes[len(t.Data)] = true
	}
	const step = 0.05
	for _, lite := range []bool{false, true} {
		for w := 1; w <= 50; w++ {
			for d := 1; d <= 70; d++ {
				c := effnet.Config{Name: "custom", Width: step * float64(w), Depth: step * float64(d), Resolution: 224, Lite: lite}
				c.Title = fmt.Sprintf("EfficientNet of width %.2f and depth %.2f", c.Width, c.Depth)
				if plausible(sizes, c) && fits(tensors, c) {
					return c, nil
				}
			}
		}
	}
	return effnet.Config{}, fmt.Errorf("weights file %s fits no EfficientNet that is known", filepath.Base(f.Path))
}

// plausible says whether there are tensors as large as the network's stem, top and
// blocks: a thousand times faster than fits, which compares every name.
func plausible(sizes map[int]bool, c effnet.Config) bool {
	if !sizes[3*3*3*c.Stem()] || !sizes[c.Features()] {
		return false
	}
	for _, b := range c.Blocks() {
		if !sizes[b.Kernel*b.Kernel*b.Expanded()] || !sizes[b.Expanded()*b.Out] {
			return false
		}
	}
	return true
}
