package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var lighting = department{"Lighting", []leaf{
	{"tablelamp", "table lamp", "Lamps > Table lamps", tableLamp},
	{"desklamp", "desk lamp", "Lamps > Desk lamps", deskLamp},
	{"lantern", "lantern", "Outdoor > Lanterns", lantern},
	{"candle", "candle holder", "Candles > Candle holders", candleHolder},
}}

func tableLamp(k *maker) {
	h, r := k.between(0.7, 1.2), k.between(0.2, 0.42)
	base := k.patterned(k.ceramic(k.main))
	switch k.rng.IntN(3) {
	case 0:
		k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.7, 0), pr(r, h*0.35), pr(r*0.3, h*0.85), pr(0, h)}, 40, base))
	case 1:
		k.add(mesh.Ellipsoid(v(0, 0, h*0.3), v(r, r, h*0.3), 36, base),
			mesh.Ellipsoid(v(0, 0, h*0.75), v(r*0.6, r*0.6, h*0.2), 30, base))
	default:
		k.add(mesh.Cylinder(v(0, 0, 0), r, 0.08, 36, base), mesh.Cylinder(v(0, 0, 0), 0.05, h, 16, base))
	}
	k.add(mesh.Cylinder(v(0, 0, h*0.9), 0.035, 0.3, 12, k.metal()))
	shade := k.fabric(k.second)
	shade.Emission = 0.25
	if k.chance(0.4) {
		shade.Texture = rings(k.second.color, k.accent.color, k.count(8, 24))
		k.detail("pleated shade")
	}
	low, top, tall := k.between(0.5, 0.75), k.between(0.25, 0.6), k.between(0.5, 0.8)
	k.add(mesh.Lathe([]mesh.Point{pr(low, h+0.05), pr(top, h+0.05+tall), pr(top*0.97, h+0.05+tall), pr(low*0.97, h+0.05)},
		44, shade))
}

func deskLamp(k *maker) {
	paint := k.plastic(k.main)
	joint := k.metal()
	k.add(mesh.Cylinder(v(0, 0, 0), k.between(0.3, 0.45), k.between(0.06, 0.12), 40, paint))
	a, b := k.between(0.7, 1.1), k.between(0.6, 1.0)
	lean, bend := k.between(-0.5, -0.1), k.between(0.5, 1.1)
	elbow := v(a*math.Sin(lean), 0, a*math.Cos(lean))
	head := elbow.Add(v(b*math.Sin(bend), 0, b*math.Cos(bend)))
	k.add(mesh.Tube([]mesh.Vec{v(0, 0, 0.05), elbow}, []float64{0.035}, 10, false, joint),
		mesh.Tube([]mesh.Vec{elbow, head}, []float64{0.035}, 10, false, joint))
	k.add(mesh.Ellipsoid(elbow, v(0.08, 0.08, 0.08), 16, paint))
	r := k.between(0.22, 0.36)
	shade := mesh.Lathe([]mesh.Point{pr(0, 0.25), pr(0.1, 0.24), pr(r*0.8, 0.02), pr(r, -0.2), pr(r*0.94, -0.2),
		pr(r*0.7, 0), pr(0, 0.2)}, 36, paint)
	k.add(shade.RotateY(k.between(-0.6, 0.2)).Translate(head))
	glow := mesh.Material{Diffuse: ivory.color, Emission: 0.8}
	k.add(mesh.Ellipsoid(head.Add(v(0, 0, -0.02)), v(0.12, 0.12, 0.14), 16, glow))
}

func lantern(k *maker) {
	w, h := k.between(0.35, 0.55), k.between(0.8, 1.4)
	frame := k.metal()
	if k.chance(0.5) {
		frame = k.plastic(k.main)
	}
	sides := []int{4, 6, 8}[k.rng.IntN(3)]
	k.add(mesh.Cone(v(0, 0, 0), w*1.2, w*1.1, 0.1, sides, frame), mesh.Cone(v(0, 0, h), w*1.2, 0.1, k.between(0.2, 0.5),
		sides, frame))
	for i := range sides {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(sides))
		k.add(mesh.Tube([]mesh.Vec{v(w*cos, w*sin, 0.05), v(w*cos, w*sin, h)}, []float64{0.035}, 6, false, frame))
	}
	k.add(mesh.Lathe([]mesh.Point{pr(w*0.95, 0.1), pr(w*0.95, h)}, sides, k.glass(white)))
	k.add(mesh.Cylinder(v(0, 0, 0.1), w*0.35, h*k.between(0.3, 0.6), 24,
		mesh.Material{Diffuse: ivory.color, Emission: 0.3}))
	k.add(mesh.Tube(mesh.Arc(v(0, 0, h+0.3), w*0.7, 0, math.Pi, 16), []float64{0.025}, 8, false, frame))
	k.detail(map[int]string{4: "four panes", 6: "six panes", 8: "eight panes"}[sides])
}

func candleHolder(k *maker) {
	m := k.metal()
	if k.chance(0.4) {
		m = k.patterned(k.ceramic(k.main))
	}
	arms := k.count(1, 4)
	h := k.between(0.6, 1.3)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.4, 0), pr(0.36, 0.07), pr(0.1, 0.14), pr(0.07, h*0.5), pr(0.11, h*0.55),
		pr(0.06, h*0.6), pr(0.06, h), pr(0, h)}, 32, m))
	wax := mesh.Material{Diffuse: k.tone([]paint{ivory, k.accent, white}[k.rng.IntN(3)]), Specular: 0.3, Shininess: 20}
	tall := k.between(0.4, 0.9)
	place := func(p mesh.Vec) {
		k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(0.1, 0), pr(0.16, 0.1), pr(0, 0.1)}, 24, m).Translate(p))
		k.add(mesh.Cylinder(p.Add(v(0, 0, 0.08)), 0.07, tall, 16, wax), mesh.Cylinder(p.Add(v(0, 0, 0.08+tall)), 0.008, 0.06,
			6, k.rubber()))
	}
	if arms == 1 {
		place(v(0, 0, h))
		return
	}
	spread := k.between(0.45, 0.8)
	for i := range arms {
		x := spread * (2*float64(i)/float64(arms-1) - 1)
		if x != 0 {
			k.add(mesh.Tube(mesh.Curve(14, v(0, 0, h*0.6), v(x*0.6, 0, h*0.5), v(x, 0, h*0.7), v(x, 0, h)), []float64{0.04}, 10,
				false, m))
		}
		place(v(x, 0, h))
	}
	k.detail([]string{"", "", "two arms", "three arms", "four arms"}[arms])
}
