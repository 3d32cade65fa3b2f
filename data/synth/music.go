package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var music = department{"Musical instruments", []leaf{
	{"guitar", "guitar", "Strings > Guitars", guitar},
	{"drum", "drum", "Percussion > Drums", drum},
	{"trumpet", "trumpet", "Brass > Trumpets", trumpet},
	{"keyboard", "keyboard", "Keys > Keyboards", keyboard},
}}

func guitar(k *maker) {
	low, waist, high := k.between(0.5, 0.62), k.between(0.3, 0.4), k.between(0.38, 0.48)
	var outline []mesh.Vec
	for i := range 48 {
		a := 2 * math.Pi * float64(i) / 48
		sin, cos := math.Sincos(a)
		r := waist + (low-waist)*math.Pow(max(0, -sin), 1.3) + (high-waist)*math.Pow(max(0, sin), 1.3) + 0.08*math.Abs(cos)
		outline = append(outline, v(r*cos*1.05, 0.75*sin, 0))
	}
	depth := k.between(0.1, 0.26)
	body := k.wooden(v(0, 1, 0))
	if k.chance(0.45) {
		body = k.plastic(k.main)
	}
	stand := func(p mesh.Part) { k.add(p.RotateX(1.35).Translate(v(0, 0, 0.8))) }
	stand(mesh.Extrude(outline, depth, body))
	stand(mesh.Cylinder(v(0, 0.12, depth), k.between(0.14, 0.2), 0.012, 28, k.rubber()))
	if k.chance(0.5) {
		stand(mesh.Extrude([]mesh.Vec{v(0.12, -0.3, 0), v(0.4, -0.25, 0), v(0.3, 0.2, 0), v(0.15, 0.25, 0)}, 0.012,
			k.plastic(k.second)).Translate(v(0, 0, depth)))
		k.detail("pick guard")
	}
	neck := k.wooden(v(0, 1, 0))
	long := k.between(1.2, 1.5)
	stand(mesh.Box(v(0, 0.4+long/2, depth), v(0.14, long, 0.08), neck))
	stand(mesh.Box(v(0, 0.4+long+0.15, depth-0.02), v(k.between(0.2, 0.28), 0.34, 0.06), neck))
	stand(mesh.Box(v(0, -0.38, depth+0.02), v(0.4, 0.07, 0.05), k.plastic(black)))
	for i := range 6 {
		x := -0.05 + 0.02*float64(i)
		stand(mesh.Tube([]mesh.Vec{v(x, -0.38, depth+0.06), v(x, 0.5+long, depth+0.06)}, []float64{0.005}, 4, false,
			k.metal(steel)))
		side := float64(2*(i%2) - 1)
		stand(mesh.Ellipsoid(v(side*0.17, 0.47+long+0.11*float64(i/2), depth), v(0.045, 0.03, 0.03), 10, k.metal(steel)))
	}
	k.tones = k.tones[:min(3, len(k.tones))]
}

func drum(k *maker) {
	r, h := k.between(0.55, 0.85), k.between(0.45, 1.2)
	shell := k.patterned(k.plastic(k.main))
	skin := k.fabric(ivory)
	rTop := r * k.between(0.75, 1.1)
	k.add(mesh.Lathe([]mesh.Point{pr(r, 0.03), pr(rTop, h)}, 44, shell))
	hoop := k.metal()
	if k.chance(0.3) {
		hoop = k.wooden(v(1, 0, 0))
	}
	k.add(mesh.Lathe([]mesh.Point{pr(0, h+0.02), pr(rTop*0.98, h+0.02)}, 44, skin).MirrorX())
	k.add(mesh.Torus(v(0, 0, h), rTop, 0.045, 44, hoop), mesh.Torus(v(0, 0, 0.04), r, 0.045, 44, hoop))
	n := k.count(6, 10)
	cord := k.chance(0.4)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		sin2, cos2 := math.Sincos(2 * math.Pi * (float64(i) + 0.5) / float64(n))
		if cord {
			k.add(mesh.Tube([]mesh.Vec{v(r*1.04*cos, r*1.04*sin, 0.05), v(rTop*1.04*cos2, rTop*1.04*sin2, h)}, []float64{0.022},
				6, false, k.fabric(k.accent)))
			k.add(mesh.Tube([]mesh.Vec{v(r*1.04*cos, r*1.04*sin, 0.05), v(rTop*1.04*(2*cos*(cos*cos2+sin*sin2)-cos2),
				rTop*1.04*(2*sin*(cos*cos2+sin*sin2)-sin2), h)}, []float64{0.022}, 6, false, k.fabric(k.accent)))
		} else {
			k.add(mesh.Tube([]mesh.Vec{v(r*1.06*cos, r*1.06*sin, 0.05), v(rTop*1.06*cos, rTop*1.06*sin, h)}, []float64{0.02}, 6,
				false, k.metal(steel)))
		}
	}
	if cord {
		k.detail("cords")
	} else {
		k.detail("tension rods")
	}
}

func trumpet(k *maker) {
	m := k.metal([]paint{brass, steel, copper}[k.rng.IntN(3)])
	r, bell := k.between(0.32, 0.45), k.between(0.3, 0.42)
	k.add(mesh.Lathe([]mesh.Point{pr(0.05, 0), pr(0.06, 0.5), pr(0.1, 0.85), pr(0.2, 1.05), pr(bell, 1.2),
		pr(bell*0.95, 1.2), pr(0.15, 1.0), pr(0.03, 0.6)}, 36, m).RotateY(math.Pi / 2).Translate(v(0, 0, 0.6+r/2)))
	k.add(mesh.Tube([]mesh.Vec{v(-1.2, 0, 0.6-r/2), v(0.45, 0, 0.6-r/2)}, []float64{0.045}, 12, false, m),
		mesh.Tube([]mesh.Vec{v(-0.5, 0, 0.6+r/2), v(0.05, 0, 0.6+r/2)}, []float64{0.045}, 12, false, m))
	k.add(mesh.Tube(mesh.Arc(v(0.45, 0, 0.6), r/2, -math.Pi/2, math.Pi/2, 14), []float64{0.045}, 12, false, m),
		mesh.Tube(mesh.Arc(v(-0.5, 0, 0.6), r/2, math.Pi/2, 3*math.Pi/2, 14), []float64{0.045}, 12, false, m))
	k.add(mesh.Lathe([]mesh.Point{pr(0.04, 0), pr(0.05, 0.1), pr(0.11, 0.16), pr(0, 0.13)}, 20,
		k.metal(steel)).RotateY(-math.Pi / 2).Translate(v(-1.15, 0, 0.6-r/2)))
	n := k.count(3, 4)
	for i := range n {
		x := -0.2 + 0.19*float64(i)
		k.add(mesh.Cylinder(v(x, 0, 0.6-r*0.75), 0.075, r*1.6, 20, m), mesh.Cylinder(v(x, 0, 0.6+r*0.85), 0.03, 0.12, 10, m))
		k.add(mesh.Cylinder(v(x, 0, 0.6+r*0.85+0.12), 0.07, 0.03, 16, k.ceramic(k.accent)))
	}
	k.detail([]string{"", "", "", "three valves", "four valves"}[n])
}

func keyboard(k *maker) {
	octaves := k.count(2, 3)
	keys := 7 * octaves
	w := 0.065 * float64(keys)
	d := k.between(0.32, 0.45)
	k.add(mesh.RoundBox(v(0, 0.1, 0.1), v(2*w+0.3, 2*d+0.15, 0.2), k.plastic(k.main)))
	for i := range keys {
		x := -w + 2*w*(float64(i)+0.5)/float64(keys)
		k.add(mesh.Box(v(x, -d*0.35, 0.22), v(2*w/float64(keys)*0.93, d*1.1, 0.06), k.ceramic(white)))
		if s := i % 7; s != 2 && s != 6 {
			k.add(mesh.Box(v(x+w/float64(keys), -d*0.1, 0.27), v(w/float64(keys)*1.0, d*0.62, 0.07), k.plastic(black)))
		}
	}
	k.add(mesh.Box(v(0, d*0.7, 0.22), v(k.between(0.3, 0.6), 0.2, 0.04),
		mesh.Material{Diffuse: k.tone(k.second), Emission: 0.4}))
	for i := range k.count(2, 6) {
		k.mirrored(mesh.Cylinder(v(w*0.9-0.13*float64(i), d*0.7, 0.2), 0.045, 0.07, 14, k.plastic(k.accent)))
	}
	k.detail([]string{"", "", "two octaves", "three octaves"}[octaves])
}
