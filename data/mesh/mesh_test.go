package mesh

import (
	"fmt"
	"math"
	"testing"
)

// Closed shapes with volumes that are known.
func TestVolumes(t *testing.T) {
	var m Material
	square := []Vec{{-1, -1, 0}, {1, -1, 0}, {1, 1, 0}, {-1, 1, 0}}
	for _, c := range []struct {
		name string
		part Part
		want float64
	}{
		{"box", Box(Vec{1, 2, 3}, Vec{1, 2, 3}, m), 6},
		{"cylinder", Cylinder(Vec{}, 1, 2, 64, m), 2 * math.Pi},
		{"cone", Cone(Vec{}, 1, 0, 3, 64, m), math.Pi},
		{"ellipsoid", Ellipsoid(Vec{5, 0, 0}, Vec{1, 2, 3}, 64, m), 4.0 / 3 * math.Pi * 6},
		{"torus", Torus(Vec{}, 3, 0.5, 64, m), 2 * math.Pi * 3 * math.Pi * 0.25},
		{"tube", Tube([]Vec{{0, 0, 0}, {0, 0, 1}, {0, 0, 2}}, []float64{0.5}, 48, false, m), math.Pi * 0.25 * 2},
		{"prism", Extrude(square, 2, m), 8},
		{"mirrored", Cone(Vec{2, 0, 0}, 1, 0, 3, 64, m).MirrorX(), math.Pi},
		{"turned", Box(Vec{}, Vec{1, 2, 3}, m).RotateX(0.3).RotateY(1).RotateZ(2).Stretch(Vec{2, 1, 1}), 12},
	} {
		if got := volume(c.part); math.Abs(got-c.want) > 0.02*c.want {
			t.Errorf("%s: volume %g, want %g", c.name, got, c.want)
		}
		for i, n := range c.part.Normals {
			if math.Abs(n.Len()-1) > 1e-9 {
				t.Errorf("%s: normal %d has the length %g", c.name, i, n.Len())
			}
		}
	}
}

func TestSmoothNormalsOfASpherePointOutwards(t *testing.T) {
	p := Ellipsoid(Vec{}, Vec{1, 1, 1}, 32, Material{})
	for i, v := range p.Vertices {
		if d := p.Normals[i].Dot(v.Unit()); d < 0.98 {
			t.Errorf("at %v the normal %v is off (%g)", v, p.Normals[i], d)
		}
	}
}

func ExampleBox() {
	cube := Box(Vec{}, Vec{2, 2, 2}, Material{})
	fmt.Println(len(cube.Triangles), "triangles")
	// Output: 12 triangles
}

// volume returns the signed volume that a closed part encloses: positive when its
// triangles are wound counter-clockwise seen from outside.
func volume(p Part) float64 {
	v := 0.0
	for _, t := range p.Triangles {
		v += p.Vertices[t[0]].Dot(p.Vertices[t[1]].Cross(p.Vertices[t[2]])) / 6
	}
	return v
}
