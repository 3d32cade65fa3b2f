package synth

import "github.com/gopvs/product-visual-search/data/mesh"

var shoes = department{"Shoes", []leaf{
	{"sneaker", "sneaker", "Sports shoes > Sneakers", sneaker},
	{"boot", "boot", "Boots > Boots", boot},
	{"pump", "court shoe", "Heels > Court shoes", pump},
	{"slipper", "slipper", "Home > Slippers", slipper},
}}

// upper is the body of a shoe that points to +x: a vamp that rises to the ankle.
func (k *maker) upper(toe, ankle, wide float64, m mesh.Material) {
	k.add(mesh.Superellipsoid(v(0.35, 0, 0.2), v(0.75, wide, toe), 0.7, 0.75, 32, m))
	k.add(mesh.Superellipsoid(v(-0.5, 0, 0.12+ankle/2), v(0.42, wide*0.88, ankle/2+0.1), 0.45, 0.75, 32, m))
	k.add(mesh.Tube(mesh.Curve(12, v(-0.35, 0, 0.1+ankle*0.75), v(0.0, 0, 0.18+toe*0.8), v(0.5, 0, 0.2)),
		[]float64{wide * 0.78, wide * 0.75, wide * 0.6}, 22, false, m))
}

func (k *maker) sole(thick, wide float64, m mesh.Material) {
	k.add(mesh.Superellipsoid(v(0.08, 0, thick/2), v(1.06, wide*1.06, thick/2), 0.25, 0.75, 36, m))
}

func sneaker(k *maker) {
	wide, thick := k.between(0.33, 0.4), k.between(0.12, 0.26)
	upper, trim := k.fabric(k.main), k.leather(k.second)
	k.upper(k.between(0.24, 0.32), k.between(0.55, 0.95), wide, upper)
	k.sole(thick, wide, k.plastic([]paint{white, k.accent, black}[k.rng.IntN(3)]))
	k.add(mesh.Superellipsoid(v(0.83, 0, 0.18), v(0.28, wide*0.85, 0.18), 0.7, 0.8, 24, trim))
	k.add(mesh.Superellipsoid(v(-0.8, 0, 0.32), v(0.15, wide*0.72, 0.26), 0.6, 0.7, 22, trim))
	n := k.count(3, 5)
	for i := range n {
		x := 0.38 - 0.13*float64(i)
		k.add(mesh.Tube([]mesh.Vec{v(x, -wide*0.55, 0.42+0.06*float64(i)), v(x, 0, 0.52+0.06*float64(i)),
			v(x, wide*0.55, 0.42+0.06*float64(i))}, []float64{0.025}, 6, false, k.fabric(white)))
	}
	if k.chance(0.7) {
		for i := range k.count(1, 3) {
			x := -0.05 - 0.17*float64(i)
			for _, y := range []float64{-1, 1} {
				k.add(mesh.Tube([]mesh.Vec{v(x+0.12, y*wide*0.98, 0.16), v(x-0.1, y*wide*0.8, 0.52)}, []float64{0.035}, 6, false,
					k.leather(k.accent)))
			}
		}
		k.detail("side stripes")
	}
	k.tones = k.tones[:min(3, len(k.tones))]
}

func boot(k *maker) {
	wide, tall := k.between(0.32, 0.4), k.between(1.0, 1.7)
	skin := k.leather(k.main)
	k.upper(k.between(0.25, 0.33), 0.7, wide, skin)
	k.add(mesh.Lathe([]mesh.Point{pr(wide*0.95, 0.4), pr(wide*k.between(0.85, 1.0), tall*0.7),
		pr(wide*k.between(0.95, 1.15), tall), pr(wide*0.85, tall), pr(wide*0.8, tall*0.6), pr(0, tall*0.6)}, 32,
		skin).Translate(v(-0.5, 0, 0)))
	heel := k.between(0.12, 0.35)
	k.sole(0.12, wide, k.rubber())
	k.add(mesh.RoundBox(v(-0.65, 0, -heel/2+0.05), v(0.5, wide*1.7, heel), k.rubber()))
	switch k.rng.IntN(3) {
	case 0:
		for i := range 6 {
			z := 0.5 + (tall-0.6)*float64(i)/6
			k.add(mesh.Tube([]mesh.Vec{v(-0.2, -0.16, z), v(-0.5+wide*1.05, 0, z+0.04), v(-0.2, 0.16, z)}, []float64{0.025}, 6,
				false, k.fabric(k.accent)))
		}
		k.detail("laces")
	case 1:
		k.add(mesh.Torus(v(-0.5, 0, tall*0.75), wide*1.0, 0.05, 30, k.leather(k.second)))
		k.add(mesh.RoundBox(v(-0.5, -wide*1.05, tall*0.75), v(0.2, 0.06, 0.18), k.metal(brass)))
		k.detail("buckle")
	default:
		k.add(mesh.Torus(v(-0.5, 0, tall), wide*1.0, 0.12, 30, k.fabric(k.second)))
		k.detail("soft cuff")
	}
}

func pump(k *maker) {
	wide, heel := k.between(0.26, 0.32), k.between(0.45, 0.95)
	skin := k.leather(k.main)
	if k.chance(0.4) {
		skin = k.ceramic(k.main)
	}
	k.add(mesh.Superellipsoid(v(0.62, 0, 0.14), v(k.between(0.38, 0.52), wide, 0.15), 0.8, k.between(0.7, 1.1), 30, skin))
	k.add(mesh.Tube(mesh.Curve(16, v(0.6, 0, 0.08), v(0.1, 0, heel*0.35+0.06), v(-0.35, 0, heel*0.85),
		v(-0.75, 0, heel+0.02)), []float64{wide * 0.85, wide * 0.6, wide * 0.65, wide * 0.8}, 22, false,
		skin).Stretch(v(1, 1, 0.75)).Translate(v(0, 0, heel*0.12)))
	k.add(mesh.Superellipsoid(v(-0.68, 0, heel+0.12), v(0.26, wide*0.85, 0.2), 0.5, 0.8, 24, skin))
	slim := k.between(0.035, 0.15)
	k.add(mesh.Tube([]mesh.Vec{v(-0.72, 0, 0), v(-0.75, 0, heel*0.5), v(-0.72, 0, heel)},
		[]float64{slim, slim, wide * 0.65}, 14, false, k.plastic(k.second)))
	if k.chance(0.5) {
		k.add(mesh.Ellipsoid(v(0.55, 0, 0.3), v(0.14, wide*0.6, 0.07), 18, k.leather(k.accent)))
		k.detail("bow")
	}
	if k.chance(0.4) {
		k.add(mesh.Tube(mesh.Curve(14, v(-0.5, -wide*0.8, heel+0.1), v(-0.25, 0, heel+0.45), v(-0.5, wide*0.8, heel+0.1)),
			[]float64{0.03}, 8, false, skin))
		k.detail("ankle strap")
	}
}

func slipper(k *maker) {
	wide, thick := k.between(0.34, 0.42), k.between(0.1, 0.2)
	cloth := k.patterned(k.fabric(k.main))
	k.sole(thick, wide, k.plastic([]paint{black, brown, k.second}[k.rng.IntN(3)]))
	k.add(mesh.Superellipsoid(v(0.08, 0, thick), v(0.98, wide*0.95, 0.06), 0.4, 0.75, 30, k.fabric(ivory)))
	long := k.between(0.35, 0.6)
	k.add(mesh.Superellipsoid(v(0.98-long, 0, thick), v(long, wide*1.02, k.between(0.28, 0.4)), 0.8, 0.75, 32, cloth))
	if k.chance(0.5) {
		k.add(mesh.Torus(v(0, 0, 0), wide*0.72, 0.09, 24, k.fabric(k.second)).RotateY(1.2).Translate(v(0.98-2*long+0.12, 0,
			thick+0.16)))
		k.detail("fluffy edge")
	}
	if k.chance(0.4) {
		k.add(mesh.Ellipsoid(v(0.98-long*0.8, 0, thick+0.42), v(0.13, 0.13, 0.13), 18, k.fabric(k.accent)))
		k.detail("pompon")
	}
}
