package serve

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// Crop is a part of a photo, in shares of its width and height as it is seen (upright): left, top, width, height,
// 0 to 1 each.
type Crop struct{ X, Y, Width, Height float64 }

// errCrop is what a crop that is none is told.
var errCrop = errors.New("crop must be left,top,width,height in shares of the photo, as in 0.1,0.2,0.5,0.5")

// ParseCrop reads "left,top,width,height". What lies beyond the photo by rounding is cut off; the whole photo is nil.
func ParseCrop(s string) (*Crop, error) {
	if s == "" {
		return nil, nil
	}
	parts := strings.Split(s, ",")
	if len(parts) != 4 {
		return nil, errCrop
	}
	var v [4]float64
	for i, p := range parts {
		x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(x) || x < 0 || x > 1 {
			return nil, errCrop
		}
		v[i] = x
	}
	const slack = 1e-3 // of a browser's rounding
	c := Crop{v[0], v[1], v[2], v[3]}
	if c.Width == 0 || c.Height == 0 || c.X+c.Width > 1+slack || c.Y+c.Height > 1+slack {
		return nil, errCrop
	}
	c.Width, c.Height = min(c.Width, 1-c.X), min(c.Height, 1-c.Y)
	if c.Width <= 0 || c.Height <= 0 {
		return nil, errCrop
	}
	if c == (Crop{0, 0, 1, 1}) {
		return nil, nil
	}
	return &c, nil
}

// suffices returns how many pixels of a whole photo's longer side suffice where so many of the part's do.
func (c *Crop) suffices(pixels int) int {
	if c == nil {
		return pixels
	}
	return int(math.Ceil(float64(pixels) / min(c.Width, c.Height)))
}

// String is what ParseCrop reads; "" for the whole photo.
func (c *Crop) String() string {
	if c == nil {
		return ""
	}
	short := func(v float64) string { return strconv.FormatFloat(math.Round(v*1e4)/1e4, 'g', -1, 64) }
	return strings.Join([]string{short(c.X), short(c.Y), short(c.Width), short(c.Height)}, ",")
}

// least is the shortest side, in pixels, of what can be searched for.
const least = 8

// of returns the part of a photo; the photo itself for nil.
func (c *Crop) of(p *imageprep.RGB) (*imageprep.RGB, error) {
	if c == nil {
		return p, nil
	}
	left, right := int(c.X*float64(p.Width)), int(math.Ceil((c.X+c.Width)*float64(p.Width)))
	top, bottom := int(c.Y*float64(p.Height)), int(math.Ceil((c.Y+c.Height)*float64(p.Height)))
	right, bottom = min(right, p.Width), min(bottom, p.Height)
	if right-left < least || bottom-top < least {
		return nil, fmt.Errorf("the crop is %d x %d pixels of a photo of %d x %d; %d x %d are the least",
			right-left, bottom-top, p.Width, p.Height, least, least)
	}
	out := imageprep.NewRGB(right-left, bottom-top)
	for y := top; y < bottom; y++ {
		copy(out.Pix[3*(y-top)*out.Width:], p.Pix[3*(y*p.Width+left):3*(y*p.Width+right)])
	}
	return out, nil
}
