package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var tools = department{"Tools", []leaf{
	{"hammer", "hammer", "Hand tools > Hammers", hammer},
	{"screwdriver", "screwdriver", "Hand tools > Screwdrivers", screwdriver},
	{"drill", "cordless drill", "Power tools > Drills", drill},
	{"toolbox", "tool box", "Storage > Tool boxes", toolbox},
}}

func hammer(k *maker) {
	long := k.between(1.5, 2.1)
	grip := k.wooden(v(1, 0, 0))
	if k.chance(0.5) {
		grip = k.plastic(k.main)
		k.add(mesh.Tube([]mesh.Vec{v(-long, 0, 0.1), v(-long*0.45, 0, 0.1)}, []float64{0.12, 0.1, 0.115}, 14, false,
			k.plastic(k.second)))
	}
	k.add(mesh.Tube(mesh.Curve(10, v(-long, 0, 0.1), v(-long*0.5, 0, 0.1), v(0.1, 0, 0.1)), []float64{0.1, 0.075, 0.08},
		14, false, grip))
	head := k.metal([]paint{steel, gunmetal, black}[k.rng.IntN(3)])
	w := k.between(0.35, 0.55)
	k.add(mesh.RoundBox(v(0, 0, 0.1), v(0.24, w*0.9, 0.24), head))
	face := k.between(0.12, 0.19)
	k.add(mesh.Cylinder(v(0, 0, 0), face, 0.28, 24, head).RotateX(math.Pi / 2).Translate(v(0, -w*0.4, 0.1)))
	switch k.rng.IntN(3) {
	case 0:
		for _, x := range []float64{-0.06, 0.06} {
			k.add(mesh.Tube(mesh.Curve(10, v(0, w*0.35, 0.1), v(x*0.7, w*0.8, 0.1), v(x*1.5-0.1, w*1.25, 0.1)),
				[]float64{0.09, 0.06, 0.02}, 8, false, head))
		}
		k.detail("claw")
	case 1:
		k.add(mesh.Cylinder(v(0, 0, 0), face*1.1, 0.28, 24, head).RotateX(-math.Pi / 2).Translate(v(0, w*0.4, 0.1)))
		k.detail("two faces")
	default:
		k.add(mesh.Superellipsoid(v(0, w*0.55, 0.1), v(0.05, w*0.5, 0.12), 1, 0.8, 18, head))
		k.detail("cross peen")
	}
}

func screwdriver(k *maker) {
	grip, long, r := k.between(0.6, 0.9), k.between(0.8, 1.5), k.between(0.13, 0.2)
	m := k.plastic(k.main)
	m.Texture = rings(k.main.color, k.tone(k.second), k.count(3, 6))
	handle := mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.7, 0), pr(r, grip*0.15), pr(r*k.between(0.8, 1.1), grip*0.6),
		pr(r*0.5, grip*0.9), pr(r*0.65, grip), pr(0, grip)}, 24, m)
	shaft := mesh.Cylinder(v(0, 0, grip*0.98), k.between(0.04, 0.07), long, 14, k.metal(steel))
	tip := mesh.Box(v(0, 0, grip+long), v(k.between(0.08, 0.18), 0.03, 0.2), k.metal(steel))
	cap := mesh.Ellipsoid(v(0, 0, 0), v(r*0.7, r*0.7, 0.07), 20, k.plastic(k.accent))
	for _, p := range []mesh.Part{handle, shaft, tip, cap} {
		k.add(p.RotateY(math.Pi / 2).Translate(v(0, 0, r)))
	}
}

func drill(k *maker) {
	body, dark := k.plastic(k.main), k.plastic(charcoal)
	l, r := k.between(0.75, 1.0), k.between(0.24, 0.32)
	k.add(mesh.Superellipsoid(v(0, 0, 1.25), v(l, r, r*1.05), 0.6, 0.5, 32, body))
	k.add(mesh.Cone(v(0, 0, 0), r*0.75, 0.12, k.between(0.3, 0.45), 24, dark).RotateY(math.Pi / 2).
		Translate(v(l*0.92, 0, 1.27)))
	k.add(mesh.Cylinder(v(0, 0, 0), 0.04, k.between(0.4, 0.8), 12, k.metal(steel)).RotateY(math.Pi / 2).
		Translate(v(l*1.2, 0, 1.27)))
	lean := k.between(-0.3, 0.05)
	k.add(mesh.Tube([]mesh.Vec{v(-0.25, 0, 1.2), v(-0.3+lean*0.5, 0, 0.7), v(-0.3+lean, 0, 0.25)},
		[]float64{0.19, 0.15, 0.17}, 16, false, body))
	k.add(mesh.Tube([]mesh.Vec{v(-0.27+lean*0.2, -0.02, 1.0), v(-0.3+lean*0.8, -0.02, 0.4)}, []float64{0.155, 0.155}, 12,
		false, dark))
	k.add(mesh.RoundBox(v(-0.25+lean, 0, 0.15), v(k.between(0.6, 0.9), 0.42, 0.3), dark))
	k.add(mesh.Box(v(-0.25+lean, 0, 0.32), v(0.5, 0.44, 0.05), k.plastic(k.accent)))
	k.add(mesh.RoundBox(v(-0.05, 0, 1.0), v(0.12, 0.14, 0.22), k.plastic(k.second)))
	for i := range k.count(2, 5) {
		k.add(mesh.Box(v(-l*0.3-0.1*float64(i), 0, 1.35), v(0.035, 2*r+0.02, 0.16), dark))
	}
}

func toolbox(k *maker) {
	w, d, h := k.between(0.75, 1.1), k.between(0.35, 0.5), k.between(0.45, 0.75)
	body, lid := k.plastic(k.main), k.plastic(k.second)
	k.add(mesh.RoundBox(v(0, 0, h/2), v(2*w, 2*d, h), body),
		mesh.RoundBox(v(0, 0, h+0.1), v(2*w*1.02, 2*d*1.03, k.between(0.15, 0.3)), lid))
	top := h + 0.2
	k.add(mesh.Tube(mesh.Curve(18, v(-w*0.5, 0, top-0.05), v(-w*0.48, 0, top+0.25), v(w*0.48, 0, top+0.25),
		v(w*0.5, 0, top-0.05)), []float64{0.06}, 12, false, k.plastic(black)))
	n := k.count(1, 3)
	for i := range n {
		x := w * 0.6 * (2*float64(i)/float64(max(1, n-1)) - 1)
		if n == 1 {
			x = 0
		}
		k.add(mesh.RoundBox(v(x, -d*1.02, h), v(0.2, 0.1, 0.3), k.metal(steel)))
	}
	if k.chance(0.5) {
		for i := range 2 {
			k.add(mesh.Box(v(0, -d*1.0, h*(0.3+0.3*float64(i))), v(2*w*0.85, 0.06, h*0.2), k.plastic(k.accent)))
		}
		k.detail("drawers")
	}
}
