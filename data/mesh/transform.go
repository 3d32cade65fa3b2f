package mesh

import "math"

// each returns the part with every vertex and normal mapped.
func (p Part) each(point, normal func(Vec) Vec) Part {
	out := Part{Triangles: p.Triangles, Material: p.Material, UV: p.UV}
	for _, v := range p.Vertices {
		out.Vertices = append(out.Vertices, point(v))
	}
	for _, n := range p.Normals {
		out.Normals = append(out.Normals, normal(n).Unit())
	}
	return out
}

// Translate moves a part.
func (p Part) Translate(by Vec) Part {
	return p.each(func(v Vec) Vec { return v.Add(by) }, func(n Vec) Vec { return n })
}

// Stretch scales a part along the axes by positive factors.
func (p Part) Stretch(by Vec) Part {
	return p.each(
		func(v Vec) Vec { return Vec{v.X * by.X, v.Y * by.Y, v.Z * by.Z} },
		func(n Vec) Vec { return Vec{n.X / by.X, n.Y / by.Y, n.Z / by.Z} })
}

// RotateX turns a part around the x axis, y towards z.
func (p Part) RotateX(angle float64) Part {
	sin, cos := math.Sincos(angle)
	turn := func(v Vec) Vec { return Vec{v.X, v.Y*cos - v.Z*sin, v.Y*sin + v.Z*cos} }
	return p.each(turn, turn)
}

// RotateY turns a part around the y axis, z towards x.
func (p Part) RotateY(angle float64) Part {
	sin, cos := math.Sincos(angle)
	turn := func(v Vec) Vec { return Vec{v.X*cos + v.Z*sin, v.Y, v.Z*cos - v.X*sin} }
	return p.each(turn, turn)
}

// RotateZ turns a part around the z axis, x towards y.
func (p Part) RotateZ(angle float64) Part {
	sin, cos := math.Sincos(angle)
	turn := func(v Vec) Vec { return Vec{v.X*cos - v.Y*sin, v.X*sin + v.Y*cos, v.Z} }
	return p.each(turn, turn)
}

// MirrorX returns the part's mirror image in the plane x = 0.
func (p Part) MirrorX() Part {
	flip := func(v Vec) Vec { return Vec{-v.X, v.Y, v.Z} }
	out := p.each(flip, flip)
	out.Triangles = make([][3]int32, len(p.Triangles))
	for i, t := range p.Triangles {
		out.Triangles[i] = [3]int32{t[0], t[2], t[1]}
	}
	return out
}

// Arc returns points of a circular arc in the x-z plane from angle a to b, measured
// from x towards z.
func Arc(center Vec, radius, a, b float64, n int) []Vec {
	path := make([]Vec, n+1)
	for i := range path {
		sin, cos := math.Sincos(a + (b-a)*float64(i)/float64(n))
		path[i] = center.Add(Vec{radius * cos, 0, radius * sin})
	}
	return path
}

// Curve returns n+1 points of the Catmull-Rom spline through the given points.
func Curve(n int, through ...Vec) []Vec {
	path := make([]Vec, n+1)
	last := len(through) - 1
	at := func(i int) Vec { return through[min(last, max(0, i))] }
	for k := range path {
		x := float64(k) / float64(n) * float64(last)
		i := min(last-1, int(x))
		t := x - float64(i)
		p0, p1, p2, p3 := at(i-1), at(i), at(i+1), at(i+2)
		path[k] = p1.Scale(2).
			Add(p2.Sub(p0).Scale(t)).
			Add(p0.Scale(2).Sub(p1.Scale(5)).Add(p2.Scale(4)).Sub(p3).Scale(t * t)).
			Add(p1.Scale(3).Sub(p0).Sub(p2.Scale(3)).Add(p3).Scale(t * t * t)).Scale(0.5)
	}
	return path
}
