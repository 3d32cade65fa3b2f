package studio

import (
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Shot says everything about one photo. Angles are radians.
type Shot struct {
	Width, Height int // pixels

	// The camera looks at the middle of the product.
	Azimuth, Elevation, Roll float64
	FieldOfView              float64 // of the shorter side
	Fill                     float64 // diameter of the product as a share of the shorter side
	OffsetX, OffsetY         float64 // where the product's middle is, in shares of the frame from its centre

	Key      Light   // casts the shadow
	Rim      Light   // from another side, weaker
	Ambient  float64 // light from everywhere
	Exposure float64 // factor on all light

	Ground   Ground
	Shadow   float64 // darkness of the shadow on the ground, 0..1
	Blur     float64 // deviation in pixels
	Noise    float64 // deviation as a share of full scale
	Seed     uint64  // of noise and texture
	Quality  int     // of the JPEG
	Floating bool    // no ground under the product: it is shown from any side before a wall

	Room *Room // the product is in a room, whose light replaces that above; nil: it is not
}

// Light is a far light.
type Light struct {
	Direction mesh.Vec // from the product to the light, unit length, world space
	Color     mesh.Color
}

// Style bounds what the photographer does: the wider, the harder the search.
// The zero value is the project's default, whose difficulty is recorded in docs/data.md;
// a number that is to be zero is [None].
type Style struct {
	Size     int     // longer side in pixels, about; 0: 320
	Around   float64 // azimuth goes this far to both sides of the front; 0: 1.9 (of pi)
	Tumble   bool    // show the product from any side, also from below
	Plain    float64 // share of plain backgrounds; 0: 0.35
	MaxFill  float64 // largest share of the frame; 0: 1.05. The smallest is 0.62, or 0.59 of it if that is more
	MaxShift float64 // largest shift off the centre; 0: 0.10
}

// The shares of the frame that products fill, if the style says no more; [Close] is a style's MaxFill that has them
// fill it, as in many shops' photos: parts of most stand out of it.
const (
	leastFill = 0.62
	usualFill = 1.05
	Close     = 1.75
)

// None is zero for a number of a [Style] whose zero value is a default: Plain: None has no
// plain backgrounds.
const None = -1

func (s Style) withDefaults() Style {
	def := func(v *float64, d float64) {
		switch *v {
		case 0:
			*v = d
		case None:
			*v = 0
		}
	}
	if s.Size == 0 {
		s.Size = 320
	}
	def(&s.Around, 1.9)
	def(&s.Plain, 0.35)
	def(&s.MaxFill, usualFill)
	def(&s.MaxShift, 0.10)
	return s
}

// RandomShot draws a shot as a photographer of products might choose it.
func RandomShot(rng *rand.Rand, style Style) Shot {
	style = style.withDefaults()
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	s := Shot{
		Azimuth:     between(-style.Around, style.Around),
		Elevation:   between(0.08, 1.0),
		Roll:        0.05 * rng.NormFloat64(),
		FieldOfView: between(0.35, 0.9),
		Fill:        between(max(leastFill, leastFill/usualFill*style.MaxFill), style.MaxFill),
		OffsetX:     between(-style.MaxShift, style.MaxShift),
		OffsetY:     between(-style.MaxShift, style.MaxShift),
		Ambient:     between(0.25, 0.6),
		Exposure:    math.Exp(between(-0.35, 0.35)),
		Shadow:      between(0.3, 0.8),
		Blur:        max(0, between(-0.5, 0.9)),
		Noise:       max(0, between(-0.005, 0.02)),
		Seed:        rng.Uint64(),
		Quality:     55 + rng.IntN(41),
	}
	if style.Tumble {
		s.Floating = true
		s.Azimuth = between(-math.Pi, math.Pi)
		s.Elevation = math.Asin(between(-0.35, 0.98))
		s.Roll = 0.25 * rng.NormFloat64()
	}
	long := float64(style.Size) * between(0.85, 1.2)
	aspect := []float64{1, 1, 4.0 / 3, 3.0 / 2, 3.0 / 4, 2.0 / 3}[rng.IntN(6)]
	s.Width, s.Height = int(long), int(long/aspect)
	if aspect < 1 {
		s.Width, s.Height = int(long*aspect), int(long)
	}
	// The key light stands behind the camera's shoulder, never straight behind the product.
	at := s.Azimuth + between(-1.3, 1.3)
	s.Key = Light{direction(at, between(0.5, 1.2)), tint(between(-1, 1), between(0.55, 0.95))}
	s.Rim = Light{direction(at+math.Pi+between(-0.8, 0.8), between(0.1, 0.8)), tint(between(-1, 1), between(0.05, 0.35))}
	s.Ground = randomGround(rng, style.Plain)
	return s
}

// direction returns the unit vector at an azimuth from the front (-y) and an elevation.
func direction(azimuth, elevation float64) mesh.Vec {
	c := math.Cos(elevation)
	return mesh.Vec{X: c * math.Sin(azimuth), Y: -c * math.Cos(azimuth), Z: math.Sin(elevation)}
}

// tint is light of a colour temperature: warm at -1, cold at 1.
func tint(temperature, strength float64) mesh.Color {
	return mesh.Color{R: strength * (1 - 0.14*temperature), G: strength, B: strength * (1 + 0.16*temperature)}
}
