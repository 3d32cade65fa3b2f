package synth

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

var kitchen = department{"Kitchen", []leaf{
	{"mug", "mug", "Drinkware > Mugs", mug},
	{"teapot", "teapot", "Drinkware > Teapots", teapot},
	{"wineglass", "wine glass", "Drinkware > Wine glasses", wineGlass},
	{"pan", "pan", "Cookware > Pans", pan},
	{"knife", "kitchen knife", "Cutlery > Knives", knife},
}}

func mug(k *maker) {
	r, h, foot := k.between(0.55, 0.85), k.between(1.1, 1.9), k.between(0.75, 1.05)
	body := k.patterned(k.ceramic(k.main))
	inside := k.ceramic(k.second)
	belly := 1 + k.between(-0.12, 0.2)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*foot, 0), pr(r*belly, h*0.4), pr(r, h), pr(r*0.9, h)}, 48, body))
	k.add(mesh.Lathe([]mesh.Point{pr(r*0.9, h), pr(r*belly*0.9, h*0.4), pr(r*foot*0.85, 0.1), pr(0, 0.1)}, 48, inside))
	grip := body
	grip.Texture = nil
	if k.chance(0.4) {
		grip = k.ceramic(k.accent)
	}
	top, low, out := h*k.between(0.75, 0.92), h*k.between(0.15, 0.4), r*k.between(0.45, 0.75)
	mid := (top + low) / 2
	path := mesh.Curve(20, v(r*0.93, 0, top), v(r+out*0.8, 0, top+0.05), v(r+out, 0, mid), v(r*belly+out*0.6, 0, low),
		v(r*belly*0.9, 0, low))
	if k.chance(0.3) {
		path = []mesh.Vec{v(r*0.93, 0, top), v(r+out, 0, top), v(r+out, 0, low), v(r*belly*0.9, 0, low)}
		k.detail("square handle")
	}
	k.add(mesh.Tube(path, []float64{k.between(0.07, 0.12)}, 12, false, grip))
}

func teapot(k *maker) {
	r, h := k.between(0.75, 1.0), k.between(0.9, 1.4)
	body := k.patterned(k.ceramic(k.main))
	plain := body
	plain.Texture = nil
	wide := k.between(0.3, 0.6)
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.6, 0), pr(r*0.92, h*wide*0.5), pr(r, h*wide), pr(r*0.85, h*0.8),
		pr(r*0.4, h), pr(0, h)}, 48, body))
	k.add(mesh.Lathe([]mesh.Point{pr(0, h*0.95), pr(r*0.45, h*0.97), pr(r*0.3, h*1.08), pr(0, h*1.12)}, 32, plain))
	knob := k.between(0.08, 0.15)
	k.add(mesh.Ellipsoid(v(0, 0, h*1.12+knob*0.7), v(knob, knob, knob*k.between(0.7, 1.4)), 20, k.ceramic(k.accent)))
	k.add(mesh.Tube(mesh.Curve(16, v(-r*0.85, 0, h*0.35), v(-r*1.25, 0, h*0.45), v(-r*1.4, 0, h*0.8),
		v(-r*k.between(1.5, 1.8), 0, h*1.02)), []float64{0.2, 0.13, 0.07}, 16, false, plain))
	if k.chance(0.35) {
		k.add(mesh.Tube(mesh.Arc(v(0, 0, h*0.8), r*0.85, 0.25, math.Pi-0.25, 24), []float64{0.06}, 10, false, k.metal()))
		k.detail("bow handle")
	} else {
		k.add(mesh.Tube(mesh.Curve(16, v(r*0.85, 0, h*0.8), v(r*1.4, 0, h*0.95), v(r*1.5, 0, h*0.5), v(r*0.9, 0, h*0.25)),
			[]float64{0.08}, 12, false, plain))
	}
}

func wineGlass(k *maker) {
	r, bowl, stem := k.between(0.4, 0.62), k.between(0.7, 1.1), k.between(0.5, 1.0)
	clear := k.glass([]paint{white, sky, mint, pink}[k.rng.IntN(4)])
	rim := r * k.between(0.7, 1.15)
	k.add(mesh.Lathe([]mesh.Point{pr(0, stem), pr(r*0.7, stem+bowl*0.18), pr(r, stem+bowl*0.5), pr(rim, stem+bowl)}, 40,
		clear))
	foot := clear
	foot.Opacity = 0.55
	if k.chance(0.4) {
		foot = k.metal()
		k.detail("metal stem")
	}
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.85, 0), pr(r*0.8, 0.04), pr(0.07, 0.1), pr(0.05, stem*0.6),
		pr(0.08, stem), pr(0, stem+0.02)}, 40, foot))
	level := k.between(0.2, 0.5)
	if k.chance(0.5) {
		wine := mesh.Material{Diffuse: []paint{red, yellow, pink}[k.rng.IntN(3)].color, Specular: 0.8, Shininess: 100,
			Opacity: 0.85}
		k.add(mesh.Lathe([]mesh.Point{pr(0, stem+0.02), pr(r*0.66, stem+bowl*0.19), pr(r*0.94, stem+bowl*level),
			pr(0, stem+bowl*level)}, 40, wine))
		k.detail("drink")
	}
}

func pan(k *maker) {
	r, h := k.between(0.75, 1.05), k.between(0.25, 0.65)
	body := k.metal(gunmetal)
	if k.chance(0.5) {
		body = k.ceramic(k.main)
	}
	k.add(mesh.Lathe([]mesh.Point{pr(0, 0), pr(r*0.85, 0), pr(r, h), pr(r*0.95, h), pr(r*0.8, 0.06), pr(0, 0.06)}, 48,
		body))
	grip := k.plastic(black)
	if k.chance(0.4) {
		grip = k.wooden(v(1, 0, 0))
		k.detail("wooden handle")
	}
	long := k.between(0.9, 1.5)
	k.add(mesh.Tube(mesh.Curve(12, v(r*0.95, 0, h*0.85), v(r+long*0.4, 0, h*0.95), v(r+long, 0, h*k.between(0.9, 1.5))),
		[]float64{0.06, 0.1, 0.09}, 12, false, grip))
	if k.chance(0.35) {
		k.add(mesh.Lathe([]mesh.Point{pr(0, h), pr(r*0.98, h), pr(r*0.9, h+0.08), pr(0, h+0.2)}, 40, k.glass(white)))
		k.add(mesh.Cylinder(v(0, 0, h+0.18), 0.1, 0.12, 16, grip))
		k.detail("lid")
	}
}

func knife(k *maker) {
	long, wide := k.between(1.2, 2.0), k.between(0.16, 0.42)
	tip := k.between(0.4, 1)
	blade := []mesh.Vec{v(0, -wide, 0), v(long*0.75, -wide*0.8, 0), v(long, -wide*(1-tip), 0), v(long*0.8, wide*0.12, 0),
		v(0, wide*0.12, 0)}
	k.add(mesh.Extrude(blade, 0.035, k.metal(steel)).Translate(v(0, 0, 0.05)))
	grip := k.wooden(v(1, 0, 0))
	if k.chance(0.5) {
		grip = k.plastic(k.main)
	}
	g := k.between(0.7, 1.0)
	k.add(mesh.Superellipsoid(v(-g/2, -wide*0.3, 0.07), v(g/2+0.03, k.between(0.1, 0.15), 0.08), 0.5, 0.5, 24, grip))
	for i := range k.count(0, 3) {
		k.add(mesh.Cylinder(v(-g*0.25*float64(i+1), -wide*0.3, 0.1), 0.035, 0.065, 10, k.metal(brass)))
	}
	k.add(mesh.Box(v(0, -wide*0.35, 0.07), v(0.08, wide*1.1, 0.13), k.metal(steel)))
}
