package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

func mixColor(a, b mesh.Color, t float64) mesh.Color {
	return mesh.Color{R: a.R + (b.R-a.R)*t, G: a.G + (b.G-a.G)*t, B: a.B + (b.B-a.B)*t}
}

func scaleColor(c mesh.Color, s float64) mesh.Color {
	return mesh.Color{R: c.R * s, G: c.G * s, B: c.B * s}
}

func addColor(a, b mesh.Color) mesh.Color {
	return mesh.Color{R: a.R + b.R, G: a.G + b.G, B: a.B + b.B}
}

func mulColor(a, b mesh.Color) mesh.Color {
	return mesh.Color{R: a.R * b.R, G: a.G * b.G, B: a.B * b.B}
}

// shade is Blinn-Phong (Blinn 1977) under two lights, light from everywhere that is
// brighter from above, and a mirrored studio for what shines.
func (s Shot) shade(p surface, toEye mesh.Vec) mesh.Color {
	m := p.material
	base := m.Diffuse
	if m.Texture != nil {
		base = m.Texture(p.position)
	}
	sky := 0.75 + 0.25*p.normal.Z
	light := mesh.Color{R: s.Ambient * sky, G: s.Ambient * sky, B: s.Ambient * sky}
	var gloss mesh.Color
	for _, l := range []Light{s.Key, s.Rim} {
		if d := p.normal.Dot(l.Direction); d > 0 {
			light = addColor(light, scaleColor(l.Color, d))
			half := l.Direction.Add(toEye).Unit()
			strength := m.Specular * math.Pow(max(0, p.normal.Dot(half)), max(1, m.Shininess))
			gloss = addColor(gloss, scaleColor(l.Color, strength))
		}
	}
	mirrored := p.normal.Scale(2 * p.normal.Dot(toEye)).Sub(toEye)
	grazing := 1 - max(0, p.normal.Dot(toEye))
	fresnel := m.Specular * (0.06 + 0.5*grazing*grazing*grazing*grazing)
	reflect := scaleColor(mesh.Color{R: 1, G: 1, B: 1}, studioLight(mirrored)*s.Ambient*2)
	// A metal has almost no colour of its own: it shows the studio in its tint.
	body := mulColor(base, light)
	metal := mulColor(base, addColor(scaleColor(reflect, 0.85), scaleColor(light, 0.35)))
	out := mixColor(body, metal, m.Metallic)
	tintOf := mixColor(mesh.Color{R: 1, G: 1, B: 1}, base, m.Metallic)
	out = addColor(out, mulColor(gloss, tintOf))
	out = addColor(out, scaleColor(reflect, fresnel*(1-m.Metallic)))
	return addColor(out, scaleColor(base, m.Emission))
}

// studioLight is what a mirror sees in a direction: a dark floor, grey walls, a
// bright soft box above and a window at one side.
func studioLight(d mesh.Vec) float64 {
	v := 0.25 + 0.35*smooth(-0.3, 0.9, d.Z)
	v += 0.9 * smooth(0.72, 0.9, d.Z)
	v += 0.7 * smooth(0.6, 0.75, d.X) * smooth(-0.2, 0.1, d.Z) * (1 - smooth(0.5, 0.7, d.Z))
	return v
}

// smooth rises from 0 at lo to 1 at hi.
func smooth(lo, hi, x float64) float64 {
	t := min(1, max(0, (x-lo)/(hi-lo)))
	return t * t * (3 - 2*t)
}
