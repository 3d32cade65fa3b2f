package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var stationery = department{"Stationery", []leaf{
	{"pen", "pen", "Writing > Pens", pen},
	{"stapler", "stapler", "Office > Staplers", stapler},
	{"tapedispenser", "tape dispenser", "Office > Tape dispensers", tapeDispenser},
	{"globe", "globe", "Decoration > Globes", globe},
}}

func pen(k *maker) {
	r, long := k.between(0.07, 0.13), k.between(1.6, 2.1)
	body := k.plastic(k.main)
	if k.chance(0.5) {
		body.Texture = stripes(k.main.color, k.tone(k.second), v(1, 0, k.between(0, 1)), k.between(0.3, 1.2),
			k.between(0.3, 0.6))
	}
	capLong := long * k.between(0.3, 0.5)
	parts := []mesh.Part{
		mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.015, 0.02), pr(r*0.8, 0.32), pr(r, 0.4), pr(r, long-capLong)}, 24, body),
		mesh.Lathe([]mesh.Point{pr(r*1.12, long-capLong), pr(r*1.12, long*0.97), pr(r*0.7, long), pr(0, long)}, 24,
			k.plastic(k.second)),
		mesh.Torus(v(0, 0, long-capLong), r*1.12, 0.03, 24, k.metal()),
		mesh.Box(v(0, -r*1.35, long-capLong*0.5), v(0.06, 0.05, capLong*0.8), k.metal()),
	}
	if k.chance(0.5) {
		parts = append(parts, mesh.Lathe([]mesh.Point{pr(r*1.05, 0.4), pr(r*1.15, 0.5), pr(r*1.15, 0.75), pr(r*1.02, 0.85)},
			24, k.rubber()))
		k.detail("soft grip")
	}
	for _, p := range parts {
		k.add(p.RotateY(math.Pi / 2).RotateX(0.4).Translate(v(-long/2, 0, r)))
	}
	k.tones = k.tones[:min(3, len(k.tones))]
}

func stapler(k *maker) {
	l, w := k.between(0.8, 1.1), k.between(0.15, 0.24)
	open := k.between(0.08, 0.25)
	k.add(mesh.Superellipsoid(v(0, 0, 0.06), v(l, w, 0.06), 0.4, 0.4, 28, k.plastic(k.second)))
	k.add(mesh.Box(v(l*0.05, 0, 0.24), v(l*1.7, w*1.1, 0.1), k.metal(steel)).RotateY(-open * 0.5))
	k.add(mesh.Superellipsoid(v(0, 0, 0.38), v(l*0.98, w, k.between(0.11, 0.17)), k.between(0.4, 0.8), 0.5, 32,
		k.plastic(k.main)).RotateY(-open))
	k.add(mesh.Cylinder(v(0, 0, -w*1.1), 0.14, w*2.2, 20, k.plastic(k.second)).RotateX(math.Pi / 2).
		Translate(v(-l*0.8, 0, 0.2)))
	k.add(mesh.Box(v(l*0.75, 0, 0.125), v(0.2, w*1.2, 0.02), k.metal(steel)))
	if k.chance(0.5) {
		k.add(mesh.RoundBox(v(l*0.45, 0, 0.52+open*0.5), v(l*0.6, w*1.4, 0.06), k.rubber()).RotateY(-open * 0.6))
		k.detail("soft pad")
	}
}

func tapeDispenser(k *maker) {
	l, w, r := k.between(0.75, 0.95), k.between(0.22, 0.32), k.between(0.36, 0.46)
	body := k.plastic(k.main)
	k.add(mesh.Extrude([]mesh.Vec{v(-l, 0, 0), v(l, 0, 0), v(l*1.02, k.between(0.25, 0.45), 0), v(l*0.8, 0.3, 0),
		v(l*0.2, 0.22, 0), v(-l*0.7, k.between(0.3, 0.5), 0), v(-l, 0.3, 0)}, 2*w, body).RotateX(math.Pi / 2).
		Translate(v(0, w, 0)))
	tape := k.plastic([]paint{yellow, k.second, white}[k.rng.IntN(3)])
	roll := []mesh.Part{
		mesh.Lathe([]mesh.Point{pr(r*0.5, -w*0.6), pr(r, -w*0.6), pr(r, w*0.6), pr(r*0.5, w*0.6), pr(r*0.5, -w*0.6)}, 40,
			tape),
		mesh.Cylinder(v(0, 0, -w*0.75), r*0.45, w*1.5, 30, k.plastic(k.accent)),
	}
	for _, p := range roll {
		k.add(p.RotateX(math.Pi / 2).Translate(v(-l*0.25, 0, r+0.15)))
	}
	for _, y := range []float64{-0.85, 0.85} {
		k.add(mesh.Superellipsoid(v(-l*0.25, y*w, 0.32), v(r*0.5, w*0.15, 0.32), 0.6, 0.6, 20, body))
	}
	k.add(mesh.Box(v(l*0.98, 0, 0.42), v(0.06, 1.7*w, 0.06), k.metal(steel)))
	k.add(mesh.Tube([]mesh.Vec{v(-l*0.2, 0, 2*r+0.13), v(l*0.95, 0, 0.46)}, []float64{0.012}, 4, false,
		tape).Stretch(v(1, w*40, 1)))
}

func globe(k *maker) {
	r := k.between(0.6, 0.8)
	sea, land := k.tone(k.main), k.tone(k.second)
	ballMaterial := mesh.Material{Diffuse: sea, Specular: 0.5, Shininess: 50}
	seed, coast := k.rng.Float64()*20, k.between(0.48, 0.58)
	ballMaterial.Texture = func(p mesh.Vec) mesh.Color {
		q := p.Scale(2.2)
		if turbulence(q, seed) > coast {
			return land
		}
		return sea
	}
	high := r + k.between(0.35, 0.6)
	k.add(mesh.Ellipsoid(v(0, 0, high), v(r, r, r), 44, ballMaterial))
	m := k.metal()
	if k.chance(0.4) {
		m = k.wooden(v(1, 0, 0))
	}
	k.add(mesh.Tube(mesh.Arc(v(0, 0, high), r*1.1, -math.Pi/2-0.4, math.Pi/2-0.4, 30), []float64{0.045}, 10, false, m))
	k.add(mesh.Tube([]mesh.Vec{v(r*1.15*math.Sin(-0.4), 0, high-r*1.02), v(-r*0.3, 0, 0.05)}, []float64{0.05}, 10, false,
		m))
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*k.between(0.5, 0.75), 0), pr(r*0.45, 0.09), pr(0, 0.12)}, 36,
		m).Translate(v(-r*0.3, 0, 0)))
	if k.chance(0.4) {
		k.add(mesh.Torus(v(0, 0, high), r*1.25, 0.05, 44, m))
		k.detail("horizon ring")
	}
}
