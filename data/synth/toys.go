package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var toys = department{"Toys", []leaf{
	{"toycar", "toy car", "Vehicles > Cars", toyCar},
	{"toytrain", "toy engine", "Vehicles > Trains", toyTrain},
	{"robot", "toy robot", "Figures > Robots", robot},
	{"stacker", "stacking tower", "Baby toys > Stacking towers", stacker},
	{"bear", "teddy bear", "Soft toys > Bears", bear},
}}

// wheel is a tyre with a hub, its axle along y.
func (k *maker) wheel(at mesh.Vec, r, wide float64, hub mesh.Material) {
	k.add(mesh.Cylinder(v(0, 0, -wide/2), r, wide, 28, k.rubber()).RotateX(math.Pi / 2).Translate(at))
	k.add(mesh.Cylinder(v(0, 0, -wide/2-0.01), r*0.55, wide+0.02, 20, hub).RotateX(math.Pi / 2).Translate(at))
}

func toyCar(k *maker) {
	l, w, h := k.between(0.9, 1.2), k.between(0.35, 0.48), k.between(0.22, 0.34)
	body := k.plastic(k.main)
	wheel := k.between(0.17, 0.27)
	k.add(mesh.RoundBox(v(0, 0, wheel+h/2), v(2*l, 2*w, h), body))
	cabin, at := k.between(0.4, 0.75), k.between(-0.25, 0.2)
	roof := k.plastic(k.second)
	k.add(mesh.Superellipsoid(v(at, 0, wheel+h+0.12), v(cabin, w*0.88, k.between(0.2, 0.32)), 0.4, 0.3, 28, k.glass(sky)))
	k.add(mesh.RoundBox(v(at, 0, wheel+h+0.33), v(cabin*1.5, w*1.6, 0.08), roof))
	hub := k.metal(steel)
	if k.chance(0.5) {
		hub = k.plastic(k.accent)
	}
	for _, x := range []float64{-0.6, 0.6} {
		for _, y := range []float64{-1, 1} {
			k.wheel(v(x*l, y*w, wheel), wheel, 0.14, hub)
		}
	}
	lamp := mesh.Material{Diffuse: yellow.color, Emission: 0.3, Specular: 0.5, Shininess: 50}
	for _, y := range []float64{-0.6, 0.6} {
		k.add(mesh.Ellipsoid(v(l*0.98, y*w, wheel+h*0.6), v(0.05, 0.08, 0.08), 14, lamp))
	}
	if k.chance(0.4) {
		k.add(mesh.Box(v(0, 0, wheel+h*1.0), v(2*l*0.95, w*0.4, 0.02), k.plastic(k.accent)))
		k.detail("racing stripe")
	}
	if k.chance(0.35) {
		k.add(mesh.Box(v(-l*0.9, 0, wheel+h+0.2), v(0.15, 2*w, 0.04), body))
		k.add(mesh.Box(v(-l*0.9, 0, wheel+h+0.1), v(0.06, w, 0.2), body))
		k.detail("spoiler")
	}
}

func toyTrain(k *maker) {
	body, cab, wheel := k.plastic(k.main), k.plastic(k.second), k.between(0.18, 0.28)
	l, r := k.between(0.7, 1.0), k.between(0.25, 0.36)
	k.add(mesh.Box(v(0, 0, wheel+0.05), v(2*l+0.5, 0.7, 0.1), k.plastic(black)))
	k.add(mesh.Cylinder(v(0, 0, -l), r, 1.4*l, 32, body).RotateY(math.Pi / 2).Translate(v(l*0.4, 0, wheel+r+0.1)))
	tall := k.between(0.75, 1.0)
	k.add(mesh.Box(v(-l*0.8, 0, wheel+0.1+tall/2), v(0.55, 0.72, tall), cab),
		mesh.RoundBox(v(-l*0.8, 0, wheel+tall+0.14), v(0.75, 0.9, 0.1), k.plastic(k.accent)))
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.09, 0), pr(0.09, 0.25), pr(k.between(0.1, 0.2), 0.42), pr(0, 0.42)}, 20,
		k.plastic(black)).Translate(v(l*0.65, 0, wheel+2*r)))
	for i := range k.count(1, 2) {
		k.add(mesh.Ellipsoid(v(l*(0.25-0.35*float64(i)), 0, wheel+2*r+0.1), v(0.12, 0.12, 0.12), 18, k.metal(brass)))
	}
	n := k.count(2, 4)
	for i := range n {
		x := -l + 2*l*float64(i)/float64(n-1)
		for _, y := range []float64{-0.36, 0.36} {
			k.wheel(v(x, y, wheel), wheel, 0.08, k.plastic(k.accent))
		}
	}
}

func robot(k *maker) {
	w, h := k.between(0.3, 0.5), k.between(0.6, 0.9)
	body, limb := k.plastic(k.main), k.plastic(k.second)
	if k.chance(0.4) {
		body = k.metal()
	}
	leg := k.between(0.35, 0.6)
	k.add(mesh.RoundBox(v(0, 0, leg+h/2), v(2*w, w*1.2, h), body))
	k.mirrored(mesh.RoundBox(v(w*0.5, 0, leg/2), v(w*0.6, w*0.7, leg+0.1), limb))
	k.mirrored(mesh.RoundBox(v(w*0.5, -0.08, 0.06), v(w*0.75, w*1.2, 0.14), body))
	k.mirrored(mesh.Tube([]mesh.Vec{v(w, 0, leg+h*0.85), v(w*1.6, -0.05, leg+h*0.6), v(w*1.5, -0.2, leg+h*0.2)},
		[]float64{0.09}, 12, false, limb))
	head, top := k.between(0.25, 0.4), leg+h
	if k.chance(0.5) {
		k.add(mesh.RoundBox(v(0, 0, top+head*0.8), v(head*2, head*1.5, head*1.5), body))
	} else {
		k.add(mesh.Ellipsoid(v(0, 0, top+head*0.8), v(head, head*0.9, head*0.85), 28, body))
		k.detail("round head")
	}
	eye := mesh.Material{Diffuse: k.tone(k.accent), Emission: 0.4, Specular: 0.6, Shininess: 60}
	k.mirrored(mesh.Ellipsoid(v(head*0.4, -head*0.78, top+head*0.9), v(0.08, 0.06, 0.08), 14, eye))
	k.add(mesh.Box(v(0, -w*0.6, leg+h*0.6), v(w*1.1, 0.06, h*k.between(0.2, 0.4)), k.plastic(k.accent)))
	for i := range k.count(1, 3) {
		k.add(mesh.Cylinder(v(w*0.5*(float64(i)-1), -w*0.62, leg+h*0.2), 0.05, 0.06, 12, k.metal(brass)).RotateX(0))
	}
	for range k.count(0, 1) {
		k.mirrored(mesh.Tube([]mesh.Vec{v(head*0.4, 0, top+head*1.4), v(head*0.6, 0, top+head*2.2)}, []float64{0.02, 0.02}, 8,
			false, k.metal(steel)))
		k.mirrored(mesh.Ellipsoid(v(head*0.6, 0, top+head*2.2), v(0.06, 0.06, 0.06), 12, eye))
		k.detail("antennas")
	}
}

func stacker(k *maker) {
	n := k.count(4, 7)
	z, r := 0.1, k.between(0.6, 0.85)
	k.add(mesh.Cylinder(v(0, 0, 0), r*1.05, 0.1, 40, k.wooden(v(1, 0, 0))))
	step := k.between(0.06, 0.1)
	square := k.chance(0.3)
	for i := range n {
		c := []paint{k.main, k.second, k.accent, yellow, green, blue, red}[(i+k.rng.IntN(2))%7]
		tube := k.between(0.11, 0.16)
		if square {
			k.add(mesh.RoundBox(v(0, 0, z+tube), v(2*r, 2*r, 2*tube), k.plastic(c)))
		} else {
			k.add(mesh.Torus(v(0, 0, z+tube), r-tube, tube*1.15, 36, k.plastic(c)))
		}
		z += 2 * tube
		r -= step
	}
	k.add(mesh.Cylinder(v(0, 0, 0), 0.08, z+0.05, 16, k.wooden(v(0, 0, 1))))
	k.add(mesh.Ellipsoid(v(0, 0, z+0.15), v(0.18, 0.18, 0.18), 22, k.plastic(k.accent)))
	k.tones = k.tones[:min(2, len(k.tones))]
	k.detail([]string{"", "", "", "", "four", "five", "six", "seven"}[n] + " rings")
}

func bear(k *maker) {
	fur := k.fabric([]paint{brown, tan, ivory, k.main}[k.rng.IntN(4)])
	fur.Texture = speckle(fur.Diffuse, blend(fur.Diffuse, black.color, 0.35), 26, 0.45, k.rng.Float64()*9)
	pad := k.fabric(k.second)
	fat, ear := k.between(0.42, 0.58), k.between(0.12, 0.2)
	k.add(mesh.Ellipsoid(v(0, 0, 0.55), v(fat, fat*0.85, 0.55), 32, fur),
		mesh.Ellipsoid(v(0, -fat*0.45, 0.5), v(fat*0.65, fat*0.5, 0.4), 28, pad))
	k.add(mesh.Ellipsoid(v(0, -0.03, 1.35), v(0.42, 0.38, 0.38), 32, fur),
		mesh.Ellipsoid(v(0, -0.35, 1.25), v(0.18, 0.15, 0.14), 22, pad))
	k.add(mesh.Ellipsoid(v(0, -0.49, 1.3), v(0.06, 0.05, 0.045), 14, k.rubber()))
	k.mirrored(mesh.Ellipsoid(v(0.16, -0.35, 1.45), v(0.045, 0.04, 0.05), 12, k.rubber()))
	k.mirrored(mesh.Ellipsoid(v(0.32, 0, 1.68), v(ear, ear*0.5, ear), 20, fur))
	k.mirrored(mesh.Ellipsoid(v(0.55, -0.2, 0.8), v(0.15, 0.17, 0.32), 22, fur).RotateY(-0.25))
	k.mirrored(mesh.Ellipsoid(v(0.33, -0.5, 0.2), v(0.19, 0.4, 0.19), 24, fur))
	k.mirrored(mesh.Ellipsoid(v(0.33, -0.86, 0.2), v(0.13, 0.06, 0.13), 18, pad))
	if k.chance(0.6) {
		bow := k.plastic(k.accent)
		k.mirrored(mesh.Cone(v(0, 0, 0), 0.03, 0.13, 0.25, 16, bow).RotateY(math.Pi / 2).Translate(v(0.02, -0.36, 1.0)))
		k.detail("bow")
	}
}
