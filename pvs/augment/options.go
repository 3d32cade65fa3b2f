package augment

import "fmt"

// Options says which operations are used, how often and how strongly. The zero value does nothing.
type Options struct {
	Ground      Ground
	Crop        Crop
	Flip        Flip
	Rotation    Rotation
	Perspective Perspective
	Erase       Erase
	Color       Color
	Blur        Blur
	Noise       Noise
	JPEG        JPEG
	// Aliased samples bilinearly without antialiasing, as [imageprep.Square] does.
	Aliased bool
}

// Ground replaces the even ground of a cut-out, where the photo's one-pixel edge is of one colour: by a colour, by a
// gradient of two, or by a crop of another photo. Only ground that is connected with the edge is replaced.
type Ground struct {
	Probability float64
	Tolerance   float64 // how far a channel of the ground may be from the edge's mean, 0..255; 0: nothing is replaced
	Photos      float64 // share of grounds that are other photos, of those that the Augmenter has; the others are drawn
}

// Crop takes a random part of the padded square (random resized crop; Szegedy et al. 2015).
type Crop struct {
	Probability float64
	MinArea     float64 // share of the square's area, uniform from MinArea to MaxArea; 0: 1
	MaxArea     float64 // 0: 1; beyond 1 the photo is shown smaller, on the colour of its edge
	Stretch     float64 // width / height is log-uniform in 1/(1+Stretch) to 1+Stretch; 0: square
}

// Flip exchanges left and right.
type Flip struct {
	Probability float64
}

// Rotation turns about the crop's middle.
type Rotation struct {
	Probability float64 // of a small angle
	Degrees     float64 // the angle is uniform in -Degrees to Degrees
	RightAngles float64 // probability of a turn by 90, 180 or 270 degrees
}

// Perspective looks at the photo aslant.
type Perspective struct {
	Probability float64
	Tilt        float64 // across and down: edges are magnified by up to 1/(1-Tilt) and 1/(1+Tilt); below 0.5
}

// Erase hides a rectangle under one random colour (random erasing; Zhong et al. 2020).
type Erase struct {
	Probability float64
	MaxArea     float64 // share of the image, uniform from a tenth of it on; width / height is in 1/3 to 3
}

// Color changes the light. The four are composed to one affine map of RGB, values are clipped once, at its end.
type Color struct {
	Probability float64
	Brightness  float64 // factor uniform in 1-Brightness to 1+Brightness
	Contrast    float64 // factor of the distance from the image's mean luma
	Saturation  float64 // factor of the distance from a pixel's own luma
	Hue         float64 // angle in the IQ plane, in turns: uniform in -Hue to Hue; up to 0.5
}

// Blur is Gaussian.
type Blur struct {
	Probability float64
	Sigma       float64 // standard deviation, uniform from 0 on, as a share of the image's side
}

// Noise is Gaussian and independent in each value.
type Noise struct {
	Probability float64
	Sigma       float64 // standard deviation, uniform from 0 on; values are 0..255
}

// JPEG compresses with 4:2:0 subsampled colour.
type JPEG struct {
	Probability float64
	MinQuality  int // uniform from MinQuality to 95; 0: not compressed
}

// check says which option is out of its range.
func (o Options) check() error {
	for _, c := range []struct {
		name         string
		v, low, high float64
	}{
		{"Ground.Probability", o.Ground.Probability, 0, 1}, {"Ground.Tolerance", o.Ground.Tolerance, 0, 255},
		{"Ground.Photos", o.Ground.Photos, 0, 1},
		{"Crop.Probability", o.Crop.Probability, 0, 1}, {"Crop.MinArea", o.Crop.MinArea, 0, 16},
		{"Crop.MaxArea", o.Crop.MaxArea, 0, 16}, {"Crop.Stretch", o.Crop.Stretch, 0, 10},
		{"Flip.Probability", o.Flip.Probability, 0, 1}, {"Rotation.Probability", o.Rotation.Probability, 0, 1},
		{"Rotation.Degrees", o.Rotation.Degrees, 0, 180}, {"Rotation.RightAngles", o.Rotation.RightAngles, 0, 1},
		{"Perspective.Probability", o.Perspective.Probability, 0, 1}, {"Perspective.Tilt", o.Perspective.Tilt, 0, 0.49},
		{"Erase.Probability", o.Erase.Probability, 0, 1}, {"Erase.MaxArea", o.Erase.MaxArea, 0, 1},
		{"Color.Probability", o.Color.Probability, 0, 1}, {"Color.Brightness", o.Color.Brightness, 0, 1},
		{"Color.Contrast", o.Color.Contrast, 0, 1}, {"Color.Saturation", o.Color.Saturation, 0, 1},
		{"Color.Hue", o.Color.Hue, 0, 0.5}, {"Blur.Probability", o.Blur.Probability, 0, 1},
		{"Blur.Sigma", o.Blur.Sigma, 0, 0.25}, {"Noise.Probability", o.Noise.Probability, 0, 1},
		{"Noise.Sigma", o.Noise.Sigma, 0, 255}, {"JPEG.Probability", o.JPEG.Probability, 0, 1},
		{"JPEG.MinQuality", float64(o.JPEG.MinQuality), 0, 95},
	} {
		if !(c.v >= c.low && c.v <= c.high) { // not a number is out of it, too
			return fmt.Errorf("augmentation: %s is %v, but has to be in %v to %v", c.name, c.v, c.low, c.high)
		}
	}
	if low, high := o.Crop.areas(); low > high {
		return fmt.Errorf("augmentation: Crop.MinArea %v is above Crop.MaxArea %v", low, high)
	}
	return nil
}

// areas returns the range of a crop's area with its defaults.
func (c Crop) areas() (low, high float64) {
	low, high = c.MinArea, c.MaxArea
	if low == 0 {
		low = 1
	}
	if high == 0 {
		high = 1
	}
	return low, high
}
