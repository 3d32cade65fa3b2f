package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// roomLight is the light of a room around one product: from all sides (the dome), from
// the window's parts, from the sun through its panes, and back from the floor.
// Values are relative: 1 makes a white surface look white.
type roomLight struct {
	room           *Room
	centre         mesh.Vec
	radius, floorZ float64
	dome           *dome
	domeColor      [domeSize]mesh.Color
	window         lights
	sun            *lightMap
	sunA, sunB     mesh.Vec
	bounce         mesh.Color // off the floor
	wall           mesh.Color
	intoWall       mesh.Vec // horizontal, towards the wall behind the product
	windowAt       mesh.Vec
	windowFar      float64
	windowSide     mesh.Vec // along its breadth
	windowUp       mesh.Vec
	offset         float64 // of look-ups off the surface, so that it does not shade itself
}

// lights are of parts of the window.
type lights []*lightMap

// facing is the mean cosine between a normal and the lights, of those before the surface.
func (l lights) facing(normal mesh.Vec) (sum float64) {
	for _, m := range l {
		sum += max(0, normal.Dot(m.toLight))
	}
	return sum / float64(len(l))
}

// mean is a finish's colour from afar.
func (f Finish) mean() mesh.Color {
	switch f.Pattern {
	case Plain, Panels:
		return f.Color
	}
	return mixColor(f.Color, f.Second, 0.35)
}

func newRoomLight(r *Room, d *dome, floorZ float64, intoWall mesh.Vec) *roomLight {
	l := &roomLight{room: r, centre: d.centre, radius: d.radius, floorZ: floorZ, dome: d, intoWall: intoWall,
		wall: r.Wall.mean(), offset: 1.4 * 2 * d.radius / domeSide}
	side := mesh.Vec{Z: 1}.Cross(r.Window).Unit()
	up := r.Window.Cross(side)
	l.windowSide, l.windowUp = side, up
	l.windowFar = max(2.6*d.radius, 180)
	l.windowAt = d.centre.Add(r.Window.Scale(l.windowFar))
	for i := range keyRow {
		for j := range keyColumn {
			// Rows are shifted against each other, so that edges of shadows do not fall together.
			x := (float64(j)+0.5+0.5*float64(i%2)-0.25)/keyColumn - 0.5
			y := (float64(i)+0.5)/keyRow - 0.5
			to := r.Window.Add(side.Scale(math.Tan(x * r.Breadth))).Add(up.Scale(math.Tan(y * r.Height)))
			to.Z = max(to.Z, 0.05)
			m := d.mapTo(to.Unit(), keySide)
			m.soften(0.5 * max(r.Breadth/keyColumn, r.Height/keyRow))
			l.window = append(l.window, m)
		}
	}
	if r.Sun != nil {
		l.sun = d.mapTo(r.Sun.Direction, sunSide)
		l.sunA = mesh.Vec{Z: 1}.Cross(r.Sun.Direction).Unit()
		l.sunB = r.Sun.Direction.Cross(l.sunA)
	}
	flat := mesh.Vec{X: r.Window.X, Y: r.Window.Y}.Unit()
	tinted := mixColor(mesh.Color{R: 1, G: 1, B: 1}, scaleColor(l.wall, 1/0.75), 0.45)
	for i, m := range d.maps {
		c := scaleColor(r.Sky, 0.72+0.42*m.toLight.Z+0.4*m.toLight.Dot(flat))
		byWall := smooth(-0.2, 0.7, m.toLight.Dot(intoWall))
		l.domeColor[i] = mulColor(c, mixColor(mesh.Color{R: 1, G: 1, B: 1}, tinted, byWall))
	}
	floor := r.Floor.mean()
	if r.Rug != nil {
		floor = r.Rug.mean()
	}
	level := 0.9*r.Sky.G + 0.7*r.Daylight.G*r.Window.Z
	l.bounce = scaleColor(floor, level)
	return l
}

// jitters are offsets of look-ups in texels, well spread.
var jitters = func() (list [16][2]float64) {
	for i := range list {
		x := math.Mod(float64(i)*0.7548776662, 1) // Roberts' sequence
		y := math.Mod(float64(i)*0.5698402910, 1)
		list[i] = [2]float64{2 * (x - 0.5), 2 * (y - 0.5)}
	}
	return list
}()

// at returns the light that a point with a normal gets from all but the sun, and which
// share of the sky it sees. Of the directions every stride-th is looked up, from the phase
// on; pixel chooses the jitter. Near says how much the product can shade the point, and
// away, for points of planes, how far it is in radii; it is negative for points of the product.
func (l *roomLight) at(p, normal mesh.Vec, stride, phase, pixel int, near, away float64) (mesh.Color, float64) {
	var light mesh.Color
	reaches := func(m *lightMap, from mesh.Vec, k int) float64 {
		j := &jitters[(pixel+5*k)&15]
		if away >= 0 {
			return 1 - near*m.shadow(p, away, j)
		}
		return m.lit(from, j)
	}
	from := p.Add(normal.Scale(l.offset))
	var all, seen float64
	for k := phase; k < domeSize; k += stride {
		m := l.dome.maps[k]
		c := normal.Dot(m.toLight)
		if c <= 0 {
			continue
		}
		all += c
		if near > 0 {
			c *= reaches(m, from, k)
		}
		seen += c
		d := &l.domeColor[k]
		light.R, light.G, light.B = light.R+d.R*c, light.G+d.G*c, light.B+d.B*c
	}
	light = scaleColor(light, 2*float64(stride)/domeSize)
	open := 1.0
	if all > 0 {
		open = seen / all
	}
	// What comes back from the floor is dark where the product keeps the sky from it.
	if below := 0.5 - 0.5*normal.Z; below > 0 {
		back := l.bounce
		if away >= 0 && normal.Z < -0.5 { // a ceiling gets light from the walls as well
			back = mixColor(back, scaleColor(l.room.Sky, 1.1), 0.6)
		}
		height := 1.0
		if l.room.Below == 0 {
			height = smooth(-0.5, 1.2, (p.Z-l.floorZ)/max(1, 0.5*l.radius))
		}
		light = addColor(light, scaleColor(back, below*(0.25+0.75*open)*(0.45+0.55*height)))
	}
	key := 0.0
	for k := phase; k < len(l.window); k += stride {
		m := l.window[k]
		c := normal.Dot(m.toLight)
		if c <= 0 {
			continue
		}
		if near > 0 {
			c *= reaches(m, from, k)
		}
		key += c
	}
	light = addColor(light, scaleColor(l.room.Daylight, key*l.fall(p)*float64(stride)/float64(len(l.window))))
	return light, open
}

// fall is how much stronger the window's light is at a point than at the product.
func (l *roomLight) fall(p mesh.Vec) float64 {
	d := l.windowAt.Sub(p)
	return min(1.6, l.windowFar*l.windowFar/d.Dot(d))
}

// sunAt is the light of the sun that comes through the panes.
func (l *roomLight) sunAt(p, normal mesh.Vec, pixel int) mesh.Color {
	if l.sun == nil {
		return mesh.Color{}
	}
	c := normal.Dot(l.room.Sun.Direction)
	if c <= 0 {
		return mesh.Color{}
	}
	pane := l.pane(p)
	if pane == 0 {
		return mesh.Color{}
	}
	from := p.Add(normal.Scale(l.offset))
	lit := 0.0
	for k := range 4 {
		lit += l.sun.lit(from, &jitters[(pixel+5*k)&15])
	}
	return scaleColor(l.room.Sun.Color, c*pane*lit/4)
}

// pane tells how much of the sun comes through the window's panes: two columns, three rows.
func (l *roomLight) pane(p mesh.Vec) float64 {
	d := p.Sub(l.centre)
	size := l.room.Pane * l.radius
	u, v := d.Dot(l.sunA)/size+l.room.PaneAt[0], d.Dot(l.sunB)/size+l.room.PaneAt[1]
	if u < -1 || u > 1 || v < -1.5 || v > 1.5 {
		return 0
	}
	bar := func(x float64) float64 {
		x -= math.Floor(x)
		return smooth(0.04, 0.075, min(x, 1-x))
	}
	return bar(u) * bar(v+0.5)
}

// mirror is what a surface shows of the room in a direction; rough blurs it.
func (l *roomLight) mirror(d mesh.Vec, rough float64) mesh.Color {
	soft := 0.06 + 0.5*rough
	sky := scaleColor(l.room.Sky, 0.65+0.45*d.Z)
	walls := mulColor(mixColor(l.wall, mesh.Color{R: 0.7, G: 0.7, B: 0.7}, 0.4), scaleColor(sky, 1.15))
	c := mixColor(walls, scaleColor(sky, 1.1), smooth(0.35, 0.75+soft, d.Z))
	c = mixColor(scaleColor(l.bounce, 0.9), c, smooth(-0.12-soft, 0.08+soft, d.Z))
	if toWindow := d.Dot(l.room.Window); toWindow > 0.2 {
		x := math.Abs(math.Atan2(d.Dot(l.windowSide), toWindow)) - l.room.Breadth/2
		y := math.Abs(math.Atan2(d.Dot(l.windowUp), toWindow)) - l.room.Height/2
		inside := (1 - smooth(-soft, soft, x)) * (1 - smooth(-soft, soft, y))
		// A rough surface spreads the same light wider.
		spread := l.room.Breadth * l.room.Height / ((l.room.Breadth + soft) * (l.room.Height + soft))
		c = addColor(c, scaleColor(l.room.Daylight, min(6, 2.6/(l.room.Breadth*l.room.Height))*inside*spread))
	}
	return c
}

// shade is a surface's colour under the room's light, with reflections after Fresnel in
// Schlick's form (1994).
func (l *roomLight) shade(p surface, base mesh.Color, toEye mesh.Vec, light mesh.Color, open float64) mesh.Color {
	m := p.material
	rough := math.Sqrt(2 / (2 + max(1, m.Shininess)))
	facing := max(0, p.normal.Dot(toEye))
	grazing := 1 - facing
	grazing *= grazing * grazing * grazing * grazing
	body := mulColor(base, light)
	if m.Specular > 0 {
		reflected := l.mirror(p.normal.Scale(2*p.normal.Dot(toEye)).Sub(toEye), rough)
		reflected = scaleColor(reflected, 0.35+0.65*open)
		fresnel := m.Specular * (0.045 + (1-rough)*0.8*grazing)
		plain := addColor(scaleColor(body, 1-fresnel), scaleColor(reflected, fresnel))
		if m.Metallic > 0 {
			metal := mulColor(mixColor(base, mesh.Color{R: 0.8, G: 0.8, B: 0.8}, 0.35),
				addColor(scaleColor(reflected, 0.85), scaleColor(light, 0.2)))
			plain = mixColor(plain, metal, m.Metallic)
		}
		body = plain
	}
	return addColor(body, scaleColor(base, m.Emission*1.3))
}
