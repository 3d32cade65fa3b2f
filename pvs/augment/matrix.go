package augment

import "math"

// matrix is a projective map of the plane, row by row: (x, y) goes to (m0 x + m1 y + m2, m3 x + m4 y + m5) divided by
// m6 x + m7 y + m8. In normalised coordinates a square is -1..1 across and down.
type matrix [9]float64

var identity = matrix{1, 0, 0, 0, 1, 0, 0, 0, 1}

// after is the map that does first and then m.
func (m matrix) after(first matrix) (out matrix) {
	for r := range 3 {
		for c := range 3 {
			for k := range 3 {
				out[3*r+c] += m[3*r+k] * first[3*k+c]
			}
		}
	}
	return out
}

// at maps a point.
func (m matrix) at(x, y float64) (float64, float64) {
	w := m[6]*x + m[7]*y + m[8]
	return (m[0]*x + m[1]*y + m[2]) / w, (m[3]*x + m[4]*y + m[5]) / w
}

// scale is by how much lengths grow at the middle of -1..1: the root of the Jacobian's determinant.
func (m matrix) scale() float64 {
	x, y := m.at(0, 0)
	w := m[8]
	dxx, dxy, dyx, dyy := m[0]-x*m[6], m[1]-x*m[7], m[3]-y*m[6], m[4]-y*m[7]
	return math.Sqrt(math.Abs(dxx*dyy-dxy*dyx)) / math.Abs(w)
}

// scaled scales about the middle and then shifts.
func scaled(sx, sy, dx, dy float64) matrix { return matrix{sx, 0, dx, 0, sy, dy, 0, 0, 1} }

// rotated turns counter-clockwise what is seen, as views A3 to A5 do.
func rotated(degrees float64) matrix {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	switch degrees { // exact
	case 90:
		sin, cos = 1, 0
	case 180:
		sin, cos = 0, -1
	case 270:
		sin, cos = -1, 0
	}
	return matrix{cos, -sin, 0, sin, cos, 0, 0, 0, 1}
}

// tilted looks aslant.
func tilted(across, down float64) matrix { return matrix{1, 0, 0, 0, 1, 0, across, down, 1} }
