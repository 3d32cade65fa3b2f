package effnet

import (
	"fmt"
	"math"
)

// Stage is one row of the stage table: a run of inverted-bottleneck (MBConv)
// blocks that share kernel size and output width. Numbers are those of
// EfficientNet-B0 before scaling.
type Stage struct {
	Repeats int // blocks in the stage
	Kernel  int // side of the depthwise kernel
	Stride  int // of the first block; the others have stride 1
	Expand  int // input channels are multiplied by this before the depthwise convolution
	In, Out int // channels
}

// stages is table 1 of Tan & Le, "EfficientNet" (2019), stages 2 to 8; the same
// numbers as DEFAULT_BLOCKS_ARGS in keras/applications/efficientnet.py.
var stages = []Stage{
	{Repeats: 1, Kernel: 3, Stride: 1, Expand: 1, In: 32, Out: 16},
	{Repeats: 2, Kernel: 3, Stride: 2, Expand: 6, In: 16, Out: 24},
	{Repeats: 2, Kernel: 5, Stride: 2, Expand: 6, In: 24, Out: 40},
	{Repeats: 3, Kernel: 3, Stride: 2, Expand: 6, In: 40, Out: 80},
	{Repeats: 3, Kernel: 5, Stride: 1, Expand: 6, In: 80, Out: 112},
	{Repeats: 4, Kernel: 5, Stride: 2, Expand: 6, In: 112, Out: 192},
	{Repeats: 1, Kernel: 3, Stride: 1, Expand: 6, In: 192, Out: 320},
}

const (
	stemChannels = 32
	topChannels  = 1280
	// seRatio sizes the squeeze-excite bottleneck as a share of the block's
	// input channels (Keras: se_ratio).
	seRatio = 0.25
	// Epsilon is added to the variance in every BatchNorm (timm: tf_ models;
	// Keras: the layer's default).
	Epsilon = 1e-3
	// DefaultDropConnect is Keras's default of Options.DropConnect.
	DefaultDropConnect = 0.2
)

// Block is one MBConv block of a scaled network.
type Block struct {
	Name    string // Keras's prefix: "block2a", "block2b", ...
	Kernel  int
	Stride  int
	Expand  int // 1: the block has no expansion layers
	In, Out int // channels
	Squeeze int // channels of the squeeze-excite bottleneck; 0: none
}

// Expanded returns the channels between expansion and projection.
func (b Block) Expanded() int { return b.In * b.Expand }

// Residual says whether the block's input is added to its output.
func (b Block) Residual() bool { return b.Stride == 1 && b.In == b.Out }

// Config is a variant of EfficientNet: the scaling of the stage table and the
// few things in which the families differ.
type Config struct {
	Name       string  // "b0", "lite0", "mini", ...
	Title      string  // for people: "EfficientNet-B0"
	Width      float64 // factor on the channels
	Depth      float64 // factor on the repeats
	Resolution int     // side of the square input that ImageNet weights were trained on
	Dropout    float64 // rate before the ImageNet classifier
	Lite       bool    // no squeeze-excite, ReLU6, stem, top, first and last stage not scaled
}

// Validate returns an error that says what is wrong with a configuration of the caller's own.
func (c Config) Validate() error {
	if !(c.Width > 0 && c.Width <= 10) || !(c.Depth > 0 && c.Depth <= 10) {
		return fmt.Errorf("EfficientNet %q: width %g and depth %g must be above 0 and at most 10", c.Name, c.Width, c.Depth)
	}
	if c.Resolution < 32 {
		return fmt.Errorf("EfficientNet %q: an input of %d pixels is smaller than the network's stride of 32", c.Name,
			c.Resolution)
	}
	return nil
}

// Stem returns the channels after the first convolution.
func (c Config) Stem() int {
	if c.Lite {
		return stemChannels
	}
	return c.channels(stemChannels)
}

// Features returns the channels after the last convolution, the length of the pooled features.
func (c Config) Features() int {
	if c.Lite {
		return topChannels
	}
	return c.channels(topChannels)
}

// Blocks returns the scaled stage table, block by block.
func (c Config) Blocks() []Block {
	var blocks []Block
	for i, s := range stages {
		in, out := c.channels(s.In), c.channels(s.Out)
		if i == 0 {
			in = c.Stem()
		}
		repeats := int(math.Ceil(c.Depth * float64(s.Repeats)))
		if c.Lite && (i == 0 || i == len(stages)-1) {
			repeats = s.Repeats // efficientnet_lite_builder.py: fix_first_last=True
		}
		for j := range repeats {
			b := Block{Name: fmt.Sprintf("block%d%c", i+1, 'a'+j), Kernel: s.Kernel, Stride: s.Stride, Expand: s.Expand,
				In: in, Out: out}
			if j > 0 {
				b.Stride, b.In = 1, out
			}
			if !c.Lite {
				b.Squeeze = max(1, int(float64(b.In)*seRatio))
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// InputOf returns the height, width and channels of a block's input when the images
// are squares of size pixels; zeros for a block that the network lacks.
func (c Config) InputOf(block string, size int) (h, w, channels int) {
	side := (size + 1) / 2 // the stem's stride
	for _, b := range c.Blocks() {
		if b.Name == block {
			return side, side, b.In
		}
		side = (side + b.Stride - 1) / b.Stride
	}
	return 0, 0, 0
}

// channels scales a number of channels by the width and rounds it to a multiple of 8
// that is never below 90% of the exact value (Keras: round_filters).
func (c Config) channels(n int) int {
	const divisor = 8
	exact := float64(n) * c.Width
	rounded := max(divisor, int(exact+divisor/2)/divisor*divisor)
	if float64(rounded) < 0.9*exact {
		rounded += divisor
	}
	return rounded
}
