package optimize

import "math"

// Cosine is a learning rate that rises evenly in WarmUp steps (Goyal et al. 2017, section 2.2) and then falls
// along half a cosine to Final (Loshchilov & Hutter 2017, eq. 5, without restarts).
type Cosine struct {
	Steps  int     // of the whole training
	WarmUp int     // steps of them
	Final  float64 // the share of the learning rate at the end
}

// Factor is what multiplies learning rates in a step, counted from 0: (step + 1) / WarmUp at first, 1 in the first
// step after it. It would be Final in the step after the last one, and stays so.
func (c Cosine) Factor(step int) float64 {
	if step < c.WarmUp {
		return float64(step+1) / float64(c.WarmUp)
	}
	if step >= c.Steps {
		return c.Final
	}
	done := float64(step-c.WarmUp) / float64(c.Steps-c.WarmUp)
	return c.Final + (1-c.Final)*(1+math.Cos(math.Pi*done))/2
}
