package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// plane is a floor or a wall.
type plane struct {
	point, normal mesh.Vec // the normal points into the room
	u, v          mesh.Vec
	finish        *Finish
	wall          bool
	cells         *cells
}

// scene is a room around a product.
type scene struct {
	room           *Room
	lo, hi, centre mesh.Vec
	radius         float64
	floorZ         float64
	intoWall       mesh.Vec
	along          mesh.Vec // horizontal, along the wall
	planes         []plane
	wallAt         float64 // from the centre, along intoWall
	tableEnd       float64 // the same; infinite: the table ends at the wall, or there is none
	light          *roomLight
	reflection     *reflection
}

// support is how far the box around the product reaches from its middle.
func (s *scene) support(axis mesh.Vec) float64 {
	h := s.hi.Sub(s.lo).Scale(0.5)
	return math.Abs(axis.X)*h.X + math.Abs(axis.Y)*h.Y + math.Abs(axis.Z)*h.Z
}

// newScene puts walls behind the product as the camera sees it.
func newScene(shot Shot, d *dome, lo, hi mesh.Vec) *scene {
	r := shot.Room
	s := &scene{room: r, lo: lo, hi: hi, centre: d.centre, radius: d.radius, floorZ: lo.Z - r.Below, tableEnd: math.Inf(1)}
	eye := direction(shot.Azimuth, 0)
	best := mesh.Vec{Y: 1}
	if r.Place != OnWall {
		for _, axis := range []mesh.Vec{{Y: -1}, {X: 1}, {X: -1}} {
			if axis.Dot(eye) < best.Dot(eye) {
				best = axis
			}
		}
	}
	sin, cos := math.Sincos(r.Turn)
	s.intoWall = mesh.Vec{X: best.X*cos - best.Y*sin, Y: best.X*sin + best.Y*cos}
	s.along = mesh.Vec{X: s.intoWall.Y, Y: -s.intoWall.X}
	up := mesh.Vec{Z: 1}
	s.wallAt = s.support(s.intoWall) + r.Gap
	if r.Place == OnWall {
		s.wallAt = s.support(s.intoWall)
	}
	floor := plane{point: mesh.Vec{X: s.centre.X, Y: s.centre.Y, Z: s.floorZ}, normal: up, u: s.along, v: s.intoWall,
		finish: &r.Floor}
	wall := plane{point: s.centre.Add(s.intoWall.Scale(s.wallAt)), normal: s.intoWall.Scale(-1), u: s.along, v: up,
		finish: &r.Wall, wall: true}
	wall.point.Z = s.floorZ
	s.planes = []plane{floor, wall}
	if r.SideGap > 0 {
		axis := s.along
		if axis.Dot(eye) > 0 {
			axis = axis.Scale(-1)
		}
		side := plane{point: s.centre.Add(axis.Scale(s.support(axis) + r.SideGap)), normal: axis.Scale(-1),
			u: s.intoWall, v: up, finish: &r.Wall, wall: true}
		side.point.Z = s.floorZ
		s.planes = append(s.planes, side)
	}
	if r.Place == OnCeiling {
		s.planes = append(s.planes, plane{point: s.hi, normal: mesh.Vec{Z: -1}, u: s.along, v: s.intoWall, finish: &ceiling})
	}
	if r.Place == OnTable && r.Clutter != nil {
		s.tableEnd = s.support(s.intoWall) + 0.25*r.Gap
		s.wallAt += 150
		s.planes = s.planes[:1]
	}
	s.light = newRoomLight(r, d, s.floorZ, s.intoWall)
	return s
}

var (
	ceiling            = Finish{Pattern: Plain, Color: hex(0xF4F3F0)}
	skirting, farFloor = hex(0xEFEDE8), hex(0x9A8468)
)

// backdrop is the colour behind a pixel, and a number of the surface there; spread is the
// angle of a pixel.
func (s *scene) backdrop(cam camera, x, y float64, pixel int, spread float64) (mesh.Color, int) {
	ray := cam.ray(x, y)
	nearest, at := math.Inf(1), -1
	for i := range s.planes {
		p := &s.planes[i]
		down := ray.Dot(p.normal)
		if down >= -1e-6 {
			continue
		}
		if t := p.point.Sub(cam.eye).Dot(p.normal) / down; t > 0 && t < nearest {
			nearest, at = t, i
		}
	}
	if at < 0 {
		return s.far(ray), -1
	}
	p := &s.planes[at]
	point := cam.eye.Add(ray.Scale(nearest))
	ended := 0.0
	if at == 0 && !math.IsInf(s.tableEnd, 1) {
		soft := 1 + 0.04*s.room.Gap
		ended = smooth(s.tableEnd-soft, s.tableEnd+soft, point.Sub(s.centre).Dot(s.intoWall))
		if ended == 1 {
			return s.far(ray), -1
		}
	}
	var mirrored mesh.Color
	there := 0.0
	if at == 0 {
		mirrored, there = s.reflection.at(x, y)
	}
	c, kind := s.surface(p, point, ray, nearest, pixel, spread, mirrored, there)
	if ended > 0 {
		return mixColor(c, s.far(ray), ended), -1
	}
	return c, 3*at + kind
}

// surface shades a point of a floor or wall; kind is 1 on the board at a wall's foot and 2
// on the rug. Mirrored is the product's reflection, as far as it is there.
func (s *scene) surface(p *plane, point, ray mesh.Vec, t float64, pixel int, spread float64,
	mirrored mesh.Color, there float64) (c mesh.Color, kind int) {
	length := ray.Len()
	cosine := max(0.08, -ray.Dot(p.normal)/length)
	footprint := spread * t * length / math.Sqrt(cosine)
	d := point.Sub(p.point)
	u, v := d.Dot(p.u), d.Dot(p.v)
	finish := p.finish
	var base mesh.Color
	board := p.wall && v < s.room.Skirting
	switch {
	case board:
		kind = 1
		base = scaleColor(skirting, 1-0.35*smooth(-0.5, 0.3, v-s.room.Skirting+0.4))
	case s.onRug(p, u, v):
		kind = 2
		finish = s.room.Rug
		base = finish.at(u, v, footprint)
		base = scaleColor(base, s.rugEdge(u, v))
	default:
		base = finish.at(u, v, footprint)
	}
	// Where two surfaces meet, each keeps some light from the other.
	corner := 1.0
	for i := range s.planes {
		if o := &s.planes[i]; o != p {
			if away := point.Sub(o.point).Dot(o.normal); away < 110 {
				fade := 1 - max(0, away)/110
				corner *= 1 - 0.28*fade*fade*fade*fade*fade
			}
		}
	}
	if board {
		corner = max(corner, 0.85)
	}
	light, open := p.cells.at(u, v)
	light = addColor(light, s.light.sunAt(point, p.normal, pixel))
	light = addColor(light, s.light.lampsAt(point, p.normal, false))
	// What is close to the product gets less of the light between surfaces, too.
	c = scaleColor(mulColor(base, light), corner*(0.6+0.4*open))
	if gloss := finish.Gloss; gloss > 0 && !board {
		toEye := ray.Scale(-1 / length)
		facing := max(0, toEye.Dot(p.normal))
		grazing := (1 - facing) * (1 - facing) * (1 - facing)
		room := s.light.mirror(p.normal.Scale(2*p.normal.Dot(toEye)).Sub(toEye), 0.25)
		room = addColor(scaleColor(room, (1-there)*(0.4+0.6*open)), mirrored)
		fresnel := gloss * (0.07 + 0.6*grazing)
		c = addColor(scaleColor(c, 1-fresnel), scaleColor(room, fresnel))
	}
	return c, kind
}

func (s *scene) onRug(p *plane, u, v float64) bool {
	if s.room.Rug == nil || p.wall {
		return false
	}
	return math.Abs(u) < s.support(s.along)+s.room.RugMargin &&
		math.Abs(v) < min(s.support(s.intoWall)+s.room.RugMargin, s.wallAt-2)
}

// rugEdge darkens a rug's border: a line a little inside, and the hem.
func (s *scene) rugEdge(u, v float64) float64 {
	x := s.support(s.along) + s.room.RugMargin - math.Abs(u)
	y := min(s.support(s.intoWall)+s.room.RugMargin, s.wallAt-2) - math.Abs(v)
	edge := min(x, y)
	return (1 - 0.25*(1-smooth(0.3, 1.6, edge))) * (1 - 0.3*smooth(5, 5.6, edge)*(1-smooth(8, 8.6, edge)))
}

// far is the room behind a table, out of focus.
func (s *scene) far(ray mesh.Vec) mesh.Color {
	const degree = math.Pi / 180
	d := ray.Unit()
	x := math.Atan2(d.Dot(s.along), d.Dot(s.intoWall)) / degree
	y := math.Asin(min(1, max(-1, d.Z))) / degree
	c := s.light.wall
	for _, m := range s.room.Clutter {
		const soft = 3.5
		inside := (1 - smooth(-soft, soft, math.Abs(x-m.X)-m.Width/2)) * (1 - smooth(-soft, soft, math.Abs(y-m.Y)-m.Height/2))
		if m.Glow > 0 {
			c = mixColor(c, scaleColor(m.Color, m.Glow/max(0.2, s.room.Sky.G)), inside)
		} else {
			c = mixColor(c, m.Color, 0.8*inside)
		}
	}
	floor := mixColor(farFloor, s.light.wall, 0.35)
	c = mixColor(scaleColor(floor, 0.8), c, smooth(-24, -8, y))
	light := addColor(scaleColor(s.room.Sky, 0.95), scaleColor(s.room.Daylight, 0.25+0.2*d.Dot(s.room.Window)))
	return mulColor(c, light)
}

// lightPlanes prepares the light on the planes, in cells as large as two pixels at the
// product's distance.
func (s *scene) lightPlanes(size float64) {
	const begins, ends = 3.2, 4.6 // where the product's shadow fades, in radii
	for i := range s.planes {
		p := &s.planes[i]
		d := s.centre.Sub(p.point)
		// Far from the product only the distance to the window changes the light.
		lit, _ := s.light.at(s.centre, p.normal, 1, 0, 0, 0, 0)
		key := scaleColor(s.room.Daylight, s.light.window.facing(p.normal)*s.light.fall(s.centre))
		sky := addColor(lit, scaleColor(key, -1))
		key = scaleColor(key, 1/s.light.fall(s.centre))
		p.cells = newCells(d.Dot(p.u), d.Dot(p.v), ends*s.radius, max(size, 0.016*s.radius),
			func(u, v float64, jitter int) (mesh.Color, float64) {
				at := p.point.Add(p.u.Scale(u)).Add(p.v.Scale(v))
				if jitter < 0 {
					return addColor(sky, scaleColor(key, s.light.fall(at))), 1
				}
				near := 1 - smooth(begins, ends, at.Sub(s.centre).Len()/s.radius)
				return s.light.at(at, p.normal, 1, 0, jitter, near, s.away(at))
			})
	}
}

// away is the distance from a point to the box around the product, in radii.
func (s *scene) away(p mesh.Vec) float64 {
	gap := func(v, lo, hi float64) float64 { return max(0, lo-v, v-hi) }
	return mesh.Vec{X: gap(p.X, s.lo.X, s.hi.X), Y: gap(p.Y, s.lo.Y, s.hi.Y), Z: gap(p.Z, s.lo.Z, s.hi.Z)}.Len() / s.radius
}
