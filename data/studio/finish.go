package studio

import (
	"math"
	"math/rand/v2"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Pattern is what a floor, a table or a wall is made of.
type Pattern int

// The patterns of rooms.
const (
	Plain       Pattern = iota // paint, or poured floors
	Planks                     // boards of wood
	Herringbone                // parquet
	Board                      // one piece of wood with its grain
	Tiles                      // with joints; shifted by half where Shift is set: bricks
	Carpet                     // pile
	Linen                      // woven cloth
	Marble
	Concrete
	Stripes  // of wallpaper
	Panels   // of wainscot, with their shadows
	Terrazzo // chips in cement
	Grass
)

// Finish is a surface of a room. Lengths are centimetres.
type Finish struct {
	Pattern      Pattern
	Color        mesh.Color // main colour
	Second       mesh.Color // grain, joint, stripe, vein
	Width, Depth float64    // of a plank, tile, stripe or panel
	Shift        bool
	Gloss        float64 // how much it mirrors, 0..1
	Seed         uint64
}

// hex is linear light of an sRGB colour.
func hex(rgb uint32) mesh.Color {
	linear := func(shift int) float64 {
		v := float64(rgb>>shift&255) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return mesh.Color{R: linear(16), G: linear(8), B: linear(0)}
}

// at is the colour at a place; footprint, in centimetres, is what a pixel sees of it:
// what is finer fades into its mean.
func (f Finish) at(u, v, footprint float64) mesh.Color {
	fine := func(size float64) float64 { return 1 - smooth(0.35, 1.1, footprint/size) }
	switch f.Pattern {
	case Planks:
		row := math.Floor(v / f.Width)
		along := u + f.Depth*noise(row*3.7, 0.5, f.Seed)
		column := math.Floor(along / f.Depth)
		return f.plank(along, v-row*f.Width, column*f.Depth, row, column, footprint, fine)
	case Herringbone:
		return f.herringbone(u, v, footprint, fine)
	case Board:
		return f.grain(u, v, 0.5, 7, fine)
	case Tiles:
		row := math.Floor(v / f.Depth)
		if f.Shift && int64(row)&1 != 0 {
			u += f.Width / 2
		}
		column := math.Floor(u / f.Width)
		x, y := u-column*f.Width, v-row*f.Depth
		joint := 0.012*f.Width + 0.12
		edge := min(x, f.Width-x, y, f.Depth-y)
		tone := 1 + 0.10*(noise(column*5.1, row*3.3, f.Seed)-0.5) + 0.08*(noise(u/9, v/9, f.Seed+1)-0.5)
		body := scaleColor(f.Color, tone)
		return mixColor(body, f.Second, 0.8*(1-smooth(joint*0.6, joint*0.6+max(0.15, footprint), edge))*fine(joint*5))
	case Carpet:
		n := noise(u/0.35, v/0.35, f.Seed)*fine(0.35) + 0.5*(1-fine(0.35))
		big := noise(u/14, v/14, f.Seed+1)
		return mixColor(f.Second, f.Color, min(1, 0.25+0.65*n+0.25*big))
	case Linen:
		warp, weft := noise(u/0.12, v/2.2, f.Seed), noise(u/2.2, v/0.12, f.Seed+1)
		n := 0.5 + (0.5*(warp+weft)-0.5)*fine(0.12)
		return mixColor(f.Second, f.Color, min(1, 0.2+0.8*n+0.15*noise(u/20, v/20, f.Seed+2)))
	case Marble:
		// Veins are where slowly warped noise crosses its middle; they come and go.
		wu, wv := u+14*noise(u/25, v/25, f.Seed+3), v+14*noise(u/25, v/25, f.Seed+4)
		vein := func(size float64, seed uint64) float64 {
			n := noise((wu+0.6*wv)/size, (wv-0.6*wu)/(0.45*size), seed) - 0.5
			return (1 - smooth(0, 0.055+footprint/size, math.Abs(n))) * smooth(0.4, 0.75, noise(u/19, v/19, seed+7))
		}
		cloud := noise(wu/18, wv/18, f.Seed+5)*0.6 + noise(wu/5, wv/5, f.Seed+6)*0.4
		t := min(1, 0.55*vein(34, f.Seed)+0.3*vein(13, f.Seed+1)*fine(3)+0.22*cloud)
		return mixColor(f.Color, f.Second, t)
	case Concrete:
		n := 0.5*noise(u/45, v/45, f.Seed) + 0.3*noise(u/13, v/13, f.Seed+1) + 0.2*noise(u/2.5, v/2.5, f.Seed+2)*fine(2.5)
		return mixColor(f.Second, f.Color, 0.25+0.75*n)
	case Stripes:
		x := u/f.Width - math.Floor(u/f.Width)
		soft := max(0.01, footprint/f.Width)
		return mixColor(f.Color, f.Second, smooth(0.25-soft, 0.25+soft, x)*(1-smooth(0.75-soft, 0.75+soft, x)))
	case Panels:
		x := u - math.Floor(u/f.Width)*f.Width
		groove := min(x, f.Width-x)
		return scaleColor(f.Color, 1-0.45*(1-smooth(0.15, 0.5+footprint, groove))*fine(3)+
			0.08*(1-smooth(0.5, 1.4+footprint, math.Abs(x-1)))*fine(3))
	case Terrazzo:
		return f.terrazzo(u, v, fine)
	case Grass:
		blades := noise(u/0.5, v/1.6, f.Seed)*fine(0.5) + noise(u/1.4, v/0.6, f.Seed+1)*fine(0.5) + (1 - fine(0.5))
		t := 0.38*blades + 0.25*noise(u/6, v/6, f.Seed+3)*fine(5) + 0.3*noise(u/40, v/40, f.Seed+2)
		return mixColor(f.Second, f.Color, min(1, t))
	}
	return scaleColor(f.Color, 0.975+0.035*noise(u/60, v/60, f.Seed)+0.015*noise(u/1.5, v/1.5, f.Seed+1)*fine(1.5))
}

var lightChip, warmChip = hex(0xF4F1EA), hex(0xB48A6A)

// terrazzo has chips around random middles, one in each cell of a grid, of many sizes.
func (f Finish) terrazzo(u, v float64, fine func(float64) float64) mesh.Color {
	c := scaleColor(f.Color, 0.97+0.06*noise(u/30, v/30, f.Seed))
	for k, size := range [2]float64{1.1, 2.2} {
		i, j := math.Floor(u/size), math.Floor(v/size)
		at := func(n uint64) float64 { return noise(i, j, f.Seed+n+uint64(10*k)) }
		x, y := u/size-i-0.3-0.4*at(1), v/size-j-0.3-0.4*at(2)
		r := (0.10 + 0.28*at(3)) * (0.75 + 0.5*noise(u/size*2.3, v/size*2.3, f.Seed+4))
		chip := mixColor(mixColor(f.Second, lightChip, at(5)), warmChip, 0.6*at(6)*at(6))
		c = mixColor(c, chip, 0.75*(1-smooth(0.85*r, r, math.Abs(x)+0.7*math.Abs(y)))*fine(size))
	}
	return c
}

// grain is wood along u: long streaks, rings that open to eyes, and pores.
func (f Finish) grain(u, v, tone, ring float64, fine func(float64) float64) mesh.Color {
	wave := v + 3.2*noise(u/55, v/16, f.Seed+5)
	rings := 0.5 + 0.5*math.Sin(wave*2*math.Pi/ring*2)
	streak := noise(u/26, v*1.6, f.Seed+6)
	pore := noise(u/3.5, v*7, f.Seed+7)*fine(0.3) + 0.5*(1-fine(0.3))
	t := 0.30*rings*fine(ring/3) + 0.42*streak + 0.26*pore
	return scaleColor(mixColor(f.Color, f.Second, min(1, max(0, t))), 0.80+0.4*tone)
}

// plank is a board of a floor; y goes over its width, the ends are at multiples of its length.
func (f Finish) plank(u, y, begin, row, column, footprint float64, fine func(float64) float64) mesh.Color {
	tone := noise(row*7.13+0.5, column*3.71+0.5, f.Seed+3)
	shift := 100 * noise(row*1.7, column*2.9, f.Seed+4)
	c := f.grain(u+31*shift, y+shift, tone, 7, fine)
	edge := min(y, f.Width-y, u-begin, begin+f.Depth-u)
	return scaleColor(c, 1-0.55*(1-smooth(0.03, 0.16+0.7*footprint, edge))*fine(2.4))
}

// herringbone lays planks in steps, each row turned by a right angle.
func (f Finish) herringbone(u, v, footprint float64, fine func(float64) float64) mesh.Color {
	// In units of a plank's width; its length is n of them, which makes the pattern close.
	n := max(2, math.Round(f.Depth/f.Width))
	x, y := (u+v)/math.Sqrt2/f.Width, (v-u)/math.Sqrt2/f.Width
	i, j := math.Floor(x), math.Floor(y)
	k := math.Mod(i-j, 2*n)
	if k < 0 {
		k += 2 * n
	}
	var along, across, row, column float64
	if k < n { // lies along x
		along, across, row, column = k+x-i, y-j, j, i-k
	} else { // along y: cell number 2n-1-k of it
		k = 2*n - 1 - k
		along, across, row, column = k+y-j, x-i, i, j-k
		row += 0.37
	}
	g := f
	g.Depth = n * f.Width
	return g.plank(along*f.Width, across*f.Width, 0, row, column, footprint, fine)
}

// pick draws one of a list.
func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// woods are pairs of a colour and its grain.
var woods = [][2]uint32{{0xCDA878, 0xA67C4C}, {0x7A5336, 0x573722}, {0xB9AB99, 0x968672}, {0xDDD2C1, 0xC2B299},
	{0xBD8448, 0x945E2C}, {0x4A372C, 0x33241C}, {0xD8B98C, 0xB48E5B}, {0x96653D, 0x6E4426}}

func wood(rng *rand.Rand, p Pattern, width, depth float64) Finish {
	w := pick(rng, woods...)
	return Finish{Pattern: p, Color: hex(w[0]), Second: hex(w[1]), Width: width, Depth: depth,
		Gloss: 0.1 + 0.5*rng.Float64(), Seed: rng.Uint64()}
}

// paints of walls; the light ones come twice, as they do in homes.
var paints = []uint32{0xF2EFE9, 0xEDE6DA, 0xF2EFE9, 0xE4DFD6, 0xD6CCBC, 0xCFCFCD, 0xEDE6DA, 0xB9C2AE, 0xA9B8C2,
	0xE3C9BE, 0xC58A6B, 0xD2B06A, 0x3F5346, 0x34435A, 0x55565A, 0xC9BED0, 0xBFD0CF, 0xDAD5C3}

// floorFinish is of a living room or an office.
func floorFinish(rng *rand.Rand) Finish {
	switch x := rng.Float64(); {
	case x < 0.42:
		return wood(rng, Planks, 9+9*rng.Float64(), 120+80*rng.Float64())
	case x < 0.57:
		return wood(rng, Herringbone, 8+3*rng.Float64(), 45+15*rng.Float64())
	case x < 0.70:
		c := pick(rng, [2]uint32{0xB7AFA2, 0x958C7D}, [2]uint32{0x8C8F94, 0x6C6F75}, [2]uint32{0xCFC6B6, 0xADA28F},
			[2]uint32{0x76826F, 0x5A6654}, [2]uint32{0x6B6A70, 0x4B4A50}, [2]uint32{0x90706A, 0x70524D})
		return Finish{Pattern: Carpet, Color: hex(c[0]), Second: hex(c[1]), Seed: rng.Uint64()}
	case x < 0.82:
		return tiled(rng, 30+30*rng.Float64())
	case x < 0.93:
		v := pick[uint32](rng, 0xA9A7A3, 0xC3C0BA, 0x85858A, 0xB5ADA2)
		return Finish{Pattern: Concrete, Color: scaleColor(hex(v), 1.08), Second: scaleColor(hex(v), 0.8),
			Gloss: 0.4 * rng.Float64(), Seed: rng.Uint64()}
	}
	return Finish{Pattern: Terrazzo, Color: hex(pick[uint32](rng, 0xDEDAD2, 0xCFCBC6)), Second: hex(0x6E6A66),
		Gloss: 0.4, Seed: rng.Uint64()}
}

// tiled is a floor of tiles.
func tiled(rng *rand.Rand, side float64) Finish {
	c := pick(rng, [2]uint32{0xE8E4DC, 0xBDB8AE}, [2]uint32{0xBFB8AC, 0x9A9389}, [2]uint32{0x8F8C86, 0x6E6B66},
		[2]uint32{0x45474B, 0x2F3033}, [2]uint32{0xB9724F, 0xC9B8A4}, [2]uint32{0xD9CDBB, 0xB3A793})
	return Finish{Pattern: Tiles, Color: hex(c[0]), Second: hex(c[1]), Width: side, Depth: side,
		Gloss: 0.2 + 0.7*rng.Float64(), Seed: rng.Uint64()}
}

// tableFinish is what small things stand on.
func tableFinish(rng *rand.Rand) Finish {
	switch x := rng.Float64(); {
	case x < 0.4:
		return wood(rng, Board, 0, 0)
	case x < 0.5:
		return wood(rng, Planks, 8+6*rng.Float64(), 300)
	case x < 0.66:
		c := pick(rng, [2]uint32{0xEFEDEA, 0x9A9A9C}, [2]uint32{0x3B3D3F, 0x8C8C8A}, [2]uint32{0xE5DFD3, 0xB79C77})
		return Finish{Pattern: Marble, Color: hex(c[0]), Second: hex(c[1]), Gloss: 0.5, Seed: rng.Uint64()}
	case x < 0.82:
		c := hex(pick[uint32](rng, 0xE9E3D6, 0xC9C2B4, 0x9FAE9F, 0x8EA3B5, 0xD9A98F, 0x5C6670, 0xB5A06F))
		return Finish{Pattern: Linen, Color: c, Second: scaleColor(c, 0.72), Seed: rng.Uint64()}
	}
	c := pick[uint32](rng, 0xEFEFED, 0xE6E1D8, 0xBFC4C6, 0x4B4D50, 0xD8C3B4, 0xB7C4B4)
	return Finish{Pattern: Plain, Color: hex(c),
		Gloss: 0.3 * rng.Float64(), Seed: rng.Uint64()}
}

// wallFinish is behind what stands in rooms.
func wallFinish(rng *rand.Rand) Finish {
	c := hex(pick(rng, paints...))
	switch x := rng.Float64(); {
	case x < 0.66:
		return Finish{Pattern: Plain, Color: c, Seed: rng.Uint64()}
	case x < 0.75:
		return Finish{Pattern: Stripes, Color: c, Second: scaleColor(c, 0.86), Width: 8 + 14*rng.Float64()}
	case x < 0.87:
		return Finish{Pattern: Panels, Color: c, Width: 10 + 12*rng.Float64()}
	case x < 0.94:
		b := pick(rng, [2]uint32{0xE9E5DE, 0xCFCAC1}, [2]uint32{0xA5614A, 0xBBAA9A}, [2]uint32{0xE9E5DE, 0xCFCAC1})
		return Finish{Pattern: Tiles, Color: hex(b[0]), Second: hex(b[1]), Width: 24, Depth: 7.5, Shift: true,
			Seed: rng.Uint64()}
	}
	v := pick[uint32](rng, 0xB4B2AE, 0x9C9A98)
	return Finish{Pattern: Concrete, Color: scaleColor(hex(v), 1.1), Second: scaleColor(hex(v), 0.8), Seed: rng.Uint64()}
}

// wetWall is of kitchens and bathrooms.
func wetWall(rng *rand.Rand) Finish {
	if rng.Float64() < 0.35 {
		return wallFinish(rng)
	}
	c := pick[uint32](rng, 0xF0EFEC, 0xF0EFEC, 0xD5DEDC, 0xB7C7C4, 0x8FA7A6, 0x5E7C80, 0xE9DFD2, 0x3F4E56)
	f := Finish{Pattern: Tiles, Color: hex(c), Second: hex(0xCFCCC6), Gloss: 0.5, Seed: rng.Uint64()}
	f.Width, f.Depth = 15, 7.5
	f.Shift = rng.Float64() < 0.6
	if rng.Float64() < 0.5 {
		f.Width = 12 + 18*rng.Float64()
		f.Depth = f.Width
		f.Shift = false
	}
	return f
}
