package mesh

import "math"

// Vec is a point or direction in object space. The z axis points up; the unit
// is free, because the photographer scales every product into its frame.
type Vec struct{ X, Y, Z float64 }

// Add returns a + b.
func (a Vec) Add(b Vec) Vec { return Vec{a.X + b.X, a.Y + b.Y, a.Z + b.Z} }

// Sub returns a - b.
func (a Vec) Sub(b Vec) Vec { return Vec{a.X - b.X, a.Y - b.Y, a.Z - b.Z} }

// Scale returns s * a.
func (a Vec) Scale(s float64) Vec { return Vec{s * a.X, s * a.Y, s * a.Z} }

// Dot returns the inner product of a and b.
func (a Vec) Dot(b Vec) float64 { return a.X*b.X + a.Y*b.Y + a.Z*b.Z }

// Cross returns the vector product of a and b.
func (a Vec) Cross(b Vec) Vec {
	return Vec{a.Y*b.Z - a.Z*b.Y, a.Z*b.X - a.X*b.Z, a.X*b.Y - a.Y*b.X}
}

// Len returns the Euclidean length of a.
func (a Vec) Len() float64 { return math.Sqrt(a.Dot(a)) }

// Unit returns a scaled to length 1; the zero vector stays zero.
func (a Vec) Unit() Vec {
	l := a.Len()
	if l == 0 {
		return a
	}
	return a.Scale(1 / l)
}

// Color is linear RGB, each channel 0..1.
type Color struct{ R, G, B float64 }

// Texture gives the colour of a surface at an object-space point, so that a
// solid pattern (wood, stripes, speckles, a printed label) needs no unwrapping.
type Texture func(p Vec) Color

// Material says how a surface answers light.
type Material struct {
	Diffuse   Color   // base colour, used where Texture is nil
	Texture   Texture // colour by place; may be nil
	Specular  float64 // strength of the highlight, 0..1
	Shininess float64 // Blinn-Phong exponent, 1..200
	Metallic  float64 // 0: highlight is white; 1: highlight takes the diffuse colour
	Emission  float64 // 0..1 of the diffuse colour shines without light
	Opacity   float64 // 1 opaque; 0 is read as 1, so that the zero value is usable
	Image     *Image  // colour by the part's UV, times Diffuse; may be nil
}

// Part is a triangle mesh of one material. Triangles are wound
// counter-clockwise seen from outside; both sides are drawn.
type Part struct {
	Vertices  []Vec
	Normals   []Vec // one a vertex, unit length; nil: flat shading
	UV        []UV  // one a vertex, for an image texture; nil: none
	Triangles [][3]int32
	Material  Material
}

// UVAt interpolates a triangle's place in the image, by the weights of its second and
// third corner.
func (p *Part) UVAt(triangle int, b1, b2 float64) UV {
	if p.UV == nil {
		return UV{}
	}
	t := p.Triangles[triangle]
	a, b, c, b0 := p.UV[t[0]], p.UV[t[1]], p.UV[t[2]], 1-b1-b2
	return UV{a.U*b0 + b.U*b1 + c.U*b2, a.V*b0 + b.V*b1 + c.V*b2}
}

// Mesh is a product's shape: parts that move together.
type Mesh struct{ Parts []Part }

// Add appends parts.
func (m *Mesh) Add(parts ...Part) { m.Parts = append(m.Parts, parts...) }

// Bounds returns the corners of the axis-aligned box around all vertices;
// ok is false for a mesh without vertices.
func (m *Mesh) Bounds() (lo, hi Vec, ok bool) {
	inf := math.Inf(1)
	lo, hi = Vec{inf, inf, inf}, Vec{-inf, -inf, -inf}
	for _, p := range m.Parts {
		for _, v := range p.Vertices {
			lo = Vec{min(lo.X, v.X), min(lo.Y, v.Y), min(lo.Z, v.Z)}
			hi = Vec{max(hi.X, v.X), max(hi.Y, v.Y), max(hi.Z, v.Z)}
			ok = true
		}
	}
	return lo, hi, ok
}
