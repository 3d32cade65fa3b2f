package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var grocery = department{"Grocery", []leaf{
	{"can", "food can", "Packaged > Cans", can},
	{"bottle", "bottle", "Drinks > Bottles", bottle},
	{"jar", "jar", "Packaged > Jars", jar},
	{"box", "cereal box", "Packaged > Boxes", cerealBox},
	{"cake", "cake", "Bakery > Cakes", cake},
}}

// label is a printed band around the z axis with an emblem in front.
func (k *maker) label(ground mesh.Color, from, to float64) mesh.Texture {
	a, b := k.tone(k.second), k.tone(k.accent)
	style, n, size := k.rng.IntN(4), float64(k.count(3, 9)), k.between(0.25, 0.45)
	mid := (from + to) / 2
	return func(p mesh.Vec) mesh.Color {
		if p.Z < from || p.Z > to {
			return ground
		}
		angle := math.Atan2(p.X, -p.Y)
		dx, dz := angle*0.6, p.Z-mid
		if math.Hypot(dx, dz*1.2) < size*(to-from) {
			if math.Hypot(dx, dz*1.2) < size*(to-from)*0.55 && style != 3 {
				return ground
			}
			return b
		}
		switch style {
		case 0:
			if math.Abs(dz) > 0.42*(to-from) {
				return b
			}
		case 1:
			if math.Sin(n*angle) > 0.3 {
				return blend(a, ground, 0.5)
			}
		case 2:
			if math.Mod(math.Abs(dz*n+math.Abs(angle)), 1) < 0.4 {
				return blend(a, b, 0.35)
			}
		}
		return a
	}
}

func can(k *maker) {
	r, h := k.between(0.45, 0.7), k.between(0.6, 1.5)
	m := k.plastic(k.main)
	m.Texture = k.label(k.main.color, h*0.08, h*0.92)
	k.add(mesh.Lathe([]mesh.Point{pr(r, 0.04), pr(r, h-0.04)}, 48, m))
	lid := k.metal(steel)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0.03), pr(r*0.92, 0.03), pr(r*1.02, 0), pr(r*1.02, 0.05)}, 48, lid),
		mesh.Lathe([]mesh.Point{pr(r*1.02, h-0.05), pr(r*1.02, h), pr(r*0.95, h), pr(r*0.92, h-0.04), pr(0, h-0.04)}, 48,
			lid))
	if k.chance(0.6) {
		k.add(mesh.Torus(v(0, -r*0.35, h), 0.1, 0.025, 20, lid))
		k.detail("ring pull")
	}
}

func bottle(k *maker) {
	r, h := k.between(0.32, 0.45), k.between(1.3, 1.8)
	shoulder, neck := k.between(0.5, 0.7), k.between(0.1, 0.16)
	m := k.glass([]paint{green, brown, sky, white, k.main}[k.rng.IntN(5)])
	m.Opacity = 0.75
	if k.chance(0.35) {
		m = k.plastic(k.main)
		k.detail("opaque body")
	}
	waist := k.between(0.8, 1.05)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.92, 0), pr(r, 0.08), pr(r*waist, h*shoulder*0.5), pr(r, h*shoulder),
		pr(r*0.6, h*(shoulder+0.12)), pr(neck, h*(shoulder+0.22)), pr(neck, h), pr(0, h)}, 44, m))
	paper := k.fabric(ivory)
	paper.Texture = k.label(ivory.color, h*0.15, h*shoulder*0.85)
	k.add(mesh.Lathe([]mesh.Point{pr(r*1.015, h*0.12), pr(max(r*waist, r*0.98)*1.03, h*shoulder*0.5),
		pr(r*1.015, h*shoulder*0.9)}, 44, paper))
	k.add(mesh.Cylinder(v(0, 0, h-0.02), neck*1.25, k.between(0.1, 0.25), 24, k.plastic(k.accent)))
}

func jar(k *maker) {
	r, h := k.between(0.42, 0.6), k.between(0.6, 1.1)
	fill := mesh.Material{Diffuse: k.tone([]paint{red, orange, mustard, olive, violet, brown}[k.rng.IntN(6)]),
		Specular: 0.4, Shininess: 30}
	fill.Texture = speckle(fill.Diffuse, blend(fill.Diffuse, black.color, 0.5), 7, 0.42, k.rng.Float64()*9)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0.04), pr(r*0.9, 0.04), pr(r*0.93, h*k.between(0.7, 0.88)), pr(0, h*0.85)}, 40,
		fill))
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r, 0), pr(r, h*0.85), pr(r*0.8, h)}, []int{40, 8, 6}[k.rng.IntN(3)],
		k.glass(white)))
	lid := k.metal()
	if k.chance(0.6) {
		lid = k.patterned(k.fabric(k.main))
	}
	k.add(mesh.Lathe([]mesh.Point{pr(0, h), pr(r*0.95, h), pr(r*0.95, h+k.between(0.1, 0.25)), pr(0, h+0.2)}, 40, lid))
	if k.chance(0.7) {
		paper := k.fabric(ivory)
		paper.Texture = k.label(ivory.color, h*0.22, h*0.68)
		k.add(mesh.Lathe([]mesh.Point{pr(r*1.02, h*0.2), pr(r*1.02, h*0.7)}, 40, paper))
		k.detail("label")
	}
}

func cerealBox(k *maker) {
	w, d, h := k.between(0.45, 0.75), k.between(0.14, 0.3), k.between(0.9, 1.5)
	a, b, c := k.tone(k.main), k.tone(k.second), k.tone(k.accent)
	style, at, size := k.rng.IntN(4), k.between(0.3, 0.65)*h, k.between(0.45, 0.8)*w
	stripe := k.between(0.7, 0.9) * h
	m := mesh.Material{Diffuse: a, Specular: 0.15, Shininess: 15}
	m.Texture = func(p mesh.Vec) mesh.Color {
		if p.Z > stripe && p.Z < stripe+0.12*h {
			return b
		}
		if math.Abs(p.X) > w*0.98 {
			return blend(a, b, 0.3)
		}
		dx, dz := p.X, p.Z-at
		var inside bool
		switch style {
		case 0:
			inside = math.Hypot(dx, dz) < size
		case 1:
			inside = math.Abs(dx)+math.Abs(dz) < size*1.1
		case 2:
			inside = math.Abs(dx) < size && math.Abs(dz) < size*0.6
		default:
			inside = math.Hypot(dx, dz) < size*(0.75+0.25*math.Cos(5*math.Atan2(dz, dx)))
		}
		if inside {
			if math.Hypot(dx, dz) < size*0.4 {
				return b
			}
			return c
		}
		if p.Z < 0.08*h {
			return c
		}
		return a
	}
	k.add(mesh.Box(v(0, 0, h/2), v(2*w, 2*d, h), m))
	if k.chance(0.4) {
		k.add(mesh.Box(v(0, d*0.3, h+0.1), v(2*w, 0.02, 0.25), m).RotateX(-0.15))
		k.detail("open lid")
	}
	k.detail([]string{"round", "diamond", "square", "star"}[style] + " print")
}

func cake(k *maker) {
	r := k.between(0.6, 0.85)
	tiers := k.count(1, 3)
	z := 0.08
	k.add(mesh.Cylinder(v(0, 0, 0), r*1.25, 0.06, 44, k.ceramic(white)))
	for i := range tiers {
		h := k.between(0.28, 0.5)
		size := r * (1 - 0.28*float64(i))
		sponge := k.fabric([]paint{k.main, brown, ivory, pink}[k.rng.IntN(4)])
		if k.chance(0.5) {
			sponge.Texture = stripes(sponge.Diffuse, k.second.color, v(0, 0, 1), h/2.5, 0.3)
		}
		k.add(mesh.Lathe([]mesh.Point{pr(0, z), pr(size, z), pr(size, z+h), pr(0, z+h)}, 44, sponge))
		icing := k.plastic(k.second)
		n := k.count(8, 14)
		for j := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(j) / float64(n))
			k.add(mesh.Ellipsoid(v(size*0.88*cos, size*0.88*sin, z+h+0.03), v(0.09, 0.09, 0.08), 12, icing))
		}
		z += h
	}
	topping := k.ceramic(k.accent)
	for j := range k.count(1, 5) {
		sin, cos := math.Sincos(2.4 * float64(j))
		out := 0.12 * math.Sqrt(float64(j)) * 1.4
		k.add(mesh.Ellipsoid(v(out*cos, out*sin, z+0.08), v(0.1, 0.1, 0.1), 16, topping))
	}
	if k.chance(0.4) {
		for j := range k.count(1, 5) {
			sin, cos := math.Sincos(1.3 * float64(j))
			k.add(mesh.Cylinder(v(0.25*cos, 0.25*sin, z), 0.025, 0.35, 10, k.plastic(k.main)),
				mesh.Ellipsoid(v(0.25*cos, 0.25*sin, z+0.42), v(0.03, 0.03, 0.06), 10,
					mesh.Material{Diffuse: yellow.color, Emission: 1}))
		}
		k.detail("candles")
	}
	k.detail([]string{"", "one tier", "two tiers", "three tiers"}[tiers])
	k.tones = k.tones[:min(3, len(k.tones))]
}
