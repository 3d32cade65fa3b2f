package effnet

import (
	"fmt"
	"strings"
)

// variants holds the compound scaling of each published network: B0..B7 from
// keras/applications/efficientnet.py, Lite0..Lite4 from efficientnet_lite_builder.py
// of the TPU repository. Mini is this project's own, for tests: Keras's generic
// builder at width 0.25 and depth 0.35.
var variants = []Config{
	{Name: "mini", Title: "EfficientNet-Mini", Width: 0.25, Depth: 0.35, Resolution: 64, Dropout: 0.2},
	{Name: "b0", Title: "EfficientNet-B0", Width: 1.0, Depth: 1.0, Resolution: 224, Dropout: 0.2},
	{Name: "b1", Title: "EfficientNet-B1", Width: 1.0, Depth: 1.1, Resolution: 240, Dropout: 0.2},
	{Name: "b2", Title: "EfficientNet-B2", Width: 1.1, Depth: 1.2, Resolution: 260, Dropout: 0.3},
	{Name: "b3", Title: "EfficientNet-B3", Width: 1.2, Depth: 1.4, Resolution: 300, Dropout: 0.3},
	{Name: "b4", Title: "EfficientNet-B4", Width: 1.4, Depth: 1.8, Resolution: 380, Dropout: 0.4},
	{Name: "b5", Title: "EfficientNet-B5", Width: 1.6, Depth: 2.2, Resolution: 456, Dropout: 0.4},
	{Name: "b6", Title: "EfficientNet-B6", Width: 1.8, Depth: 2.6, Resolution: 528, Dropout: 0.5},
	{Name: "b7", Title: "EfficientNet-B7", Width: 2.0, Depth: 3.1, Resolution: 600, Dropout: 0.5},
	{Name: "lite0", Title: "EfficientNet-Lite0", Width: 1.0, Depth: 1.0, Resolution: 224, Dropout: 0.2, Lite: true},
	{Name: "lite1", Title: "EfficientNet-Lite1", Width: 1.0, Depth: 1.1, Resolution: 240, Dropout: 0.2, Lite: true},
	{Name: "lite2", Title: "EfficientNet-Lite2", Width: 1.1, Depth: 1.2, Resolution: 260, Dropout: 0.3, Lite: true},
	{Name: "lite3", Title: "EfficientNet-Lite3", Width: 1.2, Depth: 1.4, Resolution: 280, Dropout: 0.3, Lite: true},
	{Name: "lite4", Title: "EfficientNet-Lite4", Width: 1.4, Depth: 1.8, Resolution: 300, Dropout: 0.3, Lite: true},
}

// Names lists the variants that [Named] knows.
func Names() []string {
	names := make([]string, len(variants))
	for i, v := range variants {
		names[i] = v.Name
	}
	return names
}

// Named returns the variant of that name ("b0", "lite0", "mini"; case does not matter).
func Named(name string) (Config, error) {
	for _, v := range variants {
		if strings.EqualFold(v.Name, name) {
			return v, nil
		}
	}
	return Config{}, fmt.Errorf("no EfficientNet is called %q: the variants are %s", name, strings.Join(Names(), ", "))
}

// Normalization maps pixels 0..255 to the network's input: (x*Scale - Mean) / Std, by channel (RGB).
type Normalization struct {
	Scale     float64
	Mean, Std [3]float64
}

// Normalization returns the input normalisation that the variant's ImageNet
// weights expect: ImageNet's mean and deviation for B0..B7 (Keras and timm's
// tf_efficientnet), (x-127)/128 for the Lite family.
func (c Config) Normalization() Normalization {
	if c.Lite {
		return Normalization{Scale: 1, Mean: [3]float64{127, 127, 127}, Std: [3]float64{128, 128, 128}}
	}
	return Normalization{
		Scale: 1.0 / 255,
		Mean:  [3]float64{0.485, 0.456, 0.406},
		Std:   [3]float64{0.229, 0.224, 0.225},
	}
}

// Row returns the normalisation of a row of pixels, [width, 3]: each value is multiplied
// by its factor and its offset is added.
func (n Normalization) Row(width int) (factor, offset []float32) {
	factor, offset = make([]float32, 3*width), make([]float32, 3*width)
	for i := range factor {
		factor[i], offset[i] = float32(n.Scale/n.Std[i%3]), float32(-n.Mean[i%3]/n.Std[i%3])
	}
	return factor, offset
}
