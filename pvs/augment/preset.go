package augment

import (
	"fmt"
	"strings"
)

// Mild has crops of half to all of the area, left-right flips, changes of light that leave a product's
// colour recognisable, and some blur.
func Mild() Options {
	return Options{
		Crop:  Crop{Probability: 1, MinArea: 0.5, MaxArea: 1, Stretch: 0.25},
		Flip:  Flip{Probability: 0.5},
		Color: Color{Probability: 0.8, Brightness: 0.3, Contrast: 0.3, Saturation: 0.2, Hue: 0.02},
		Blur:  Blur{Probability: 0.3, Sigma: 0.008},
	}
}

// Strong uses all operations.
func Strong() Options {
	return Options{
		Ground:      Ground{Probability: 0.5, Tolerance: 12, Photos: 0.5},
		Crop:        Crop{Probability: 1, MinArea: 0.25, MaxArea: 1.3, Stretch: 0.33},
		Flip:        Flip{Probability: 0.5},
		Rotation:    Rotation{Probability: 0.5, Degrees: 20, RightAngles: 0.2},
		Perspective: Perspective{Probability: 0.5, Tilt: 0.2},
		Erase:       Erase{Probability: 0.3, MaxArea: 0.2},
		Color:       Color{Probability: 0.8, Brightness: 0.4, Contrast: 0.4, Saturation: 0.3, Hue: 0.03},
		Blur:        Blur{Probability: 0.3, Sigma: 0.012},
		Noise:       Noise{Probability: 0.3, Sigma: 12},
		JPEG:        JPEG{Probability: 0.3, MinQuality: 30},
	}
}

// operations are the names by which [Parse] switches an operation on, as from has it, or off.
var operations = []struct {
	name string
	set  func(o *Options, from Options)
}{
	{"ground", func(o *Options, from Options) { o.Ground = from.Ground }},
	{"crop", func(o *Options, from Options) { o.Crop = from.Crop }},
	{"flip", func(o *Options, from Options) { o.Flip = from.Flip }},
	{"rotation", func(o *Options, from Options) { o.Rotation = from.Rotation }},
	{"perspective", func(o *Options, from Options) { o.Perspective = from.Perspective }},
	{"erase", func(o *Options, from Options) { o.Erase = from.Erase }},
	{"color", func(o *Options, from Options) { o.Color = from.Color }},
	{"blur", func(o *Options, from Options) { o.Blur = from.Blur }},
	{"noise", func(o *Options, from Options) { o.Noise = from.Noise }},
	{"jpeg", func(o *Options, from Options) { o.JPEG = from.JPEG }},
}

// Operations lists the names of the operations in their order.
func Operations() []string {
	var names []string
	for _, op := range operations {
		names = append(names, op.name)
	}
	return names
}

// Parse reads a preset for ablations: "none", "mild" or "strong", with operations switched on (+) and off (-):
//
//	mild-blur         // all of Mild but blur
//	mild+rotation     // and rotation, as strong as in Strong
//	none+crop+flip    // crops and flips only, as in Mild
//
// An operation that is switched on is as in [Mild] where that has it, else as in [Strong].
func Parse(name string) (Options, error) {
	end := strings.IndexAny(name, "+-")
	if end < 0 {
		end = len(name)
	}
	var o Options
	switch name[:end] {
	case "none":
	case "mild":
		o = Mild()
	case "strong":
		o = Strong()
	default:
		return o, fmt.Errorf("no augmentation is called %q: they are none, mild and strong, with operations "+
			"added (+) or left out (-), as in mild-blur", name[:end])
	}
	for rest := name[end:]; rest != ""; {
		sign := rest[0]
		n := strings.IndexAny(rest[1:], "+-")
		if n < 0 {
			n = len(rest) - 1
		}
		if err := o.change(sign == '+', rest[1:1+n]); err != nil {
			return o, err
		}
		rest = rest[1+n:]
	}
	return o, nil
}

// change switches an operation on or off.
func (o *Options) change(on bool, name string) error {
	for _, op := range operations {
		if op.name != name {
			continue
		}
		op.set(o, Options{})
		if !on {
			return nil
		}
		off := *o
		if op.set(o, Mild()); *o == off {
			op.set(o, Strong())
		}
		return nil
	}
	return fmt.Errorf("no operation of augmentation is called %q: they are %s", name, strings.Join(Operations(), ", "))
}
