package augment

import (
	"math"
	"math/rand/v2"
)

// draws are the random choices for one image. They are always drawn all and in this order.
type draws struct {
	ground   groundDraws
	geometry matrix // from the output to the padded photo, both in -1..1
	erase    eraseDraws
	color    colorDraws
	blur     float64 // standard deviation as a share of the side
	noise    float64 // standard deviation
	quality  int     // of JPEG; 0: none
}

// groundDraws say what comes behind a cut-out.
type groundDraws struct {
	use, photo, gradient bool
	colors               [2][3]float32
	angle                float64 // of the gradient, radians
	which                float64 // of the other photos, 0..1
	crop                 matrix
}

// eraseDraws are the rectangle that is hidden, in 0..1.
type eraseDraws struct {
	use                      bool
	left, top, right, bottom float64
	color                    [3]float32
}

// colorDraws are factors, and an angle in turns.
type colorDraws struct {
	use                              bool
	brightness, contrast, saturation float64
	hue                              float64
}

// random draws from distributions.
type random struct{ *rand.Rand }

func (d random) chance(p float64) bool         { return d.Float64() < p }
func (d random) between(a, b float64) float64  { return a + (b-a)*d.Float64() }
func (d random) spread(x float64) float64      { return d.between(-x, x) }
func (d random) logSpread(top float64) float64 { return math.Exp(d.spread(math.Log(top))) }

func (d random) color() (c [3]float32) {
	for i := range c {
		c[i] = float32(d.between(0, 255))
	}
	return c
}

func draw(o Options, d random) draws {
	var out draws
	out.ground = d.ground(o.Ground)
	crop := d.crop(o.Crop)
	flip := identity
	if d.chance(o.Flip.Probability) {
		flip[0] = -1
	}
	turn, angle := d.chance(o.Rotation.Probability), d.spread(o.Rotation.Degrees)
	if !turn {
		angle = 0
	}
	rotation := rotated(angle)
	turn, quarter := d.chance(o.Rotation.RightAngles), 1+d.IntN(3)
	if turn {
		rotation = rotation.after(rotated(float64(90 * quarter)))
	}
	tilt := identity
	aslant, across, down := d.chance(o.Perspective.Probability), d.spread(o.Perspective.Tilt), d.spread(o.Perspective.Tilt)
	if aslant {
		tilt = tilted(across, down)
	}
	out.geometry = crop.after(rotation).after(tilt).after(flip)
	out.erase = d.erase(o.Erase)
	c := o.Color
	out.color = colorDraws{d.chance(c.Probability), 1 + d.spread(c.Brightness), 1 + d.spread(c.Contrast),
		1 + d.spread(c.Saturation), d.spread(c.Hue)}
	if use, sigma := d.chance(o.Blur.Probability), d.between(0, o.Blur.Sigma); use {
		out.blur = sigma
	}
	if use, sigma := d.chance(o.Noise.Probability), d.between(0, o.Noise.Sigma); use {
		out.noise = sigma
	}
	use, at := d.chance(o.JPEG.Probability), d.Float64()
	if low := o.JPEG.MinQuality; use && low > 0 {
		out.quality = low + int(at*float64(96-low))
	}
	return out
}

func (d random) ground(o Ground) groundDraws {
	g := groundDraws{use: d.chance(o.Probability) && o.Tolerance > 0, photo: d.chance(o.Photos), gradient: d.chance(0.5)}
	g.colors[0], g.colors[1] = d.color(), d.color()
	g.angle, g.which = d.between(0, 2*math.Pi), d.Float64()
	side := d.between(0.3, 0.7) // inside of the photo, whatever its aspect
	g.crop = scaled(side, side, d.spread(1-side), d.spread(1-side))
	return g
}

func (d random) crop(o Crop) matrix {
	use := d.chance(o.Probability)
	area, aspect := d.between(o.areas()), d.logSpread(1+o.Stretch)
	limit := max(1, math.Sqrt(area))
	w, h := min(limit, math.Sqrt(area*aspect)), min(limit, math.Sqrt(area/aspect))
	dx, dy := d.spread(1)*math.Abs(1-w), d.spread(1)*math.Abs(1-h)
	if !use {
		return identity
	}
	return scaled(w, h, dx, dy)
}

func (d random) erase(o Erase) eraseDraws {
	use := d.chance(o.Probability) && o.MaxArea > 0
	area, aspect := d.between(o.MaxArea/10, o.MaxArea), d.logSpread(3)
	w, h := min(1, math.Sqrt(area*aspect)), min(1, math.Sqrt(area/aspect))
	x, y := d.Float64()*(1-w), d.Float64()*(1-h)
	return eraseDraws{use, x, y, x + w, y + h, d.color()}
}
