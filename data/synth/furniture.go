package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var furniture = department{"Furniture", []leaf{
	{"chair", "chair", "Seating > Chairs", chair},
	{"stool", "stool", "Seating > Stools", stool},
	{"sofa", "sofa", "Seating > Sofas", sofa},
	{"table", "table", "Tables > Tables", table},
	{"shelf", "shelf", "Storage > Shelves", shelf},
}}

// legs puts four legs under a rectangle; splay moves the feet outwards.
func (k *maker) legs(w, d, h, thick, splay float64, round bool, m mesh.Material) {
	for _, x := range []float64{-1, 1} {
		for _, y := range []float64{-1, 1} {
			top := v(x*(w-thick), y*(d-thick), h)
			foot := v(x*(w-thick+splay), y*(d-thick+splay), 0)
			if round {
				k.add(mesh.Tube([]mesh.Vec{foot, top}, []float64{thick * 0.6, thick}, 12, false, m))
			} else {
				k.add(mesh.Tube([]mesh.Vec{foot, top}, []float64{thick, thick * 1.2}, 4, false, m))
			}
		}
	}
}

func chair(k *maker) {
	w, seat, back := k.between(0.42, 0.55), k.between(0.75, 0.95), k.between(0.7, 1.1)
	frame := k.wooden(v(0, 0, 1))
	if k.chance(0.4) {
		frame = k.metal()
	}
	k.legs(w, w, seat, k.between(0.035, 0.06), k.between(0, 0.15), k.chance(0.6), frame)
	cushion := k.patterned(k.fabric(k.main))
	if k.chance(0.4) {
		k.pattern = ""
		cushion = frame
	}
	k.add(mesh.Superellipsoid(v(0, 0, seat), v(w*1.06, w*1.06, k.between(0.04, 0.1)), 0.3, 0.3, 28, cushion))
	for _, x := range []float64{-1, 1} {
		k.add(mesh.Tube([]mesh.Vec{v(x*w*0.92, w*0.9, seat), v(x*w*0.92, w*1.1, seat+back)}, []float64{0.045}, 10, false,
			frame))
	}
	switch k.rng.IntN(3) {
	case 0:
		n := k.count(3, 6)
		for i := range n {
			x := w * (-0.75 + 1.5*float64(i)/float64(n-1))
			k.add(mesh.Tube([]mesh.Vec{v(x, w*0.92, seat), v(x, w*1.08, seat+back*0.9)}, []float64{0.03}, 8, false, frame))
		}
		k.add(mesh.RoundBox(v(0, w*1.1, seat+back*0.95), v(w*1.95, 0.09, 0.2), frame))
		k.detail("spindle back")
	case 1:
		for i := range k.count(2, 4) {
			k.add(mesh.RoundBox(v(0, w*(0.95+0.05*float64(i)), seat+back*(0.35+0.25*float64(i))), v(w*1.9, 0.06, 0.16), frame))
		}
		k.detail("ladder back")
	default:
		k.add(mesh.RoundBox(v(0, w*1.03, seat+back*0.65), v(w*1.9, 0.12, back*k.between(0.4, 0.75)), cushion))
	}
}

func stool(k *maker) {
	r, h := k.between(0.4, 0.6), k.between(0.8, 1.7)
	frame := k.wooden(v(0, 0, 1))
	if k.chance(0.5) {
		frame = k.metal()
	}
	seat := k.patterned(k.leather(k.main))
	k.add(mesh.Lathe([]mesh.Point{pr(0, h), pr(r, h), pr(r*1.05, h+0.08), pr(r*0.95, h+0.17), pr(0, h+0.19)}, 40, seat))
	n := k.count(3, 5)
	splay := k.between(0.05, 0.3)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		k.add(mesh.Tube([]mesh.Vec{v((r+splay)*cos, (r+splay)*sin, 0), v(r*0.7*cos, r*0.7*sin, h)}, []float64{0.04, 0.055},
			10, false, frame))
	}
	if k.chance(0.7) {
		at := k.between(0.25, 0.55)
		k.add(mesh.Torus(v(0, 0, h*at), r*0.7*at+(r+splay)*(1-at), 0.03, 36, frame))
		k.detail("foot ring")
	}
}

func sofa(k *maker) {
	w, d, seat, back := k.between(0.9, 1.7), k.between(0.45, 0.55), k.between(0.35, 0.45), k.between(0.4, 0.65)
	cover := k.patterned(k.fabric(k.main))
	k.legs(w, d, 0.18, 0.05, 0, true, k.wooden(v(0, 0, 1)))
	k.add(mesh.RoundBox(v(0, 0, 0.27), v(2*w, 2*d, 0.22), cover))
	k.add(mesh.RoundBox(v(0, d*0.85, seat+back*0.5), v(2*w, d*0.5, back+0.2), cover))
	arm := k.between(0.12, 0.3)
	k.mirrored(mesh.RoundBox(v(w+arm*0.3, 0, 0.2+back*0.35), v(arm, 2*d, back*k.between(0.6, 1.1)), cover))
	n := k.count(1, 3)
	for i := range n {
		x := -w + w/float64(n)*(2*float64(i)+1)
		k.add(mesh.RoundBox(v(x, -d*0.1, seat+0.04), v(2*w/float64(n)*0.97, d*1.6, 0.2), cover))
	}
	for i := range k.count(0, 2) {
		pillow := k.fabric(k.accent)
		k.add(mesh.Superellipsoid(v(w*(0.65-1.3*float64(i)), d*0.25, seat+0.32), v(0.22, 0.1, 0.2), 0.6, 0.6, 20,
			pillow).RotateX(-0.2))
	}
}

func table(k *maker) {
	w, d, h := k.between(0.7, 1.3), k.between(0.5, 0.8), k.between(0.5, 1.0)
	top := k.wooden(v(1, 0, 0))
	frame := top
	if k.chance(0.5) {
		frame = k.metal()
	}
	if k.chance(0.4) {
		k.add(mesh.Cylinder(v(0, 0, h), d*1.1, 0.07, 48, top))
		k.add(mesh.Cylinder(v(0, 0, 0.05), 0.07, h, 20, frame), mesh.Cone(v(0, 0, 0), d*0.6, d*0.45, 0.06, 36, frame))
		k.detail("round top")
		return
	}
	k.add(mesh.RoundBox(v(0, 0, h+0.03), v(2*w, 2*d, k.between(0.06, 0.14)), top))
	k.legs(w, d, h, k.between(0.04, 0.09), k.between(-0.1, 0.1), k.chance(0.5), frame)
	if k.chance(0.4) {
		k.add(mesh.Box(v(0, 0, h-0.12), v(2*w*0.85, 2*d*0.8, 0.16), k.plastic(k.main)))
		k.add(mesh.Ellipsoid(v(0, -d*0.82, h-0.12), v(0.05, 0.04, 0.05), 14, k.metal()))
		k.detail("drawer")
	}
}

func shelf(k *maker) {
	w, d, h := k.between(0.5, 0.9), k.between(0.18, 0.3), k.between(1.2, 2.2)
	board := k.wooden(v(1, 0, 0))
	if k.chance(0.4) {
		board = k.plastic(k.main)
	}
	n := k.count(3, 6)
	for i := range n {
		k.add(mesh.Box(v(0, 0, h*float64(i)/float64(n-1)), v(2*w, 2*d, 0.05), board))
	}
	k.mirrored(mesh.Box(v(w, 0, h/2), v(0.05, 2*d, h+0.05), board))
	if k.chance(0.6) {
		k.add(mesh.Box(v(0, d, h/2), v(2*w, 0.02, h), k.plastic(k.second)))
	}
	for i := range n - 1 {
		x := -w * 0.85
		base := h*float64(i)/float64(n-1) + 0.03
		for x < w*0.5 && k.chance(0.85) {
			thick, tall := k.between(0.05, 0.13), h/float64(n-1)*k.between(0.5, 0.8)
			book := []paint{k.main, k.second, k.accent, ivory}[k.rng.IntN(4)]
			k.add(mesh.Box(v(x+thick/2, 0, base+tall/2), v(thick*0.94, d*1.5, tall),
				mesh.Material{Diffuse: book.color, Specular: 0.1, Shininess: 10}))
			x += thick
		}
	}
}
