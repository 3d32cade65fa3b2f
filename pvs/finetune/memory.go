package finetune

import (
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// imageBytes estimates what a graph saves for backward of one image: four tensors of
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

// savedBytes is what the fused CPU kernels save for backward of an image: [cpu.SavedBytes], or, with
// BatchNorms in training mode, the outputs of the convolutions, for B0 at 224 pixels 27 MB.
func savedBytes(c effnet.Config, size int, p Phase) int64 {
	switch {
	case p.BatchNorm:
		return imageBytes(c, size) / 4
	case p.CachedInput() == FromBlock:
		return cpu.SavedBytes(c, size, lastStage)
	}
	return cpu.SavedBytes(c, size, "")
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
