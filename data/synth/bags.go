package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var bags = department{"Bags", []leaf{
	{"handbag", "handbag", "Handbags > Handbags", handbag},
	{"backpack", "backpack", "Backpacks > Backpacks", backpack},
	{"suitcase", "suitcase", "Luggage > Suitcases", suitcase},
	{"umbrella", "umbrella", "Accessories > Umbrellas", umbrella},
}}

func handbag(k *maker) {
	w, d, h := k.between(0.6, 0.9), k.between(0.2, 0.32), k.between(0.6, 0.9)
	skin := k.leather(k.main)
	taper := k.between(0.75, 1.1)
	k.add(mesh.Superellipsoid(v(0, 0, h/2), v(w, d, h/2), 0.35, 0.3, 36, skin))
	if k.chance(0.6) {
		flap := k.leather(k.second)
		k.add(mesh.Superellipsoid(v(0, -d*0.25, h*0.72), v(w*0.98, d*0.85, h*0.32), 0.3, 0.3, 32, flap))
		k.add(mesh.RoundBox(v(0, -d*1.12, h*0.45), v(0.16, 0.06, 0.14), k.metal(brass)))
		k.detail("flap")
	} else {
		k.add(mesh.Box(v(0, -d*0.97, h*0.5), v(w*1.3, 0.04, h*0.35), k.leather(k.second)))
		k.detail("front pocket")
	}
	rise := k.between(0.35, 0.8)
	for _, y := range []float64{-0.5, 0.5} {
		k.add(mesh.Tube(mesh.Curve(20, v(-w*0.5*taper, y*d, h*0.9), v(-w*0.4*taper, y*d, h+rise), v(w*0.4*taper, y*d, h+rise),
			v(w*0.5*taper, y*d, h*0.9)), []float64{0.04}, 10, false, k.leather(k.accent)))
	}
	k.mirrored(mesh.Torus(v(0, 0, 0), 0.08, 0.02, 18, k.metal(brass)).RotateX(math.Pi / 2).Translate(v(w*0.5*taper, -d*0.6,
		h*0.92)))
	k.tones = k.tones[:min(2, len(k.tones))]
}

func backpack(k *maker) {
	w, d, h := k.between(0.45, 0.6), k.between(0.28, 0.38), k.between(1.1, 1.5)
	cloth, pocket := k.patterned(k.fabric(k.main)), k.fabric(k.second)
	k.add(mesh.Superellipsoid(v(0, 0, h/2), v(w, d, h/2), 0.35, 0.45, 36, cloth))
	n := k.count(1, 2)
	for i := range n {
		k.add(mesh.Superellipsoid(v(0, -d*0.95, h*(0.26+0.36*float64(i))), v(w*(0.8-0.12*float64(i)), d*0.45, h*0.16), 0.35,
			0.4, 28, pocket))
	}
	if k.chance(0.5) {
		k.mirrored(mesh.Superellipsoid(v(w*1.05, 0, h*0.25), v(0.13, d*0.6, h*0.2), 0.5, 0.5, 22, pocket))
		k.detail("side pockets")
	}
	strap := k.fabric(k.accent)
	k.mirrored(mesh.Tube(mesh.Curve(18, v(w*0.45, d*0.8, h*0.92), v(w*0.5, d*1.9, h*0.7), v(w*0.6, d*1.6, h*0.3),
		v(w*0.7, d*0.7, h*0.12)), []float64{0.07}, 10, false, strap))
	k.add(mesh.Tube(mesh.Curve(12, v(-0.15, 0, h*0.97), v(-0.1, 0, h+0.16), v(0.1, 0, h+0.16), v(0.15, 0, h*0.97)),
		[]float64{0.035}, 10, false, strap))
	if k.chance(0.5) {
		k.add(mesh.Box(v(0, -d*0.9, h*0.8), v(w*0.5, 0.16, 0.14), k.leather(brown)))
		k.detail("label")
	}
}

func suitcase(k *maker) {
	w, d, h := k.between(0.5, 0.7), k.between(0.25, 0.34), k.between(1.0, 1.4)
	shell := k.plastic(k.main)
	k.add(mesh.RoundBox(v(0, 0, h/2+0.14), v(2*w, 2*d, h), shell))
	ribs := k.count(0, 7)
	for i := range ribs {
		x := w * 0.75 * (2*float64(i)/float64(max(1, ribs-1)) - 1)
		k.add(mesh.RoundBox(v(x, -d*0.97, h/2+0.14), v(0.06, 0.1, h*0.85), shell))
	}
	k.add(mesh.Box(v(0, 0, h/2+0.14), v(2*w*1.01, 0.04, h*1.01), k.plastic(k.second)))
	for _, x := range []float64{-0.75, 0.75} {
		for _, y := range []float64{-0.6, 0.6} {
			k.wheel(v(x*w, y*d, 0.09), 0.09, 0.08, k.plastic(grey))
		}
	}
	rise := k.between(0.15, 0.7)
	k.mirrored(mesh.Tube([]mesh.Vec{v(w*0.35, d*0.6, h), v(w*0.35, d*0.6, h+0.14+rise)}, []float64{0.03}, 8, false,
		k.metal(steel)))
	k.add(mesh.Tube([]mesh.Vec{v(-w*0.42, d*0.6, h+0.14+rise), v(0, d*0.6, h+0.14+rise), v(w*0.42, d*0.6, h+0.14+rise)},
		[]float64{0.05}, 10, false, k.plastic(charcoal)))
	if k.chance(0.5) {
		k.mirrored(mesh.RoundBox(v(w*0.95, -d*0.9, 0.2), v(0.24, 0.2, 0.24), k.plastic(k.accent)))
		k.mirrored(mesh.RoundBox(v(w*0.95, -d*0.9, h+0.06), v(0.24, 0.2, 0.24), k.plastic(k.accent)))
		k.detail("corner guards")
	}
}

func umbrella(k *maker) {
	r, h := k.between(0.9, 1.2), k.between(1.6, 2.0)
	cloth := k.fabric(k.main)
	panels := k.count(3, 6)
	if k.chance(0.6) {
		cloth.Texture, k.pattern = rings(k.main.color, k.tone(k.second), panels), "panelled"
	}
	deep := k.between(0.3, 0.6)
	k.add(mesh.Lathe([]mesh.Point{pr(r, h-deep), pr(r*0.75, h-deep*0.5), pr(r*0.35, h-deep*0.1), pr(0.02, h), pr(0, h)},
		2*panels*4, cloth))
	k.add(mesh.Lathe([]mesh.Point{pr(0, h-0.03), pr(r*0.35, h-deep*0.1-0.03), pr(r*0.75, h-deep*0.5-0.03),
		pr(r*0.995, h-deep-0.01)}, 2*panels*4, cloth))
	k.add(mesh.Cylinder(v(0, 0, 0.2), 0.03, h, 10, k.metal(steel)))
	grip := k.wooden(v(0, 0, 1))
	if k.chance(0.6) {
		k.add(mesh.Tube(append([]mesh.Vec{v(0, 0, 0.45)}, mesh.Arc(v(0.16, 0, 0.16), 0.16, math.Pi, 2*math.Pi, 14)...),
			[]float64{0.055}, 12, false, grip))
		k.detail("crook handle")
	} else {
		k.add(mesh.Cylinder(v(0, 0, 0), 0.07, 0.45, 16, grip))
	}
}
