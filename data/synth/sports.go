package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var sports = department{"Sports", []leaf{
	{"ball", "ball", "Team sports > Balls", ball},
	{"racket", "racket", "Tennis > Rackets", racket},
	{"dumbbell", "dumbbell", "Fitness > Dumbbells", dumbbell},
	{"skateboard", "skateboard", "Outdoor > Skateboards", skateboard},
}}

func ball(k *maker) {
	m := k.plastic(k.main)
	a, b, c := k.main.color, k.tone(k.second), k.tone(k.accent)
	switch k.rng.IntN(4) {
	case 0:
		m.Texture, k.pattern = rings(a, b, k.count(2, 4)), "panelled"
	case 1:
		n := float64(k.count(3, 5))
		m.Texture = func(p mesh.Vec) mesh.Color {
			if math.Sin(n*p.X*1.6)*math.Sin(n*p.Y*1.6)*math.Sin(n*p.Z*1.6) > 0.12 {
				return b
			}
			return a
		}
		k.pattern = "patched"
	case 2:
		w := k.between(0.1, 0.25)
		m.Texture = func(p mesh.Vec) mesh.Color {
			if math.Abs(p.Z-1) < w || math.Abs(p.X) < w/2 {
				return b
			}
			if p.Z > 1 {
				return c
			}
			return a
		}
		k.pattern = "two-tone"
	default:
		w := k.between(0.03, 0.06)
		m.Texture = func(p mesh.Vec) mesh.Color {
			if math.Abs(p.Z-1) < w || math.Abs(p.X) < w || math.Abs(math.Hypot(p.X, p.Z-1)-0.75) < w {
				return black.color
			}
			return a
		}
		k.pattern = "seamed"
	}
	long := 1.0
	if k.chance(0.25) {
		long = k.between(1.3, 1.6)
		k.detail("pointed ends")
	}
	k.add(mesh.Ellipsoid(v(0, 0, 1), v(long, 1, 1), 48, m))
}

func racket(k *maker) {
	w, l := k.between(0.5, 0.68), k.between(0.65, 0.85)
	frame := k.plastic(k.main)
	var oval []mesh.Vec
	for i := range 40 {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / 40)
		oval = append(oval, v(l*cos+l, w*sin, 0.08))
	}
	tip := frame
	tip.Texture = stripes(k.main.color, k.tone(k.second), v(1, 0, 0), 3, k.between(0.3, 0.5))
	k.add(mesh.Tube(oval, []float64{0.055}, 10, true, tip))
	string_ := mesh.Material{Diffuse: []paint{white, yellow, k.accent}[k.rng.IntN(3)].color, Specular: 0.2, Shininess: 20}
	n := k.count(9, 14)
	for i := 1; i < n; i++ {
		t := 2*float64(i)/float64(n) - 1
		half := math.Sqrt(1 - t*t)
		k.add(mesh.Tube([]mesh.Vec{v(l+l*t, -w*half, 0.08), v(l+l*t, w*half, 0.08)}, []float64{0.009}, 4, false, string_))
		k.add(mesh.Tube([]mesh.Vec{v(l-l*half, w*t, 0.08), v(l+l*half, w*t, 0.08)}, []float64{0.009}, 4, false, string_))
	}
	throat, grip := k.between(0.2, 0.5), k.between(0.6, 0.8)
	for _, y := range []float64{-1, 1} {
		k.add(mesh.Tube([]mesh.Vec{v(0.06, y*w*0.3, 0.08), v(-throat, 0, 0.08)}, []float64{0.05}, 10, false, frame))
	}
	k.add(mesh.Tube([]mesh.Vec{v(-throat+0.05, 0, 0.08), v(-throat-0.3, 0, 0.08)}, []float64{0.06}, 10, false, frame))
	wrap := k.leather(k.accent)
	wrap.Texture = stripes(k.accent.color, blend(k.accent.color, black.color, 0.5), v(1, 0.4, 0), 0.12, 0.25)
	k.add(mesh.Tube([]mesh.Vec{v(-throat-0.25, 0, 0.08), v(-throat-0.25-grip, 0, 0.08)}, []float64{0.085, 0.08, 0.1}, 8,
		false, wrap))
}

func dumbbell(k *maker) {
	bar := k.metal(steel)
	half, r := k.between(0.45, 0.7), k.between(0.32, 0.5)
	k.add(mesh.Cylinder(v(0, 0, -half-0.3), 0.08, 2*half+0.6, 18, bar).RotateY(math.Pi / 2).Translate(v(0, 0, r)))
	sides := []int{6, 8, 40}[k.rng.IntN(3)]
	weight := k.plastic(k.main)
	if k.chance(0.4) {
		weight = k.metal(gunmetal)
	}
	n, x := k.count(1, 3), half
	for i := range n {
		thick := k.between(0.12, 0.28)
		size := r * (1 - 0.22*float64(i))
		disc := mesh.Lathe([]mesh.Point{pr(0, 0), pr(size*0.9, 0), pr(size, thick*0.25), pr(size, thick*0.75),
			pr(size*0.9, thick), pr(0, thick)}, sides, weight).RotateY(math.Pi / 2)
		k.mirrored(disc.Translate(v(x, 0, r)))
		x += thick + 0.02
	}
	k.mirrored(mesh.Cylinder(v(0, 0, 0), 0.14, 0.08, 20, k.plastic(k.accent)).RotateY(math.Pi / 2).Translate(v(x, 0, r)))
	k.add(mesh.Tube([]mesh.Vec{v(-half*0.8, 0, r), v(0, 0, r), v(half*0.8, 0, r)}, []float64{0.1, 0.13, 0.1}, 16, false,
		k.rubber()))
	k.detail(map[int]string{6: "hexagonal ends", 8: "octagonal ends", 40: "round ends"}[sides])
}

func skateboard(k *maker) {
	l, w := k.between(1.0, 1.35), k.between(0.28, 0.4)
	deck := k.patterned(k.plastic(k.main))
	deck.Texture = stripes(k.main.color, k.tone(k.second), v(k.between(0.2, 1), 1, 0), k.between(0.2, 0.6),
		k.between(0.3, 0.6))
	k.pattern = "striped"
	bend := k.between(0.1, 0.25)
	k.add(mesh.Superellipsoid(v(0, 0, 0.3), v(l*0.85, w, 0.035), 0.3, 0.45, 40, deck))
	k.mirrored(mesh.Superellipsoid(v(0, 0, 0), v(l*0.3, w*0.97, 0.035), 0.3, 0.6, 28,
		deck).RotateY(-bend * 2).Translate(v(l*0.95, 0, 0.3+bend*0.4)))
	wheel := k.plastic(k.accent)
	for _, x := range []float64{-0.55, 0.55} {
		k.add(mesh.Tube([]mesh.Vec{v(x*l, -w*0.8, 0.12), v(x*l, w*0.8, 0.12)}, []float64{0.04}, 10, false, k.metal(steel)),
			mesh.Cone(v(x*l, 0, 0.1), 0.08, 0.2, 0.18, 16, k.metal(steel)))
		for _, y := range []float64{-0.8, 0.8} {
			k.add(mesh.Cylinder(v(0, 0, -0.08), 0.12, 0.16, 22, wheel).RotateX(math.Pi / 2).Translate(v(x*l, y*w, 0.12)))
		}
	}
}
