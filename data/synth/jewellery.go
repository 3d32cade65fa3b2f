package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var jewellery = department{"Jewellery", []leaf{
	{"ring", "ring", "Rings > Rings", ring},
	{"watch", "wrist watch", "Watches > Wrist watches", watch},
	{"necklace", "necklace", "Necklaces > Pearl necklaces", necklace},
	{"glasses", "glasses", "Eyewear > Glasses", glasses},
}}

// gem is a cut stone.
func (k *maker) gem(r float64, c paint) mesh.Part {
	sides := []int{6, 8, 4}[k.rng.IntN(3)]
	m := mesh.Material{Diffuse: k.tone(c), Specular: 1, Shininess: 120}
	p := mesh.Lathe([]mesh.Point{pr(0, -r*0.9), pr(r, 0), pr(r*0.65, r*0.4), pr(0, r*0.4)}, sides, m)
	p.Normals = nil // facets
	return p
}

func ring(k *maker) {
	m := k.metal([]paint{brass, steel, copper}[k.rng.IntN(3)])
	wide := k.between(0.07, 0.16)
	k.add(mesh.Torus(v(0, 0, 0), 0.8, 0.1, 48, m).Stretch(v(1, 1, wide*10)).RotateX(math.Pi / 2).Translate(v(0, 0, 0.9)))
	stone := []paint{red, blue, green, violet, white, sky}[k.rng.IntN(6)]
	n := k.count(1, 3)
	r := k.between(0.16, 0.38) / math.Sqrt(float64(n))
	for i := range n {
		a := 0.42 * (float64(i) - float64(n-1)/2)
		k.add(k.gem(r, stone).Translate(v(0, 0, 0.9+r*0.7)).RotateY(a).Translate(v(0, 0, 0.9)))
		k.add(mesh.Cone(v(0, 0, 0.82), 0.08, r*0.8, r*0.6, 12, m).RotateY(a).Translate(v(0, 0, 0.9)))
	}
	k.detail([]string{"", "one stone", "two stones", "three stones"}[n])
}

func watch(k *maker) {
	r := k.between(0.42, 0.58)
	metal, strap := k.metal(), k.leather(k.main)
	if k.chance(0.3) {
		strap = metal
		k.detail("metal bracelet")
	}
	face := mesh.Material{Diffuse: k.tone([]paint{white, black, k.second, ivory}[k.rng.IntN(4)]), Specular: 0.3,
		Shininess: 30}
	square := k.chance(0.3)
	var parts []mesh.Part
	if square {
		parts = append(parts, mesh.RoundBox(v(0, 0, 0), v(2*r, 2*r, 0.24), metal),
			mesh.Box(v(0, 0, 0.12), v(1.65*r, 1.65*r, 0.02), face))
		k.detail("square case")
	} else {
		parts = append(parts, mesh.Lathe([]mesh.Point{pr(0, -0.12), pr(r*0.9, -0.12), pr(r, 0), pr(r*0.95, 0.13),
			pr(r*0.82, 0.12), pr(0, 0.12)}, 44, metal), mesh.Cylinder(v(0, 0, 0.11), r*0.82, 0.02, 44, face))
	}
	hand := k.plastic(k.accent)
	marks := []int{4, 12}[k.rng.IntN(2)]
	for i := range marks {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(marks))
		parts = append(parts, mesh.Box(v(r*0.68*cos, r*0.68*sin, 0.14), v(0.05, 0.05, 0.02), hand))
	}
	parts = append(parts, mesh.Box(v(0.12, 0.04, 0.15), v(r*0.6, 0.03, 0.02), hand),
		mesh.Box(v(-0.03, 0.14, 0.16), v(0.03, r*0.75, 0.02), hand))
	parts = append(parts, mesh.Cylinder(v(0, 0, 0), 0.06, 0.12, 14, metal).RotateY(math.Pi/2).Translate(v(r*0.95, 0, 0)))
	wide := r * k.between(0.5, 0.75)
	// The strap is an oval around the wrist, closed behind.
	const loop = 0.62
	for i := range 26 {
		a := 0.5 + (2*math.Pi-1.0)*float64(i)/25
		sin, cos := math.Sincos(a + math.Pi/2)
		link := mesh.Box(v(0, 0, 0), v(2*wide, 0.19, 0.07), strap).RotateX(a).Translate(v(0, loop*cos*1.1, -loop+loop*sin))
		parts = append(parts, link)
	}
	for _, p := range parts {
		k.add(p.RotateX(0.9).Translate(v(0, 0, 1))) // leaning back as on a cushion
	}
}

func necklace(k *maker) {
	a, b := k.between(0.75, 1.0), k.between(0.6, 0.95)
	n := k.count(26, 44)
	pearl := k.ceramic(k.main)
	other := k.ceramic(k.second)
	every := k.count(2, 6)
	r := 2.2 / float64(n)
	for i := range n {
		sin, cos := math.Sincos(2*math.Pi*float64(i)/float64(n) + 0.05)
		m := pearl
		if i%every == 0 {
			m = other
		}
		size := r * (1.25 + 0.35*math.Cos(2*math.Pi*float64(i)/float64(n)-math.Pi*1.5))
		k.add(mesh.Ellipsoid(v(a*cos, b*sin, size), v(size, size, size), 12, m))
	}
	if k.chance(0.6) {
		k.add(k.gem(k.between(0.14, 0.26), k.accent).RotateX(math.Pi / 2).Translate(v(0, -b-0.28, 0.2)))
		k.add(mesh.Torus(v(0, -b-0.12, 0.12), 0.08, 0.02, 18, k.metal(brass)))
		k.detail("pendant")
	}
}

func glasses(k *maker) {
	frame := k.plastic(k.main)
	if k.chance(0.35) {
		frame = k.metal()
	}
	rx, rz := k.between(0.36, 0.45), k.between(0.24, 0.4)
	round := k.between(0.35, 1)
	thick := k.between(0.03, 0.065)
	lens := k.glass([]paint{white, charcoal, k.second}[k.rng.IntN(3)])
	lens.Opacity = k.between(0.15, 0.7)
	gap := k.between(0.46, 0.54)
	var rim []mesh.Vec
	for i := range 36 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 36)
		rim = append(rim, v(gap+rx*math.Copysign(math.Pow(math.Abs(cos), round), cos), 0,
			0.45+rz*math.Copysign(math.Pow(math.Abs(sin), round), sin)))
	}
	k.mirrored(mesh.Tube(rim, []float64{thick}, 8, true, frame))
	k.mirrored(mesh.Superellipsoid(v(gap, 0, 0.45), v(rx, 0.015, rz), 1, round, 24, lens))
	k.add(mesh.Tube(mesh.Curve(8, v(-gap+rx*0.95, 0, 0.5), v(0, -0.02, 0.58), v(gap-rx*0.95, 0, 0.5)), []float64{thick}, 8,
		false, frame))
	arm := k.plastic(k.second)
	k.mirrored(mesh.Tube(mesh.Curve(14, v(gap+rx, 0, 0.55), v(gap+rx+0.05, 0.5, 0.55), v(gap+rx, 1.1, 0.52),
		v(gap+rx-0.06, 1.35, 0.25)), []float64{thick}, 8, false, arm))
}
