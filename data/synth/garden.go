package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var garden = department{"Garden", []leaf{
	{"pot", "plant pot", "Planting > Plant pots", pot},
	{"wateringcan", "watering can", "Watering > Watering cans", wateringCan},
	{"birdhouse", "bird house", "Decoration > Bird houses", birdhouse},
	{"trowel", "trowel", "Hand tools > Trowels", trowel},
}}

func pot(k *maker) {
	r, h := k.between(0.55, 0.85), k.between(0.7, 1.3)
	clay := k.patterned(k.ceramic([]paint{k.main, coral, grey}[k.rng.IntN(3)]))
	foot := k.between(0.6, 1.0)
	lip := k.between(0.03, 0.12)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*foot, 0), pr(r*k.between(0.85, 1.1), h*0.5), pr(r, h*0.85),
		pr(r+lip, h*0.86), pr(r+lip, h), pr(r*0.9, h), pr(r*0.85, h*0.9), pr(0, h*0.9)}, 44, clay))
	leafy := mesh.Material{Diffuse: green.color, Specular: 0.25, Shininess: 20}
	switch k.rng.IntN(3) {
	case 0:
		n := k.count(7, 14)
		for i := range n {
			a := 2.4 * float64(i)
			sin, cos := math.Sincos(a)
			out, up := k.between(0.25, 0.75), k.between(0.5, 1.1)
			k.add(mesh.Tube(mesh.Curve(8, v(0.1*cos, 0.1*sin, h*0.9), v(out*0.5*cos, out*0.5*sin, h+up*0.7),
				v(out*cos, out*sin, h+up)), []float64{0.03, 0.09, 0.01}, 8, false, leafy))
		}
		k.detail("leafy plant")
	case 1:
		tall := k.between(0.5, 0.9)
		cactus := leafy
		cactus.Texture = rings(green.color, olive.color, k.count(8, 14))
		k.add(mesh.Ellipsoid(v(0, 0, h*0.85+tall*0.5), v(r*0.5, r*0.5, tall*0.65), 32, cactus))
		k.add(mesh.Ellipsoid(v(0, 0, h*0.85+tall*1.15), v(0.1, 0.1, 0.08), 14, k.plastic(pink)))
		k.detail("cactus")
	}
}

func wateringCan(k *maker) {
	r, h := k.between(0.5, 0.65), k.between(0.65, 1.0)
	m := k.plastic(k.main)
	if k.chance(0.4) {
		m = k.metal()
	}
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r, 0), pr(r*k.between(0.7, 1.05), h), pr(r*0.5, h+0.06), pr(r*0.45, h)}, 40,
		m))
	reach, up := k.between(1.1, 1.5), k.between(0.9, 1.3)*h
	k.add(mesh.Tube([]mesh.Vec{v(-r*0.85, 0, h*0.25), v(-reach, 0, up)}, []float64{0.11, 0.05}, 14, false, m))
	if k.chance(0.7) {
		rose := mesh.Lathe([]mesh.Point{pr(0.05, 0), pr(k.between(0.14, 0.24), 0.16), pr(0, 0.2)}, 24, k.metal(brass))
		k.add(rose.RotateY(-1.0).Translate(v(-reach, 0, up)))
		k.detail("brass rose")
	}
	grip := k.plastic(k.second)
	if k.chance(0.5) {
		k.add(mesh.Tube(mesh.Curve(18, v(-r*0.4, 0, h), v(-r*0.3, 0, h+0.5), v(r*0.7, 0, h+0.4), v(r*0.95, 0, h*0.35)),
			[]float64{0.06}, 12, false, grip))
	} else {
		k.add(mesh.Tube(mesh.Curve(18, v(r*0.8, 0, h*0.9), v(r*1.6, 0, h*0.95), v(r*1.5, 0, h*0.35), v(r*0.9, 0, h*0.2)),
			[]float64{0.06}, 12, false, grip))
		k.add(mesh.Tube(mesh.Arc(v(0, 0, h), r*0.6, 0.2, math.Pi-0.2, 14), []float64{0.05}, 10, false, grip))
		k.detail("two handles")
	}
	for i := range k.count(0, 2) {
		k.add(mesh.Torus(v(0, 0, h*(0.25+0.4*float64(i))), r*0.98, 0.03, 40, k.plastic(k.accent)))
	}
}

func birdhouse(k *maker) {
	w, d, h := k.between(0.4, 0.55), k.between(0.35, 0.5), k.between(0.7, 1.0)
	wall, roof := k.wooden(v(0, 0, 1)), k.plastic(k.main)
	if k.chance(0.5) {
		wall = k.plastic(k.second)
	}
	gable := k.between(0.3, 0.6)
	k.add(mesh.Extrude([]mesh.Vec{v(-w, 0, 0), v(w, 0, 0), v(w, h, 0), v(0, h+gable, 0), v(-w, h, 0)}, 2*d,
		wall).RotateX(math.Pi / 2).Translate(v(0, d, 0)))
	pitch := math.Atan2(gable, w)
	long := math.Hypot(w, gable) + 0.2
	k.mirrored(mesh.Box(v(0, 0, 0.04), v(long, 2*d+0.3, 0.07),
		roof).RotateY(pitch).Translate(v(w/2+0.05, 0, h+gable/2-0.03)))
	hole := k.between(0.13, 0.2)
	k.add(mesh.Cylinder(v(0, 0, 0), hole, 0.03, 28, k.rubber()).RotateX(math.Pi / 2).Translate(v(0, -d, h*0.7)))
	k.add(mesh.Cylinder(v(0, 0, 0), 0.035, 0.3, 10, k.wooden(v(0, 1, 0))).RotateX(math.Pi / 2).
		Translate(v(0, -d, h*0.7-hole-0.1)))
	if k.chance(0.5) {
		k.add(mesh.Cylinder(v(0, 0, -1.0), 0.07, 1.0, 12, k.wooden(v(0, 0, 1))))
		k.detail("post")
	}
	if k.chance(0.4) {
		k.mirrored(mesh.Box(v(w*0.55, -d, h*0.25), v(0.25, 0.05, 0.25), k.plastic(k.accent)))
		k.detail("windows")
	}
}

func trowel(k *maker) {
	long, wide := k.between(0.7, 1.0), k.between(0.2, 0.36)
	blade := k.metal([]paint{steel, gunmetal, copper}[k.rng.IntN(3)])
	tip := k.between(0.2, 0.7)
	k.add(mesh.Extrude([]mesh.Vec{v(0, -wide*0.8, 0), v(long*(1-tip*0.5), -wide, 0), v(long, 0, 0),
		v(long*(1-tip*0.5), wide, 0), v(0, wide*0.8, 0)}, 0.04, blade).Translate(v(0.3, 0, 0.02)))
	k.add(mesh.Tube(mesh.Curve(10, v(0.35, 0, 0.05), v(0.15, 0, 0.08), v(-0.1, 0, 0.22)), []float64{0.05}, 10, false,
		blade))
	grip := k.wooden(v(1, 0, 0))
	if k.chance(0.5) {
		grip = k.plastic(k.main)
	}
	g := k.between(0.6, 0.85)
	k.add(mesh.Tube([]mesh.Vec{v(-0.05, 0, 0.2), v(-g*0.5, 0, 0.24), v(-g, 0, 0.22)}, []float64{0.09, 0.12, 0.09}, 16,
		false, grip))
	k.add(mesh.Ellipsoid(v(-g, 0, 0.22), v(0.06, 0.1, 0.1), 16, k.plastic(k.second)))
	if k.chance(0.5) {
		k.add(mesh.Torus(v(0, 0, 0), 0.09, 0.018, 16, k.fabric(k.accent)).RotateX(math.Pi / 2).Translate(v(-g-0.12, 0, 0.22)))
		k.detail("hanging loop")
	}
}
