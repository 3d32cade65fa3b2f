package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var bathroom = department{"Bathroom", []leaf{
	{"soapdispenser", "soap dispenser", "Accessories > Soap dispensers", soapDispenser},
	{"brush", "hair brush", "Care > Hair brushes", hairBrush},
	{"tap", "tap", "Fittings > Taps", tap},
	{"duck", "rubber duck", "Fun > Rubber ducks", duck},
}}

func soapDispenser(k *maker) {
	r, h := k.between(0.35, 0.5), k.between(0.8, 1.3)
	body := k.patterned(k.ceramic(k.main))
	if k.chance(0.3) {
		k.pattern = ""
		body = k.glass(k.main)
		body.Opacity = 0.6
		k.detail("glass body")
	}
	sides := []int{4, 44, 44, 6}[k.rng.IntN(4)]
	shoulder := k.between(0.5, 1)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*k.between(0.8, 1), 0), pr(r, h*0.3), pr(r*shoulder, h*0.85), pr(0.14, h),
		pr(0, h)}, sides, body))
	pump := k.metal()
	if k.chance(0.4) {
		pump = k.plastic(k.accent)
	}
	k.add(mesh.Cylinder(v(0, 0, h*0.98), 0.16, 0.1, 24, pump), mesh.Cylinder(v(0, 0, h), 0.05, 0.35, 14, pump),
		mesh.Cylinder(v(0, 0, h+0.3), 0.1, 0.12, 20, pump))
	k.add(mesh.Tube(mesh.Curve(10, v(0, 0, h+0.37), v(-0.3, 0, h+0.38),
		v(-k.between(0.4, 0.55), 0, h+k.between(0.2, 0.34))), []float64{0.05}, 10, false, pump))
}

func hairBrush(k *maker) {
	l, w := k.between(0.45, 0.65), k.between(0.25, 0.42)
	body := k.plastic(k.main)
	if k.chance(0.4) {
		body = k.wooden(v(1, 0, 0))
	}
	k.add(mesh.Superellipsoid(v(l, 0, 0.14), v(l, w, 0.1), 0.7, k.between(0.5, 1), 30, body))
	g := k.between(0.7, 1.0)
	k.add(mesh.Tube([]mesh.Vec{v(0.15, 0, 0.14), v(-g*0.3, 0, 0.13), v(-g, 0, 0.13)}, []float64{0.12, 0.07, 0.11}, 16,
		false, body))
	k.add(mesh.Superellipsoid(v(l, 0, 0.22), v(l*0.85, w*0.8, 0.05), 0.8, 0.8, 24, k.rubberPad()))
	rows := k.count(4, 6)
	for i := range rows * 2 {
		for j := range rows {
			x, y := 2*(float64(i)+0.5)/float64(rows*2)-1, 2*(float64(j)+0.5)/float64(rows)-1
			if x*x+y*y > 0.85 {
				continue
			}
			k.add(mesh.Tube([]mesh.Vec{v(l+x*l*0.8, y*w*0.75, 0.22), v(l+x*l*0.86, y*w*0.85, 0.42)}, []float64{0.012, 0.02}, 5,
				false, k.plastic(k.accent)))
		}
	}
	if k.chance(0.4) {
		k.add(mesh.Torus(v(0, 0, 0), 0.08, 0.02, 16, k.fabric(k.second)).Translate(v(-g-0.05, 0, 0.13)))
	}
}

// rubberPad is soft and takes the second colour.
func (k *maker) rubberPad() mesh.Material {
	return mesh.Material{Diffuse: k.tone(k.second), Specular: 0.1, Shininess: 10}
}

func tap(k *maker) {
	m := k.metal()
	h, reach := k.between(0.6, 1.3), k.between(0.5, 0.85)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.3, 0), pr(0.27, 0.08), pr(0.14, 0.16), pr(0, 0.16)}, 32, m))
	if k.chance(0.5) {
		k.add(mesh.Tube(append([]mesh.Vec{v(0, 0, 0.1), v(0, 0, h*0.7)}, mesh.Arc(v(-reach/2, 0, h*0.8), reach/2, 0, math.Pi,
			18)...), []float64{0.09}, 16, false, m))
		k.detail("swan neck")
	} else {
		k.add(mesh.Cylinder(v(0, 0, 0.1), 0.14, h*0.7, 28, m),
			mesh.Tube([]mesh.Vec{v(0, 0, h*0.6), v(-reach, 0, h*0.68), v(-reach-0.04, 0, h*0.55)}, []float64{0.11, 0.1, 0.09},
				16, false, m))
	}
	grip := m
	if k.chance(0.4) {
		grip = k.ceramic(k.main)
	}
	switch k.rng.IntN(3) {
	case 0:
		k.add(mesh.Cylinder(v(0.0, 0, 0), 0.04, 0.1, 10, m), mesh.Tube([]mesh.Vec{v(0.05, 0, h*0.72), v(0.45, 0, h*0.95)},
			[]float64{0.06, 0.045}, 12, false, grip))
		k.detail("lever")
	case 1:
		for _, y := range []float64{-0.55, 0.55} {
			k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.2, 0), pr(0.1, 0.1), pr(0.07, 0.35), pr(0, 0.35)}, 24,
				m).Translate(v(0, y, 0)))
			for i := range 4 {
				sin, cos := math.Sincos(float64(i) * math.Pi / 2)
				k.add(mesh.Tube([]mesh.Vec{v(0, y, 0.36), v(0.2*cos, y+0.2*sin, 0.36)}, []float64{0.04, 0.055}, 10, false, grip))
			}
		}
		k.detail("two cross handles")
	default:
		k.add(mesh.Ellipsoid(v(0.25, 0, h*0.5), v(0.16, 0.16, 0.16), 24, grip),
			mesh.Tube([]mesh.Vec{v(0, 0, h*0.5), v(0.25, 0, h*0.5)}, []float64{0.07}, 12, false, m))
		k.detail("round knob")
	}
}

func duck(k *maker) {
	body := mesh.Material{Diffuse: k.tone([]paint{yellow, yellow, k.main, k.second}[k.rng.IntN(4)]), Specular: 0.35,
		Shininess: 30}
	fat, head := k.between(0.5, 0.65), k.between(0.34, 0.44)
	k.add(mesh.Ellipsoid(v(0, 0, fat*0.8), v(fat*1.35, fat, fat*0.8), 36, body))
	k.add(mesh.Tube(mesh.Curve(10, v(fat*0.9, 0, fat*0.8), v(fat*1.3, 0, fat*1.0), v(fat*1.6, 0, fat*k.between(1.2, 1.6))),
		[]float64{0.3, 0.18, 0.03}, 14, false, body))
	top := fat*1.5 + head*0.7
	k.add(mesh.Ellipsoid(v(-fat*0.6, 0, top), v(head, head, head), 32, body))
	beak := k.plastic(orange)
	k.add(mesh.Superellipsoid(v(-fat*0.6-head*1.05, 0, top-0.06), v(0.2, k.between(0.14, 0.22), 0.06), 0.8, 0.9, 20, beak))
	for _, y := range []float64{-1, 1} {
		k.add(mesh.Ellipsoid(v(-fat*0.6-head*0.78, y*head*0.48, top+head*0.3), v(0.07, 0.05, 0.08), 14, k.rubber()))
		k.add(mesh.Ellipsoid(v(fat*0.2, y*fat*0.92, fat*0.95), v(fat*0.6, fat*0.16, fat*0.35), 22, body))
	}
	switch k.rng.IntN(4) {
	case 0:
		k.add(mesh.Cylinder(v(-fat*0.6, 0, top+head*0.75), head*0.9, 0.04, 28, k.fabric(k.accent)),
			mesh.Cylinder(v(-fat*0.6, 0, top+head*0.78), head*0.6, k.between(0.2, 0.5), 28, k.fabric(k.accent)))
		k.detail("hat")
	case 1:
		k.add(mesh.Torus(v(-fat*0.55, 0, fat*1.4), head*0.75, 0.09, 28, k.fabric(k.accent)))
		k.detail("scarf")
	case 2:
		for _, y := range []float64{-1, 1} {
			k.add(mesh.Ellipsoid(v(-fat*0.6-head*0.85, y*head*0.42, top+head*0.3), v(0.06, 0.17, 0.13), 18, k.plastic(black)))
		}
		k.detail("sunglasses")
	}
}
