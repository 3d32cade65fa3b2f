package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var electronics = department{"Electronics", []leaf{
	{"headphones", "headphones", "Audio > Headphones", headphones},
	{"speaker", "speaker", "Audio > Speakers", speaker},
	{"radio", "radio", "Audio > Radios", radio},
	{"camera", "camera", "Photo > Cameras", camera},
	{"gamepad", "game controller", "Gaming > Controllers", gamepad},
}}

func headphones(k *maker) {
	r, cup := k.between(0.75, 0.95), k.between(0.32, 0.48)
	arch, pad := k.plastic(k.main), k.leather([]paint{black, k.second, brown}[k.rng.IntN(3)])
	k.add(mesh.Tube(mesh.Arc(v(0, 0, 0.7), r, 0, math.Pi, 30), []float64{k.between(0.06, 0.11)}, 14, false, arch))
	if k.chance(0.6) {
		k.add(mesh.Tube(mesh.Arc(v(0, 0, 0.68), r*0.95, 0.8, math.Pi-0.8, 20), []float64{0.13}, 14, false, pad))
	}
	shell := k.plastic(k.second)
	flat := k.between(0.6, 1)
	outer := mesh.Lathe([]mesh.Point{pr(0, 0.05), pr(cup*flat, 0.05), pr(cup, -0.1), pr(cup*0.95, -0.2), pr(0, -0.2)}, 36,
		shell)
	soft := mesh.Torus(v(0, 0, -0.22), cup*0.68, cup*0.3, 30, pad)
	badge := mesh.Cylinder(v(0, 0, 0.05), cup*k.between(0.3, 0.6), 0.03, 28, k.plastic(k.accent))
	for _, p := range []mesh.Part{outer, soft, badge} {
		k.mirrored(p.Stretch(v(1, 1.15, 1)).RotateY(math.Pi / 2).Translate(v(r, 0, 0.55)))
	}
	k.tones = k.tones[:min(3, len(k.tones))]
}

func speaker(k *maker) {
	cone := func(at mesh.Vec, r float64) {
		k.add(mesh.Lathe([]mesh.Point{pr(r, 0), pr(r*1.1, 0.03), pr(r*1.05, 0.05), pr(r*0.85, 0.03), pr(r*0.35, -0.06),
			pr(r*0.3, -0.02), pr(0, 0.03)}, 36, k.rubber()).RotateX(math.Pi / 2).Translate(at))
		k.add(mesh.Torus(v(0, 0, 0), r*1.08, 0.03, 36, k.metal()).RotateX(math.Pi / 2).Translate(at))
	}
	if k.chance(0.3) {
		r, h := k.between(0.35, 0.5), k.between(0.9, 1.6)
		k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.9, 0), pr(r, 0.08), pr(r, h-0.08), pr(r*0.9, h), pr(0, h)}, 44,
			k.patterned(k.fabric(k.main))))
		k.add(mesh.Cylinder(v(0, 0, h), r*0.8, 0.02, 36, k.plastic(k.accent)),
			mesh.Torus(v(0, 0, h), r*0.85, 0.03, 40, k.metal()))
		k.detail("round body")
		return
	}
	w, d, h := k.between(0.4, 0.65), k.between(0.35, 0.5), k.between(0.9, 1.6)
	box := k.wooden(v(0, 0, 1))
	if k.chance(0.5) {
		box = k.plastic(k.main)
	}
	k.add(mesh.Box(v(0, 0, h/2), v(2*w, 2*d, h), box),
		mesh.Box(v(0, -d, h/2), v(1.9*w, 0.03, h*0.96), k.plastic(k.second)))
	low := w * k.between(0.55, 0.75)
	cone(v(0, -d-0.02, low*1.3), low)
	cone(v(0, -d-0.02, h-w*0.45), w*k.between(0.2, 0.35))
	if h > 1.3 {
		cone(v(0, -d-0.02, (h+low)*0.58), w*0.3)
		k.detail("three drivers")
	}
}

func radio(k *maker) {
	w, d, h := k.between(0.75, 1.05), k.between(0.28, 0.4), k.between(0.55, 0.8)
	body := k.plastic(k.main)
	if k.chance(0.4) {
		body = k.wooden(v(1, 0, 0))
	}
	k.add(mesh.RoundBox(v(0, 0, h/2), v(2*w, 2*d, h), body))
	grille := k.fabric(k.second)
	grille.Texture = stripes(k.second.color, charcoal.color, v(0, 0, 1), k.between(0.05, 0.1), 0.4)
	side := []float64{-1, 1}[k.rng.IntN(2)]
	k.add(mesh.RoundBox(v(side*w*0.4, -d*0.96, h*0.5), v(w*1.0, 0.1, h*0.75), grille))
	k.add(mesh.RoundBox(v(-side*w*0.5, -d*0.97, h*0.72), v(w*0.7, 0.08, h*0.25),
		mesh.Material{Diffuse: ivory.color, Emission: 0.3}))
	n := k.count(1, 3)
	for i := range n {
		x := -side*w*0.5 + 0.26*(float64(i)-float64(n-1)/2)
		k.add(mesh.Cylinder(v(0, 0, 0), k.between(0.08, 0.12), 0.1, 20, k.metal()).RotateX(math.Pi / 2).
			Translate(v(x, -d, h*0.3)))
	}
	if k.chance(0.6) {
		k.add(mesh.Tube([]mesh.Vec{v(w*0.85, d*0.7, h*0.9), v(w*k.between(0.9, 1.5), d*0.7, h+k.between(0.5, 1.0))},
			[]float64{0.02}, 8, false, k.metal(steel)))
		k.detail("antenna")
	}
	if k.chance(0.5) {
		k.add(mesh.Tube(mesh.Curve(16, v(-w*0.8, 0, h*0.9), v(-w*0.78, 0, h+0.25), v(w*0.78, 0, h+0.25), v(w*0.8, 0, h*0.9)),
			[]float64{0.05}, 10, false, k.leather(k.accent)))
		k.detail("carrying handle")
	}
}

func camera(k *maker) {
	w, d, h := k.between(0.65, 0.85), k.between(0.2, 0.3), k.between(0.65, 0.8)
	shell, skin := k.metal([]paint{steel, gunmetal, black}[k.rng.IntN(3)]), k.leather(k.main)
	k.add(mesh.RoundBox(v(0, 0, h/2), v(2*w, 2*d, h*0.8), skin))
	k.add(mesh.RoundBox(v(0, 0, h*0.9), v(2*w, 2*d, h*0.22), shell),
		mesh.RoundBox(v(0, 0, 0.06), v(2*w, 2*d, 0.12), shell))
	r, x := k.between(0.27, 0.36), k.between(-0.15, 0.15)
	long := k.between(0.25, 0.7)
	lens := mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*1.1, 0), pr(r*1.1, long*0.3), pr(r, long*0.35), pr(r, long),
		pr(r*0.85, long), pr(r*0.6, long*0.8), pr(0, long*0.8)}, 40, k.plastic(black))
	k.add(lens.RotateX(math.Pi / 2).Translate(v(x, -d, h*0.47)))
	k.add(mesh.Torus(v(0, 0, 0), r*1.02, 0.03, 40, k.plastic(k.accent)).RotateX(math.Pi / 2).Translate(v(x, -d-long*0.7,
		h*0.47)))
	k.add(mesh.Ellipsoid(v(x, -d-long*0.8, h*0.47), v(r*0.6, 0.06, r*0.6), 24,
		mesh.Material{Diffuse: navy.color, Specular: 1, Shininess: 120}))
	if k.chance(0.6) {
		k.add(mesh.Extrude([]mesh.Vec{v(-0.3, 0, 0), v(0.3, 0, 0), v(0.17, 0.25, 0), v(-0.17, 0.25, 0)}, 2*d*0.9,
			shell).RotateX(math.Pi / 2).Translate(v(x, d*0.9, h)))
		k.detail("prism")
	}
	k.add(mesh.Cylinder(v(-w*0.65, 0, h), k.between(0.1, 0.16), 0.12, 24, shell),
		mesh.Cylinder(v(w*0.6, 0, h), 0.07, 0.1, 18, k.metal(steel)))
	k.add(mesh.RoundBox(v(w*0.7, -d, h*0.82), v(0.2, 0.05, 0.12), k.glass(white)))
}

func gamepad(k *maker) {
	body, dark := k.plastic(k.main), k.plastic(charcoal)
	w := k.between(0.6, 0.75)
	k.add(mesh.Superellipsoid(v(0, 0, 0.3), v(w*1.15, 0.42, 0.16), 0.6, 0.5, 32, body))
	k.mirrored(mesh.Tube(mesh.Curve(12, v(w*0.75, 0, 0.28), v(w*1.1, -0.3, 0.24),
		v(w*k.between(1.0, 1.3), -k.between(0.6, 0.9), 0.14)), []float64{0.26, 0.24, 0.15}, 20, false, body))
	even := k.chance(0.5)
	for _, s := range []float64{-1, 1} {
		y := -0.15
		if !even && s < 0 {
			y = 0.1
		}
		k.add(mesh.Cylinder(v(s*w*0.42, y, 0.4), 0.13, 0.12, 24, dark),
			mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.15, 0), pr(0.15, 0.05), pr(0.08, 0.03), pr(0, 0.03)}, 24,
				k.plastic(k.second)).Translate(v(s*w*0.42, y, 0.52)))
	}
	colors := []paint{k.accent, k.second, k.accent, k.second}
	for i, c := range colors {
		sin, cos := math.Sincos(float64(i) * math.Pi / 2)
		k.add(mesh.Cylinder(v(w*0.8+0.12*cos, 0.1+0.12*sin, 0.4), 0.055, 0.08, 16, k.plastic(c)))
	}
	k.add(mesh.Box(v(-w*0.8, 0.1, 0.44), v(0.3, 0.1, 0.06), dark), mesh.Box(v(-w*0.8, 0.1, 0.44), v(0.1, 0.3, 0.06), dark))
	if k.chance(0.5) {
		k.add(mesh.RoundBox(v(0, 0.16, 0.45), v(w*0.5, 0.25, 0.06), k.plastic(k.second)))
		k.detail("touch pad")
	}
	k.tones = k.tones[:min(3, len(k.tones))]
}
