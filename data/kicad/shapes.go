package kicad

import (
	"errors"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// readMesh turns a VRML file into a mesh: the face sets of all shapes, moved by the
// transforms around them, one part a material.
func readMesh(data []byte) (*mesh.Mesh, error) {
	nodes, err := parseVRML(data)
	if err != nil {
		return nil, err
	}
	b := &builder{parts: map[*node]*mesh.Part{}}
	for _, n := range nodes {
		if err := b.walk(n, identity, 0); err != nil {
			return nil, err
		}
	}
	m := &mesh.Mesh{}
	for _, material := range b.order {
		m.Add(*b.parts[material])
	}
	if len(m.Parts) == 0 {
		return nil, errors.New("it holds no faces")
	}
	return m, nil
}

// builder collects faces by material.
type builder struct {
	parts map[*node]*mesh.Part
	order []*node
	seen  int
}

// transform maps points; those of a model are moved, scaled and turned.
type transform func(mesh.Vec) mesh.Vec

func identity(v mesh.Vec) mesh.Vec { return v }

// walk looks for shapes.
func (b *builder) walk(n *node, at transform, depth int) error {
	if b.seen++; depth > maxDepth || b.seen > 1<<20 {
		return errors.New("its nodes use each other without end")
	}
	switch n.kind {
	case "Shape":
		return b.shape(n, at)
	case "Transform":
		at = n.transform(at)
	}
	for _, field := range []string{"children", "choice"} {
		for _, child := range n.fields[field].nodes {
			if err := b.walk(child, at, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// transform composes a Transform node: scale, then rotation, then translation.
func (n *node) transform(outer transform) transform {
	scale, move := n.vector("scale", mesh.Vec{X: 1, Y: 1, Z: 1}), n.vector("translation", mesh.Vec{})
	turn := n.fields["rotation"].numbers
	return func(v mesh.Vec) mesh.Vec {
		v = mesh.Vec{X: v.X * scale.X, Y: v.Y * scale.Y, Z: v.Z * scale.Z}
		if len(turn) == 4 { // Rodrigues' formula
			axis := mesh.Vec{X: turn[0], Y: turn[1], Z: turn[2]}.Unit()
			sin, cos := math.Sincos(turn[3])
			v = v.Scale(cos).Add(axis.Cross(v).Scale(sin)).Add(axis.Scale(axis.Dot(v) * (1 - cos)))
		}
		return outer(v.Add(move))
	}
}

// vector reads a field of three numbers.
func (n *node) vector(field string, otherwise mesh.Vec) mesh.Vec {
	if f := n.fields[field].numbers; len(f) == 3 {
		return mesh.Vec{X: f[0], Y: f[1], Z: f[2]}
	}
	return otherwise
}

// number reads a field of one number.
func (n *node) number(field string, otherwise float64) float64 {
	if f := n.fields[field].numbers; len(f) == 1 {
		return f[0]
	}
	return otherwise
}

// child returns a field's node of a type, or nil.
func (n *node) child(field, kind string) *node {
	for _, c := range n.fields[field].nodes {
		if c.kind == kind {
			return c
		}
	}
	return nil
}

// plainMaterial is that of shapes without one.
var plainMaterial = &node{kind: "Material", fields: map[string]value{}}

// shape adds a Shape's faces to the part of its material. Shapes that only define a
// material, as KiCad's files start with, have none.
func (b *builder) shape(n *node, at transform) error {
	faces := n.child("geometry", "IndexedFaceSet")
	if faces == nil {
		return nil
	}
	material := plainMaterial
	if a := n.child("appearance", "Appearance"); a != nil {
		if m := a.child("material", "Material"); m != nil {
			material = m
		}
	}
	part, ok := b.parts[material]
	if !ok {
		part = &mesh.Part{Material: material.material()}
		b.parts[material] = part
		b.order = append(b.order, material)
	}
	coord := faces.child("coord", "Coordinate")
	if coord == nil {
		return errors.New("a face set has no coordinates")
	}
	numbers := coord.fields["point"].numbers
	points := make([]mesh.Vec, len(numbers)/3)
	for i := range points {
		points[i] = at(mesh.Vec{X: numbers[3*i], Y: numbers[3*i+1], Z: numbers[3*i+2]})
		if l := points[i].Len(); math.IsNaN(l) || math.IsInf(l, 0) {
			return fmt.Errorf("point %d of a face set is not finite", i)
		}
	}
	triangles, err := triangulate(faces.fields["coordIndex"].numbers, len(points))
	if err != nil {
		return err
	}
	part.AddCreased(points, triangles, faces.number("creaseAngle", 0), nil)
	return nil
}

// material translates VRML's lighting to the photographer's.
func (n *node) material() mesh.Material {
	diffuse, specular := n.vector("diffuseColor", mesh.Vec{X: 0.8, Y: 0.8, Z: 0.8}), n.vector("specularColor", mesh.Vec{})
	// VRML's colours are meant for the screen: to linear light.
	linear := func(v float64) float64 { return math.Pow(math.Min(1, math.Max(0, v)), 2.2) }
	strength := math.Min(1, (specular.X+specular.Y+specular.Z)/3*1.4+0.05)
	m := mesh.Material{
		Diffuse:   mesh.Color{R: linear(diffuse.X), G: linear(diffuse.Y), B: linear(diffuse.Z)},
		Specular:  strength,
		Shininess: 10 + 90*math.Min(1, math.Max(0, n.number("shininess", 0.2))),
		Opacity:   1 - math.Min(0.9, math.Max(0, n.number("transparency", 0))),
	}
	if strength > 0.35 { // pins and shields
		m.Metallic = 0.5
	}
	return m
}

// triangulate cuts polygons, whose indices end with -1, into triangles. Fans are
// right for the convex faces of these models.
func triangulate(indices []float64, points int) ([][3]int32, error) {
	var triangles [][3]int32
	var polygon []int32
	for _, f := range append(indices, -1) {
		if f < 0 {
			for i := 2; i < len(polygon); i++ {
				triangles = append(triangles, [3]int32{polygon[0], polygon[i-1], polygon[i]})
			}
			polygon = polygon[:0]
			continue
		}
		if f != math.Trunc(f) || int(f) >= points {
			return nil, fmt.Errorf("a face uses the point %g of %d", f, points)
		}
		polygon = append(polygon, int32(f))
	}
	return triangles, nil
}
