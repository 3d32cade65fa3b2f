package studio

import (
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Place is where a product is at home, which decides its room and from where it is seen.
type Place int

// The places. A product without one is photographed on the grounds of [Style].
const (
	Backdrop  Place = iota
	OnFloor         // furniture
	OnTable         // small things
	OnWall          // back to the wall, above the floor
	OnCeiling       // hangs
	Outdoors        // on terraces, pavement and grass
	Wet             // on the floor of a kitchen or bathroom
)

// Home says how a product is shown.
type Home struct {
	Place Place
	Flat  bool    // it lies flat, as a rug does, and is looked at from above
	Below float64 // centimetres from its foot to the floor, where it hangs
}

// Room is what is around a product indoors. Lengths are centimetres, and so must be the
// product's. The room stands in line with the product's sides, turned by Turn.
type Room struct {
	Place       Place
	Floor, Wall Finish
	Rug         *Finish // under the product
	RugMargin   float64
	Turn        float64  // of the room against the product, radians
	Gap         float64  // from the product to the wall behind it
	SideGap     float64  // from the product to the wall beside it; 0: there is none
	Skirting    float64  // height of the board along the wall's foot
	Below       float64  // from the product's foot to the floor, where it hangs
	Clutter     []Smudge // things in the back, out of focus

	Window   mesh.Vec   // from the product to the window's middle, unit length
	Breadth  float64    // of the window, radians
	Height   float64    // of the window, radians
	Daylight mesh.Color // of the window, as it arrives at the product
	Sky      mesh.Color // light from all sides
	Sun      *Light     // sun through the window's panes; may be nil
	Pane     float64    // side of a pane in the product's radii
	PaneAt   [2]float64 // shift of the panes, in panes
	Lamps    []Lamp     // the product's own
	Lit      float64    // their strength; 0: they are off
	Level    float64    // brightness that the photo is exposed for, 0..1
}

// Smudge is a thing in the back: a soft rectangle on the wall, in degrees as the product
// sees them, or in centimetres where the wall is near.
type Smudge struct {
	X, Y, Width, Height float64
	Color               mesh.Color
	Glow                float64
}

// RandomRoomShot draws a photo of a product at its place: from all around, by the light
// of a window. Of the style, only the size counts.
func RandomRoomShot(rng *rand.Rand, style Style, home Home) Shot {
	style = style.withDefaults()
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	s := Shot{
		Azimuth:     between(-math.Pi, math.Pi),
		Elevation:   between(0.1, 0.62),
		Roll:        0.02 * rng.NormFloat64(),
		FieldOfView: between(0.45, 0.95),
		Fill:        between(0.48, 1.0),
		OffsetX:     between(-0.09, 0.09),
		OffsetY:     between(-0.06, 0.09),
		Exposure:    math.Exp(between(-0.16, 0.16)),
		Blur:        max(0, between(-0.6, 0.6)),
		Noise:       max(0, between(-0.006, 0.012)),
		Seed:        rng.Uint64(),
		Quality:     68 + rng.IntN(27),
	}
	if rng.Float64() < 0.55 { // shops show fronts more often than backs
		s.Azimuth = between(-1.15, 1.15)
	}
	r := &Room{Place: home.Place, Below: home.Below, Turn: 0.12 * rng.NormFloat64(), Gap: between(4, 40),
		Level: between(0.28, 0.41)}
	s.Room = r
	if rng.Float64() < 0.3 {
		r.Turn = between(-0.6, 0.6)
		r.Gap = between(40, 180)
	}
	if rng.Float64() < 0.3 {
		r.SideGap = between(15, 120)
	}
	r.furnish(rng, &s)
	if home.Flat {
		s.Elevation = between(0.55, 1.25)
	}
	long := float64(style.Size) * between(0.85, 1.2)
	aspect := pick(rng, 1, 1, 4.0/3, 3.0/2, 3.0/4, 4.0/5)
	s.Width, s.Height = int(long), int(long/aspect)
	if aspect < 1 {
		s.Width, s.Height = int(long*aspect), int(long)
	}
	r.light(rng, &s)
	if rng.Float64() < 0.6 { // in the evening, where the product has lamps
		r.Lit = between(0.8, 1.5)
	}
	return s
}

// evening takes the place of daylight where a lamp is lit.
func (r *Room) evening(lamps []Lamp) {
	r.Lamps = lamps
	if len(lamps) == 0 {
		r.Lit = 0
	}
	if r.Lit > 0 {
		r.Daylight, r.Sky, r.Sun = scaleColor(r.Daylight, 0.3), scaleColor(r.Sky, 0.55), nil
	}
}

// furnish chooses the surfaces for a place.
func (r *Room) furnish(rng *rand.Rand, s *Shot) {
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	r.Floor, r.Wall = floorFinish(rng), wallFinish(rng)
	r.Skirting = pick(rng, 0.0, 7, 9, 12)
	switch r.Place {
	case OnFloor:
		if f := r.Floor.Pattern; f != Carpet && rng.Float64() < 0.3 {
			c := hex(pick[uint32](rng, 0xE8E1D4, 0xC9BBA5, 0x8A9AA5, 0xA56A55, 0x5D6B62, 0xD8B9A6, 0x46505E, 0xB9A04F))
			r.Rug = &Finish{Pattern: pick(rng, Carpet, Linen), Color: c, Second: scaleColor(c, 0.7), Seed: rng.Uint64()}
			r.RugMargin = between(15, 70)
		}
	case Wet:
		r.Wall, r.Skirting = wetWall(rng), 0
		if rng.Float64() < 0.6 {
			r.Floor = tiled(rng, between(20, 60))
		}
	case OnTable:
		r.Floor = tableFinish(rng)
		r.Skirting = 0
		r.SideGap = 0
		r.Gap = between(60, 220)
		s.Elevation = between(0.12, 0.95)
		r.Clutter = clutter(rng)
		if rng.Float64() < 0.25 { // on a board or shelf before a wall
			r.Gap, r.Clutter = between(3, 25), nil
		}
	case OnWall:
		s.Azimuth = between(-1.2, 1.2)
		s.Elevation = between(-0.3, 0.5)
		r.Turn, r.Gap, r.SideGap = 0, 0, 0
		if rng.Float64() < 0.4 {
			r.Wall = wetWall(rng)
		}
	case OnCeiling:
		s.Elevation = between(-0.45, 0.1)
		r.Gap = between(60, 200)
		r.Skirting = 9
	case Outdoors:
		r.outside(rng)
		r.Gap = between(30, 250)
	}
}

// outside chooses a terrace, a pavement or a lawn.
func (r *Room) outside(rng *rand.Rand) {
	r.Skirting = 0
	switch x := rng.Float64(); {
	case x < 0.3:
		r.Floor = wood(rng, Planks, 12, 300)
		r.Floor.Gloss = 0
	case x < 0.6:
		r.Floor = tiled(rng, 40+30*rng.Float64())
		r.Floor.Gloss = 0.1
	case x < 0.8:
		r.Floor = Finish{Pattern: Concrete, Color: hex(0xB5B1A9), Second: hex(0x8A867F), Seed: rng.Uint64()}
	default:
		r.Floor = Finish{Pattern: Grass, Color: hex(0x7FA04A), Second: hex(0x3F6426), Seed: rng.Uint64()}
	}
	for r.Wall = wallFinish(rng); r.Wall.Pattern == Stripes; r.Wall = wallFinish(rng) {
	}
}

// clutter is a room out of focus behind a table: a window, a shelf, things on it.
func clutter(rng *rand.Rand) []Smudge {
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	var out []Smudge
	for range 3 + rng.IntN(6) {
		out = append(out, Smudge{X: between(-55, 55), Y: between(-6, 26), Width: between(4, 26), Height: between(5, 30),
			Color: hex(pick[uint32](rng, 0x8A6A4A, 0x5E6B57, 0xB8A58A, 0x3E4650, 0xC9BFB0, 0x9A5C48, 0xD8D2C8, 0x6E8A6A))})
	}
	if rng.Float64() < 0.5 {
		out = append(out, Smudge{X: between(-50, 50), Y: between(14, 30), Width: between(18, 34), Height: between(26, 44),
			Color: mesh.Color{R: 1, G: 1.02, B: 1.05}, Glow: between(0.8, 1.6)})
	}
	return out
}

// light sets up the window, the light from all sides and, at times, sun.
func (r *Room) light(rng *rand.Rand, s *Shot) {
	between := func(lo, hi float64) float64 { return lo + (hi-lo)*rng.Float64() }
	side := pick(rng, -1.0, 1)
	at := s.Azimuth + side*between(0.45, 1.75)
	if r.Place == OnWall { // before the wall
		at = min(1.3, max(-1.3, at))
	}
	r.Window = direction(at, between(0.38, 0.95))
	r.Breadth, r.Height = between(0.45, 1.0), between(0.4, 0.7)
	r.Daylight = tint(between(-0.7, 0.6), between(0.6, 1.0))
	r.Sky = tint(between(-0.6, 0.4), between(0.26, 0.48))
	if r.Place == Outdoors {
		r.Breadth, r.Height = 0.25, 0.25
		r.Sky = tint(between(0, 0.7), between(0.5, 0.8))
	}
	if x := rng.Float64(); x < 0.22 && r.Place != Outdoors {
		r.Sun = &Light{direction(at+between(-0.3, 0.3), between(0.5, 0.85)), tint(between(-1.4, -0.5), between(0.7, 1.2))}
		r.Pane = between(0.5, 1.1)
		r.PaneAt = [2]float64{between(-1.2, 1.2), between(-1.2, 1.2)}
		r.Daylight = scaleColor(r.Daylight, 0.6)
	}
}
