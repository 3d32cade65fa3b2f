package synth

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// v makes a vector.
func v(x, y, z float64) mesh.Vec { return mesh.Vec{X: x, Y: y, Z: z} }

// pr makes a point of a profile: radius and height.
func pr(r, z float64) mesh.Point { return mesh.Point{R: r, Z: z} }

// maker builds one product: its random numbers, colours and parts.
type maker struct {
	rng                  *rand.Rand
	main, second, accent paint
	mesh                 *mesh.Mesh
	details              []string // what the title says after the name
	pattern              string   // what it says before
	tones                []string
}

// between draws a number uniformly.
func (k *maker) between(lo, hi float64) float64 { return lo + (hi-lo)*k.rng.Float64() }

// count draws an integer from lo to hi, both possible.
func (k *maker) count(lo, hi int) int { return lo + k.rng.IntN(hi-lo+1) }

// chance is true with a probability.
func (k *maker) chance(p float64) bool { return k.rng.Float64() < p }

// detail adds words to the title.
func (k *maker) detail(words string) { k.details = append(k.details, words) }

// add adds parts to the product.
func (k *maker) add(parts ...mesh.Part) { k.mesh.Add(parts...) }

// mirrored adds a part and its mirror image to the product.
func (k *maker) mirrored(p mesh.Part) { k.mesh.Add(p, p.MirrorX()) }

// tone records a colour for the title.
func (k *maker) tone(p paint) mesh.Color {
	if !slices.Contains(k.tones, p.name) {
		k.tones = append(k.tones, p.name)
	}
	return p.color
}

// Materials.

func (k *maker) plastic(p paint) mesh.Material {
	return mesh.Material{Diffuse: k.tone(p), Specular: 0.4, Shininess: 35}
}

func (k *maker) ceramic(p paint) mesh.Material {
	return mesh.Material{Diffuse: k.tone(p), Specular: 0.7, Shininess: 90}
}

func (k *maker) fabric(p paint) mesh.Material {
	return mesh.Material{Diffuse: k.tone(p), Specular: 0.03, Shininess: 4}
}

func (k *maker) leather(p paint) mesh.Material {
	m := mesh.Material{Diffuse: k.tone(p), Specular: 0.2, Shininess: 18}
	dark := mesh.Color{R: m.Diffuse.R * 0.7, G: m.Diffuse.G * 0.7, B: m.Diffuse.B * 0.7}
	m.Texture = speckle(m.Diffuse, dark, 22, 0.4, k.rng.Float64())
	return m
}

func (k *maker) rubber() mesh.Material {
	return mesh.Material{Diffuse: black.color, Specular: 0.12, Shininess: 10}
}

// metal is one of the metals, or a given one.
func (k *maker) metal(p ...paint) mesh.Material {
	c := metals[k.rng.IntN(len(metals))]
	if len(p) > 0 {
		c = p[0]
	}
	return mesh.Material{Diffuse: k.tone(c), Specular: 0.8, Shininess: 70, Metallic: 0.85}
}

func (k *maker) glass(p paint) mesh.Material {
	return mesh.Material{Diffuse: p.color, Specular: 1, Shininess: 150, Opacity: 0.3}
}

func (k *maker) wooden(along mesh.Vec) mesh.Material {
	c := woods[k.rng.IntN(len(woods))]
	k.tone(c)
	return mesh.Material{Diffuse: c.color, Texture: wood(c.color, along, k.rng.Float64()*10), Specular: 0.15,
		Shininess: 25}
}

// patterned puts a pattern of the second colour on a material, or none.
func (k *maker) patterned(m mesh.Material) mesh.Material {
	a, b := m.Diffuse, k.second.color
	names := []string{"", "", "striped", "ringed", "checked", "dotted", "banded", "zigzag", "marbled", "speckled"}
	k.pattern = names[k.rng.IntN(len(names))]
	switch k.pattern {
	case "striped":
		m.Texture = rings(a, b, k.count(4, 14))
	case "ringed":
		m.Texture = stripes(a, b, v(0, 0, 1), k.between(0.12, 0.45), k.between(0.25, 0.6))
	case "checked":
		m.Texture = checks(a, b, k.between(0.15, 0.4))
	case "dotted":
		m.Texture = dots(a, b, k.between(0.2, 0.5), k.between(0.2, 0.4))
	case "banded":
		at := k.between(0.2, 1.3)
		m.Texture = band(a, b, at, at+k.between(0.15, 0.5))
	case "zigzag":
		m.Texture = zigzag(a, b, k.between(0.5, 1.2), k.between(0.1, 0.25), k.count(5, 12))
	case "marbled":
		m.Texture = marble(a, b, k.between(2, 5), k.rng.Float64()*10)
	case "speckled":
		m.Texture = speckle(a, b, k.between(6, 14), k.between(0.3, 0.42), k.rng.Float64()*10)
	default:
		return m
	}
	k.tone(k.second)
	return m
}

// title reads like a shop's: "Dotted mug with square handle, teal and white".
func (k *maker) title(noun string) string {
	t := k.form(noun)
	if n := len(k.tones); n > 1 {
		t += ", " + strings.Join(k.tones[:min(n, 3)-1], ", ") + " and " + k.tones[min(n, 3)-1]
	} else if n == 1 {
		t += ", " + k.tones[0]
	}
	return t
}

// form is a product's title without its colours.
func (k *maker) form(noun string) string {
	t := strings.TrimSpace(k.pattern + " " + noun)
	if len(k.details) > 0 {
		t += " with " + strings.Join(k.details, " and ")
	}
	return strings.ToUpper(t[:1]) + t[1:]
}
