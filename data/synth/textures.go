package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Solid textures: the colour depends on the position in object space, so no surface
// needs unwrapping. Shapes are about two units large.

func stripes(a, b mesh.Color, along mesh.Vec, width, share float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		if x := p.Dot(along) / width; x-math.Floor(x) < share {
			return b
		}
		return a
	}
}

// rings are stripes around the z axis's directions: pleats of a lamp, panels of a ball.
func rings(a, b mesh.Color, n int) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		if math.Sin(float64(n)*math.Atan2(p.Y, p.X)) > 0 {
			return b
		}
		return a
	}
}

func checks(a, b mesh.Color, size float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		around := math.Atan2(p.Y, p.X) * 1.2
		if (int(math.Floor(around/size))+int(math.Floor(p.Z/size)))&1 == 0 {
			return b
		}
		return a
	}
}

// dots lie on a staggered grid around the z axis.
func dots(a, b mesh.Color, pitch, radius float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		row := math.Floor(p.Z / pitch)
		n := math.Max(4, math.Round(2*math.Pi*math.Hypot(p.X, p.Y)/pitch))
		u := math.Atan2(p.Y, p.X)/(2*math.Pi)*n + 0.5*math.Mod(math.Abs(row), 2)
		du, dv := (u-math.Floor(u)-0.5)*pitch, p.Z-(row+0.5)*pitch
		if du*du+dv*dv < radius*radius*pitch*pitch {
			return b
		}
		return a
	}
}

// band is one stripe at a height.
func band(a, b mesh.Color, from, to float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		if p.Z >= from && p.Z < to {
			return b
		}
		return a
	}
}

// zigzag is a band with a jagged edge.
func zigzag(a, b mesh.Color, height, amplitude float64, n int) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		x := math.Atan2(p.Y, p.X) / (2 * math.Pi) * float64(n)
		edge := height + amplitude*(4*math.Abs(x-math.Floor(x)-0.5)-1)
		if math.Abs(p.Z-edge) < amplitude*0.6 {
			return b
		}
		return a
	}
}

// marble and wood are the classic sine of a disturbed coordinate (Perlin 1985).
func marble(a, b mesh.Color, scale, seed float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		t := 0.5 + 0.5*math.Sin(scale*(p.X+p.Y+p.Z)+4*turbulence(p.Scale(scale*0.6), seed))
		return blend(a, b, t*t*t)
	}
}

func wood(c mesh.Color, along mesh.Vec, seed float64) mesh.Texture {
	dark := mesh.Color{R: c.R * 0.55, G: c.G * 0.5, B: c.B * 0.45}
	return func(p mesh.Vec) mesh.Color {
		across := p.Sub(along.Scale(0.93 * p.Dot(along)))
		t := 0.5 + 0.5*math.Sin(14*across.Len()+5*turbulence(across.Scale(2.5), seed)+seed)
		fine := turbulence(across.Scale(16), seed)
		return blend(c, dark, 0.6*t*t+0.25*fine)
	}
}

func speckle(a, b mesh.Color, scale, share, seed float64) mesh.Texture {
	return func(p mesh.Vec) mesh.Color {
		if turbulence(p.Scale(scale), seed) > 1-share {
			return b
		}
		return a
	}
}

func blend(a, b mesh.Color, t float64) mesh.Color {
	t = math.Min(1, math.Max(0, t))
	return mesh.Color{R: a.R + (b.R-a.R)*t, G: a.G + (b.G-a.G)*t, B: a.B + (b.B-a.B)*t}
}

// turbulence is two octaves of value noise in 0..1.
func turbulence(p mesh.Vec, seed float64) float64 {
	return 0.65*noise(p, seed) + 0.35*noise(p.Scale(2.1), seed+17)
}

// noise mixes random values on a lattice.
func noise(p mesh.Vec, seed float64) float64 {
	fx, fy, fz := math.Floor(p.X), math.Floor(p.Y), math.Floor(p.Z)
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	tx, ty, tz := smooth(p.X-fx), smooth(p.Y-fy), smooth(p.Z-fz)
	sum := 0.0
	for corner := range 8 {
		weight, at := 1.0, [3]float64{fx, fy, fz}
		for axis, t := range [3]float64{tx, ty, tz} {
			if corner>>axis&1 == 1 {
				at[axis]++
				weight *= t
			} else {
				weight *= 1 - t
			}
		}
		sum += weight * lattice(int64(at[0]), int64(at[1]), int64(at[2]), uint64(int64(seed*1000)))
	}
	return sum
}

func lattice(x, y, z int64, seed uint64) float64 {
	h := uint64(x)*0x9e3779b97f4a7c15 ^ uint64(y)*0xc2b2ae3d27d4eb4f ^ uint64(z)*0x165667b19e3779f9 ^
		seed*0xd6e8feb86659fd93
	h ^= h >> 29
	h *= 0xbf58476d1ce4e5b9
	h ^= h >> 32
	return float64(h>>11) / (1 << 53)
}
