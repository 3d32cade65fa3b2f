package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var decoration = department{"Decoration", []leaf{
	{"vase", "vase", "Vases > Vases", vase},
	{"clock", "alarm clock", "Clocks > Alarm clocks", alarmClock},
	{"frame", "picture frame", "Walls > Picture frames", pictureFrame},
	{"bowl", "bowl", "Bowls > Bowls", bowl},
	{"hat", "hat", "Hats > Hats", hat},
}}

func vase(k *maker) {
	h := k.between(1.2, 1.9)
	m := k.patterned(k.ceramic(k.main))
	profile := []mesh.Point{pr(0, 0), pr(k.between(0.2, 0.45), 0)}
	n := 5
	for i := 1; i <= n; i++ {
		profile = append(profile, pr(k.between(0.15, 0.65), h*float64(i)/float64(n)))
	}
	// Round off the drawn profile, so that it looks turned on a wheel.
	var points []mesh.Vec
	for _, p := range profile[1:] {
		points = append(points, v(p.R, 0, p.Z))
	}
	smooth := []mesh.Point{pr(0, 0)}
	for _, p := range mesh.Curve(28, points...) {
		smooth = append(smooth, pr(max(0.08, p.X), p.Z))
	}
	mouth := smooth[len(smooth)-1].R
	k.add(mesh.Lathe(append(smooth, pr(mouth*0.85, h), pr(mouth*0.7, h*0.8)), 44, m))
	if k.chance(0.35) {
		k.mirrored(mesh.Tube(mesh.Curve(14, v(mouth*0.9, 0, h*0.93), v(mouth+0.35, 0, h*0.9), v(0.5, 0, h*0.55),
			v(0.25, 0, h*0.45)), []float64{0.055}, 10, false, k.ceramic(k.second)))
		k.detail("two handles")
	}
}

func alarmClock(k *maker) {
	r := k.between(0.55, 0.75)
	body := k.plastic(k.main)
	if k.chance(0.3) {
		body = k.metal()
	}
	face := mesh.Material{Diffuse: k.tone([]paint{white, ivory, k.second, black}[k.rng.IntN(4)]), Specular: 0.2,
		Shininess: 20}
	var parts []mesh.Part
	if k.chance(0.3) {
		parts = append(parts, mesh.RoundBox(v(0, 0, -0.05), v(2.1*r, 2.1*r, 0.5), body))
		k.detail("square case")
	} else {
		parts = append(parts, mesh.Lathe([]mesh.Point{pr(0, -0.25), pr(r*0.9, -0.25), pr(r, -0.1), pr(r, 0.2),
			pr(r*0.88, 0.2), pr(r*0.86, 0.15)}, 44, body))
	}
	parts = append(parts, mesh.Cylinder(v(0, 0, 0.13), r*0.87, 0.07, 44, face))
	mark := k.plastic(k.accent)
	n := []int{4, 12}[k.rng.IntN(2)]
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		parts = append(parts, mesh.Box(v(r*0.72*cos, r*0.72*sin, 0.21), v(0.07, 0.07, 0.03), mark))
	}
	hour, minute := k.between(0, 6.28), k.between(0, 6.28)
	for _, hand := range [][3]float64{{hour, 0.4, 0.06}, {minute, 0.62, 0.04}} {
		parts = append(parts, mesh.Box(v(r*hand[1]/2, 0, 0.23), v(r*hand[1], hand[2], 0.02), k.rubber()).RotateZ(hand[0]))
	}
	for _, p := range parts {
		k.add(p.RotateX(math.Pi / 2).Translate(v(0, 0, r+0.15)))
	}
	k.mirrored(mesh.Tube([]mesh.Vec{v(r*0.55, 0, 0), v(r*0.45, 0, 0.35)}, []float64{0.05, 0.06}, 10, false, body))
	if k.chance(0.6) {
		bell := k.metal()
		k.mirrored(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.25, 0), pr(0.2, 0.14), pr(0, 0.2)}, 28,
			bell).RotateY(0.5).Translate(v(r*0.5, 0, 2*r+0.12)))
		k.add(mesh.Tube(mesh.Arc(v(0, 0, 2*r+0.2), 0.2, 0, math.Pi, 12), []float64{0.03}, 8, false, bell))
		k.detail("two bells")
	}
}

func pictureFrame(k *maker) {
	w, h, thick := k.between(0.5, 0.95), k.between(0.5, 0.95), k.between(0.07, 0.2)
	rail := k.wooden(v(1, 0, 0))
	if k.chance(0.6) {
		rail = k.plastic(k.main)
	}
	var parts []mesh.Part
	for _, s := range []float64{-1, 1} {
		parts = append(parts, mesh.RoundBox(v(0, s*(h+thick/2), 0), v(2*w+2*thick, thick, 0.12), rail),
			mesh.RoundBox(v(s*(w+thick/2), 0, 0), v(thick, 2*h+2*thick, 0.12), rail))
	}
	a, b, c := k.second.color, k.accent.color, k.main.color
	seed, style := k.rng.Float64()*20, k.rng.IntN(3)
	art := mesh.Material{Diffuse: a, Specular: 0.3, Shininess: 40}
	art.Texture = func(p mesh.Vec) mesh.Color {
		// The picture leans back: its height is measured along the frame.
		x, y := p.X, p.Z
		switch style {
		case 0: // hills under a sun
			if math.Hypot(x-w*0.4, y-h*1.5) < 0.25 {
				return yellow.color
			}
			if y < h*(0.8+0.3*math.Sin(3*x+seed)) {
				return c
			}
			return a
		case 1: // colour fields
			return []mesh.Color{a, b, c, white.color}[int(turbulence(mesh.Vec{X: x * 2, Y: y * 2}, seed)*7)%4]
		}
		if math.Mod(math.Hypot(x, y-h)*3+seed, 1) < 0.5 { // circles
			return b
		}
		return a
	}
	parts = append(parts, mesh.Box(v(0, 0, -0.01), v(2*w, 2*h, 0.02), art))
	for _, p := range parts {
		k.add(p.RotateX(math.Pi/2 - 0.2).Translate(v(0, 0, h+thick)))
	}
	k.add(mesh.Box(v(0, 0.35, h*0.6), v(0.2, 0.04, h*1.3), k.plastic(black)).RotateX(0.25))
	k.detail([]string{"landscape", "abstract print", "circles"}[style])
}

func bowl(k *maker) {
	r, h := k.between(0.65, 1.0), k.between(0.35, 0.7)
	m := k.patterned(k.ceramic(k.main))
	if k.chance(0.25) {
		k.pattern = ""
		m = k.wooden(v(0, 0, 1))
	}
	foot := k.between(0.3, 0.6)
	curve := k.between(0.3, 0.6)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*foot, 0), pr(r*foot*0.95, 0.07), pr(r*0.85, h*curve), pr(r, h),
		pr(r*0.95, h)}, 48, m))
	k.add(mesh.Lathe([]mesh.Point{pr(r*0.95, h), pr(r*0.78, h*curve+0.03), pr(r*foot*0.7, 0.12), pr(0, 0.12)}, 48,
		k.ceramic(k.second)))
	if k.chance(0.45) {
		fruit := []paint{red, orange, green, yellow}
		pick := k.rng.IntN(4)
		for i := range k.count(2, 5) {
			sin, cos := math.Sincos(2.1 * float64(i))
			out := 0.32 * r
			if i == 0 {
				out = 0
			}
			size := r * k.between(0.24, 0.3)
			k.add(mesh.Ellipsoid(v(out*cos, out*sin, h*0.55+size*0.5), v(size, size, size*0.95), 24,
				mesh.Material{Diffuse: fruit[(pick+i%2)%4].color, Specular: 0.4, Shininess: 30}))
		}
		k.detail("fruit")
	}
}

func hat(k *maker) {
	r, h := k.between(0.45, 0.55), k.between(0.4, 0.75)
	felt := k.patterned(k.fabric(k.main))
	switch k.rng.IntN(3) {
	case 0:
		brim := k.between(0.2, 0.6)
		top := k.between(0.7, 1)
		k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r+brim, k.between(-0.02, 0.12)), pr(r+brim, 0.04+0.05), pr(r*1.02, 0.05),
			pr(r*top, h), pr(r*top*0.6, h+k.between(-0.1, 0.1)), pr(0, h-0.03)}, 48, felt))
		k.add(mesh.Lathe([]mesh.Point{pr(r*1.04, 0.06), pr(r*1.04, 0.2), pr(r*0.98, 0.2)}, 48, k.fabric(k.second)))
		k.detail("brim")
	case 1:
		k.add(mesh.Ellipsoid(v(0, 0, 0.08), v(r, r*1.05, h*0.85), 36, felt))
		k.add(mesh.Superellipsoid(v(0, -r*1.25, 0.1), v(r*0.85, r*0.75, 0.035), 1, 0.8, 28, k.fabric(k.second)).RotateX(0.12))
		k.add(mesh.Ellipsoid(v(0, 0, 0.08+h*0.85), v(0.06, 0.06, 0.04), 14, k.fabric(k.accent)))
		k.detail("peak")
	default:
		knit := k.fabric(k.main)
		knit.Texture = stripes(k.main.color, k.tone(k.second), v(0, 0, 1), k.between(0.12, 0.3), 0.5)
		k.pattern = "knitted"
		k.add(mesh.Lathe([]mesh.Point{pr(r, 0.2), pr(r*1.02, h*0.6), pr(r*0.75, h*1.15), pr(r*0.3, h*1.4), pr(0, h*1.45)}, 44,
			knit))
		k.add(mesh.Torus(v(0, 0, 0.14), r*0.98, 0.13, 44, k.fabric(k.second)))
		if k.chance(0.7) {
			k.add(mesh.Ellipsoid(v(0, 0, h*1.5), v(0.2, 0.2, 0.18), 22, k.fabric(k.accent)))
			k.detail("bobble")
		}
	}
}
