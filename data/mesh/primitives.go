package mesh

import "math"

// Box is an axis-aligned box around a centre, flat shaded.
func Box(center, size Vec, m Material) Part {
	h := size.Scale(0.5)
	p := Part{Material: m}
	for i := range 8 {
		sign := func(bit int) float64 { return float64(2*(i>>bit&1) - 1) }
		p.Vertices = append(p.Vertices, center.Add(Vec{sign(0) * h.X, sign(1) * h.Y, sign(2) * h.Z}))
	}
	for _, q := range [][4]int32{{0, 2, 3, 1}, {4, 5, 7, 6}, {0, 1, 5, 4}, {2, 6, 7, 3}, {0, 4, 6, 2}, {1, 3, 7, 5}} {
		p.Triangles = append(p.Triangles, [3]int32{q[0], q[1], q[2]}, [3]int32{q[0], q[2], q[3]})
	}
	return p
}

// grid makes a smooth part of (rows+1) x (columns+1) points; at gives the point for
// u and v in 0..1. Points that fall together (a pole, a seam) are kept apart.
func grid(rows, columns int, m Material, at func(u, v float64) Vec) Part {
	p := Part{Material: m}
	for i := range rows + 1 {
		for j := range columns + 1 {
			p.Vertices = append(p.Vertices, at(float64(i)/float64(rows), float64(j)/float64(columns)))
		}
	}
	w := int32(columns + 1)
	for i := range int32(rows) {
		for j := range int32(columns) {
			a := i*w + j
			p.addTriangle(a, a+1, a+w+1)
			p.addTriangle(a, a+w+1, a+w)
		}
	}
	p.Smooth()
	return p
}

// addTriangle leaves out triangles without an area.
func (p *Part) addTriangle(a, b, c int32) {
	u, v := p.Vertices[b].Sub(p.Vertices[a]), p.Vertices[c].Sub(p.Vertices[a])
	if u.Cross(v).Len() > 1e-12*(u.Len()*v.Len()+1e-12) {
		p.Triangles = append(p.Triangles, [3]int32{a, b, c})
	}
}

// Smooth gives every vertex the mean normal of its triangles, weighted by area.
// Vertices at one place share their normal unless their surfaces meet at a sharp edge.
func (p *Part) Smooth() {
	const sharp = 0.35 // cosine: edges of over 70 degrees stay edges
	own := make([]Vec, len(p.Vertices))
	for _, t := range p.Triangles {
		a, b, c := p.Vertices[t[0]], p.Vertices[t[1]], p.Vertices[t[2]]
		n := b.Sub(a).Cross(c.Sub(a))
		for _, i := range t {
			own[i] = own[i].Add(n)
		}
	}
	type place [3]int64
	key := func(v Vec) place {
		const fine = 1e6
		return place{int64(math.Round(v.X * fine)), int64(math.Round(v.Y * fine)), int64(math.Round(v.Z * fine))}
	}
	same := map[place][]int{}
	for i, v := range p.Vertices {
		same[key(v)] = append(same[key(v)], i)
	}
	p.Normals = make([]Vec, len(p.Vertices))
	for i, v := range p.Vertices {
		sum := own[i]
		for _, j := range same[key(v)] {
			if j != i && (own[i].Len() == 0 || own[i].Unit().Dot(own[j].Unit()) > sharp) {
				sum = sum.Add(own[j])
			}
		}
		p.Normals[i] = sum.Unit()
		if sum.Len() == 0 {
			p.Normals[i] = Vec{Z: 1}
		}
	}
}

// Point is a point of a profile: radius and height.
type Point struct{ R, Z float64 }

// Lathe turns a profile around the z axis. The profile runs from the bottom's axis
// over the outside to the top's axis (or back down the inside of a vessel).
func Lathe(profile []Point, segments int, m Material) Part {
	p := Part{Material: m}
	w := int32(segments + 1)
	// Each stretch of the profile has its own points, so that corners stay sharp
	// where Smooth finds them so.
	for k := range len(profile) - 1 {
		base := int32(len(p.Vertices))
		for _, q := range profile[k : k+2] {
			for j := range segments + 1 {
				a := 2 * math.Pi * float64(j%segments) / float64(segments)
				p.Vertices = append(p.Vertices, Vec{q.R * math.Cos(a), q.R * math.Sin(a), q.Z})
			}
		}
		for j := range int32(segments) {
			a := base + j
			p.addTriangle(a, a+1, a+w+1)
			p.addTriangle(a, a+w+1, a+w)
		}
	}
	p.Smooth()
	return p
}

// Cylinder stands on z with its foot at base.
func Cylinder(base Vec, radius, height float64, segments int, m Material) Part {
	return Lathe([]Point{{0, 0}, {radius, 0}, {radius, height}, {0, height}}, segments, m).Translate(base)
}

// Cone stands on z; the radii may differ from each other in any way.
func Cone(base Vec, bottom, top, height float64, segments int, m Material) Part {
	return Lathe([]Point{{0, 0}, {bottom, 0}, {top, height}, {0, height}}, segments, m).Translate(base)
}

// Ellipsoid has the half axes of size.
func Ellipsoid(center, size Vec, segments int, m Material) Part {
	return Superellipsoid(center, size, 1, 1, segments, m)
}

// Superellipsoid (Barr 1981) goes from a box (exponents near 0) over an ellipsoid (1)
// to a diamond (2): e1 shapes it from pole to pole, e2 around.
func Superellipsoid(center, size Vec, e1, e2 float64, segments int, m Material) Part {
	power := func(x, e float64) float64 { return math.Copysign(math.Pow(math.Abs(x), e), x) }
	return grid(max(4, segments/2), segments, m, func(u, v float64) Vec {
		sinU, cosU := math.Sincos(math.Pi * (u - 0.5))
		sinV, cosV := math.Sincos(2 * math.Pi * v)
		if u == 0 || u == 1 {
			cosU = 0
		}
		if v == 1 {
			sinV, cosV = 0, 1
		}
		return center.Add(Vec{
			size.X * power(cosU, e1) * power(cosV, e2),
			size.Y * power(cosU, e1) * power(sinV, e2),
			size.Z * power(sinU, e1),
		})
	})
}

// RoundBox is a box with rounded edges.
func RoundBox(center, size Vec, m Material) Part {
	return Superellipsoid(center, size.Scale(0.5), 0.22, 0.22, 32, m)
}

// Torus lies flat around the z axis.
func Torus(center Vec, radius, tube float64, segments int, m Material) Part {
	return Tube(circle(center, radius, segments), []float64{tube}, max(8, segments/3), true, m)
}

func circle(center Vec, radius float64, n int) []Vec {
	var path []Vec
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		path = append(path, center.Add(Vec{radius * math.Cos(a), radius * math.Sin(a), 0}))
	}
	return path
}

// Tube sweeps a circle along a path; radii are spread evenly along it. A closed tube
// joins its ends, an open one has caps.
func Tube(path []Vec, radii []float64, sides int, closed bool, m Material) Part {
	n := len(path)
	rings := n
	if closed {
		rings++
	}
	at := func(i int) Vec { return path[((i%n)+n)%n] }
	tangent := func(i int) Vec {
		if closed {
			return at(i + 1).Sub(at(i - 1)).Unit()
		}
		return path[min(n-1, i+1)].Sub(path[max(0, i-1)]).Unit()
	}
	radius := func(i int) float64 {
		x := float64(i) / float64(max(1, rings-1)) * float64(len(radii)-1)
		lo := min(len(radii)-1, int(x))
		hi := min(len(radii)-1, lo+1)
		return radii[lo] + (radii[hi]-radii[lo])*(x-float64(lo))
	}
	// The frame is carried along the path with the least turning.
	t0 := tangent(0)
	side := t0.Cross(Vec{Z: 1})
	if side.Len() < 0.1 {
		side = t0.Cross(Vec{X: 1})
	}
	side = side.Unit()
	frames := make([]Vec, rings)
	for i := range rings {
		t := tangent(i)
		side = side.Sub(t.Scale(side.Dot(t))).Unit()
		frames[i] = side
	}
	if closed {
		frames[rings-1] = frames[0]
	}
	ring := func(i int, v float64) Vec {
		t := tangent(i)
		other := t.Cross(frames[i])
		sin, cos := math.Sincos(2 * math.Pi * v)
		if v == 1 {
			sin, cos = 0, 1
		}
		return at(i).Add(frames[i].Scale(radius(i) * cos)).Add(other.Scale(radius(i) * sin))
	}
	extra := 0
	if !closed {
		extra = 2
	}
	return grid(rings-1+extra, sides, m, func(u, v float64) Vec {
		i := int(u*float64(rings-1+extra) + 0.5)
		if !closed {
			if i == 0 {
				return path[0]
			}
			if i == rings+1 {
				return path[n-1]
			}
			i--
		}
		return ring(i, v)
	})
}

// Extrude lifts a flat outline (counter-clockwise, in x and y) from z = 0 to height.
// The outline must be star-shaped around its mean point.
func Extrude(outline []Vec, height float64, m Material) Part {
	p := Part{Material: m}
	n := int32(len(outline))
	var mean Vec
	for _, v := range outline {
		mean = mean.Add(v.Scale(1 / float64(n)))
	}
	top := Vec{Z: height}
	for _, v := range outline { // the walls have points of their own: their edges are sharp
		p.Vertices = append(p.Vertices, v, v.Add(top))
	}
	for i := range n {
		j := (i + 1) % n
		p.addTriangle(2*i, 2*j, 2*j+1)
		p.addTriangle(2*i, 2*j+1, 2*i+1)
	}
	for _, lid := range []struct {
		z  Vec
		up bool
	}{{Vec{}, false}, {top, true}} {
		base := int32(len(p.Vertices))
		p.Vertices = append(p.Vertices, mean.Add(lid.z))
		for _, v := range outline {
			p.Vertices = append(p.Vertices, v.Add(lid.z))
		}
		for i := range n {
			a, b := base+1+i, base+1+(i+1)%n
			if lid.up {
				p.addTriangle(base, a, b)
			} else {
				p.addTriangle(base, b, a)
			}
		}
	}
	p.Smooth()
	return p
}
