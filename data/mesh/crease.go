package mesh

import "math"

// AddCreased adds triangles over points with a normal a corner: the mean, weighted by
// area, of the neighbouring faces' that meet at less than the crease angle in radians
// (VRML 2.0, 6.23). Corners has, for each triangle, what image texture or given normals
// its corners have; nil: none. Triangles without an area are left out.
func (p *Part) AddCreased(points []Vec, triangles [][3]int32, crease float64, corners []Corners) {
	normals := make([]Vec, len(triangles)) // weighted by area
	units := make([]Vec, len(triangles))
	faces := make([][]int32, len(points))
	for i, t := range triangles {
		a, b, c := points[t[0]], points[t[1]], points[t[2]]
		normals[i] = b.Sub(a).Cross(c.Sub(a))
		units[i] = normals[i].Unit()
		for _, v := range t {
			faces[v] = append(faces[v], int32(i))
		}
	}
	limit := math.Cos(crease)
	for i, t := range triangles {
		own := units[i]
		if own.Len() == 0 {
			continue // no area
		}
		base := int32(len(p.Vertices))
		for k, v := range t {
			p.Vertices = append(p.Vertices, points[v])
			if corners != nil {
				p.UV = append(p.UV, corners[i].UV[k])
				if given := corners[i].Normals[k]; given != (Vec{}) {
					p.Normals = append(p.Normals, given)
					continue
				}
			}
			sum := normals[i]
			for n, j := range faces[v] {
				if n == 64 {
					break // a fan's hub: enough to be smooth
				}
				if int(j) != i && units[j].Dot(own) > limit {
					sum = sum.Add(normals[j])
				}
			}
			p.Normals = append(p.Normals, sum.Unit())
		}
		p.Triangles = append(p.Triangles, [3]int32{base, base + 1, base + 2})
	}
}

// Corners is what a file says of a triangle's corners beside their places.
type Corners struct {
	UV      [3]UV
	Normals [3]Vec // of unit length; zero: to be computed
}
