package backbone

import (
	"fmt"
	"strings"
)

// Normalise names how a photo's values, 0 to 255, become what a network was trained on.
type Normalise string

// The normalisations: a mean is taken away and a deviation divided by, of values from 0 to 1.
const (
	// ImageNet has the mean and deviation of ImageNet's photos: torchvision's networks and most of timm's
	// (timm/data/constants.py, IMAGENET_DEFAULT_MEAN and _STD).
	ImageNet Normalise = "imagenet"
	// CLIP has those of CLIP's photos (OPENAI_CLIP_MEAN and _STD there).
	CLIP Normalise = "clip"
	// Signed is from -1 to 1: SigLIP, Google's networks (IMAGENET_INCEPTION_MEAN and _STD there).
	Signed Normalise = "-1..1"
	// Unit is from 0 to 1: MobileCLIP.
	Unit Normalise = "0..1"
	// Bytes leaves 0 to 255, for networks that normalise by themselves.
	Bytes Normalise = "0..255"
)

// Normalisations are all there are, with the mean and deviation of each channel.
var normalisations = []struct {
	name            Normalise
	mean, deviation [3]float32
}{
	{ImageNet, [3]float32{0.485, 0.456, 0.406}, [3]float32{0.229, 0.224, 0.225}},
	{CLIP, [3]float32{0.48145466, 0.4578275, 0.40821073}, [3]float32{0.26862954, 0.26130258, 0.27577711}},
	{Signed, [3]float32{0.5, 0.5, 0.5}, [3]float32{0.5, 0.5, 0.5}},
	{Unit, [3]float32{}, [3]float32{1, 1, 1}},
	{Bytes, [3]float32{}, [3]float32{1. / 255, 1. / 255, 1. / 255}},
}

// UnmarshalText reads a name; another one is an error that lists all.
func (n *Normalise) UnmarshalText(text []byte) error {
	var names []string
	for _, one := range normalisations {
		if string(one.name) == string(text) {
			*n = one.name
			return nil
		}
		names = append(names, string(one.name))
	}
	return fmt.Errorf("no normalisation is called %q: there are %s", text, strings.Join(names, ", "))
}

// channels are factor and offset of each channel for values from 0 to 255.
func (n Normalise) channels() (factor, offset [3]float32) {
	for _, one := range normalisations {
		if one.name == n {
			for c := range factor {
				factor[c] = 1 / (255 * one.deviation[c])
				offset[c] = -one.mean[c] / one.deviation[c]
			}
		}
	}
	return factor, offset
}

// planes normalises a square photo [size, size, 3] into planes [3, size, size].
func (n Normalise) planes(photo, to []float32) {
	factor, offset := n.channels()
	size := len(photo) / 3
	red, green, blue := to[:size], to[size:2*size], to[2*size:3*size]
	for i := range red {
		p := photo[3*i : 3*i+3]
		red[i] = p[0]*factor[0] + offset[0]
		green[i] = p[1]*factor[1] + offset[1]
		blue[i] = p[2]*factor[2] + offset[2]
	}
}

// pixels normalises a square photo [size, size, 3] in its order.
func (n Normalise) pixels(photo, to []float32) {
	factor, offset := n.channels()
	for i := 0; i+2 < len(photo); i += 3 {
		for c := range 3 {
			to[i+c] = photo[i+c]*factor[c] + offset[c]
		}
	}
}
