package studio

import "math"

// toneSteps of the square root of linear light, up to toneMost.
const (
	toneSteps = 2048
	toneMost  = 8.0
)

// tones is the curve of photos in rooms: some contrast in the middle, and a shoulder that
// keeps windows and lamps from being one white. It is a table since it is asked for every
// pixel.
var tones = func() (table [toneSteps + 2]float64) {
	for i := range table {
		x := float64(i) / toneSteps
		v := toneMost * x * x
		const shoulder = 0.62
		if v > shoulder {
			v = shoulder + (1-shoulder)*(1-math.Exp(-(v-shoulder)/(1-shoulder)))
		}
		s := srgb0(v)
		table[i] = s + 0.025*math.Sin(2*math.Pi*(s-0.5)) // a gentle S around the middle
	}
	return table
}()

// srgb0 encodes linear light (IEC 61966-2-1).
func srgb0(v float64) float64 {
	if v <= 0.0031308 {
		return 12.92 * max(0, v)
	}
	return 1.055*math.Pow(v, 1/2.4) - 0.055
}

// filmic encodes the light of a room for the screen.
func filmic(v float64) float64 {
	x := math.Sqrt(max(0, v)/toneMost) * toneSteps
	if x >= toneSteps {
		return tones[toneSteps]
	}
	i := int(x)
	return tones[i] + (tones[i+1]-tones[i])*(x-float64(i))
}
