package studio

import (
	"math"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// camera is a pinhole. It always stands outside the sphere around the product, so
// every vertex lies before it and nothing needs clipping at a near plane.
type camera struct {
	eye                mesh.Vec
	right, up, forward mesh.Vec
	focal              float64 // in pixels
	cx, cy             float64 // where the forward axis meets the image
}

// minDistance keeps the camera off the product, in radii.
const minDistance = 1.25

// aim places the camera for a sphere; pixels are width x height (of the supersampled image).
func aim(s Shot, center mesh.Vec, radius float64, width, height int) camera {
	var c camera
	short := float64(min(width, height))
	c.focal = short / 2 / math.Tan(s.FieldOfView/2)
	// A sphere of radius r at distance d appears with the half angle asin(r/d).
	half := math.Atan(s.Fill * short / 2 / c.focal)
	distance := max(radius/math.Sin(half), minDistance*radius)
	toEye := direction(s.Azimuth, s.Elevation)
	c.eye = center.Add(toEye.Scale(distance))
	c.forward = toEye.Scale(-1)
	side := c.forward.Cross(mesh.Vec{Z: 1})
	if side.Len() < 1e-6 { // straight from above
		side = mesh.Vec{X: math.Cos(s.Azimuth), Y: math.Sin(s.Azimuth)}
	}
	right := side.Unit()
	up := right.Cross(c.forward)
	sin, cos := math.Sincos(s.Roll)
	c.right = right.Scale(cos).Add(up.Scale(sin))
	c.up = up.Scale(cos).Sub(right.Scale(sin))
	c.cx = float64(width) * (0.5 + s.OffsetX)
	c.cy = float64(height) * (0.5 + s.OffsetY)
	return c
}

// project returns a point's pixel and its depth along the forward axis.
func (c camera) project(p mesh.Vec) (x, y, depth float64) {
	d := p.Sub(c.eye)
	depth = d.Dot(c.forward)
	return c.cx + c.focal*d.Dot(c.right)/depth, c.cy - c.focal*d.Dot(c.up)/depth, depth
}

// ray returns the direction through a pixel, not of unit length: its forward part is 1.
func (c camera) ray(x, y float64) mesh.Vec {
	return c.forward.Add(c.right.Scale((x - c.cx) / c.focal)).Add(c.up.Scale((c.cy - y) / c.focal))
}
