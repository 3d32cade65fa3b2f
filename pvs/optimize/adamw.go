package optimize

import (
	"fmt"
	"math"
	"slices"
)

// Options are AdamW's. The zero value is the paper's and PyTorch's.
type Options struct {
	// Beta1 and Beta2 are how much of a step's gradient moments keep. 0: 0.9 and 0.999.
	Beta1, Beta2 float64
	// Epsilon is added to the root of the second moment. 0: 1e-8.
	Epsilon float64
}

// Group are weights that train alike. BatchNorms and biases mostly go in one without weight decay, and a
// trained backbone in one of a smaller learning rate than a new head's.
type Group struct {
	Names        []string
	LearningRate float64 // above 0; times the schedule's factor
	WeightDecay  float64 // 0: none; PyTorch's default is 0.01
}

// AdamW is Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), as torch.optim.AdamW has it:
// a weight w loses lr * decay * w, then lr * m / (sqrt(v) + epsilon), with both moments m and v corrected
// for their start at 0. It is not for use by several goroutines at once.
type AdamW struct {
	opts    Options
	groups  []Group
	weights Tensors
	m, v    Tensors
	steps   int
}

// NewAdamW trains the groups' weights where they are; others of weights stay as they are.
func NewAdamW(weights Tensors, o Options, groups ...Group) (*AdamW, error) {
	if o.Beta1 == 0 {
		o.Beta1 = 0.9
	}
	if o.Beta2 == 0 {
		o.Beta2 = 0.999
	}
	if o.Epsilon == 0 {
		o.Epsilon = 1e-8
	}
	share := func(x float64) bool { return x > 0 && x < 1 }
	if !share(o.Beta1) || !share(o.Beta2) || !(o.Epsilon > 0) || math.IsInf(o.Epsilon, 0) {
		return nil, fmt.Errorf("AdamW takes betas between 0 and 1 and an epsilon above 0, not %g, %g and %g",
			o.Beta1, o.Beta2, o.Epsilon)
	}
	a := &AdamW{opts: o, weights: weights, m: Tensors{}, v: Tensors{}}
	for i, g := range groups {
		if !(g.LearningRate > 0) || math.IsInf(g.LearningRate, 0) || !(g.WeightDecay >= 0) ||
			math.IsInf(g.WeightDecay, 0) {
			return nil, fmt.Errorf("group %d takes a learning rate above 0 and a weight decay of 0 or more, not %g and %g",
				i, g.LearningRate, g.WeightDecay)
		}
		for _, name := range g.Names {
			values, ok := weights[name]
			if !ok {
				return nil, fmt.Errorf("group %d names %s, but there is no such weight", i, name)
			}
			if a.m[name] != nil {
				return nil, fmt.Errorf("weight %s is named twice, the second time in group %d", name, i)
			}
			a.m[name], a.v[name] = make([]float32, len(values)), make([]float32, len(values))
		}
		g.Names = slices.Clone(g.Names)
		a.groups = append(a.groups, g)
	}
	return a, nil
}

// Step changes the weights by their gradients; factor is the schedule's. Gradients of weights in no group are
// not looked at. A missing gradient or one of another size is an error, and changes nothing.
func (a *AdamW) Step(gradients Tensors, factor float64) error {
	if !(factor >= 0) || math.IsInf(factor, 0) {
		return fmt.Errorf("a learning rate times %g is not a number of 0 or more", factor)
	}
	for _, g := range a.groups {
		if err := matches("the gradient", a.weights, gradients, g.Names); err != nil {
			return err
		}
	}
	a.steps++
	o := a.opts
	first := 1 - math.Pow(o.Beta1, float64(a.steps))
	second := math.Sqrt(1 - math.Pow(o.Beta2, float64(a.steps)))
	for _, g := range a.groups {
		learningRate := g.LearningRate * factor
		decay, stepSize := float32(learningRate*g.WeightDecay), float32(learningRate/first)
		b1, b2, epsilon := float32(o.Beta1), float32(o.Beta2), float32(o.Epsilon)
		c1, c2, root := float32(1-o.Beta1), float32(1-o.Beta2), float32(1/second)
		each(pieces(a.weights, g.Names), func(_ int, p piece) {
			w, dw := a.weights[p.name][p.from:p.to], gradients[p.name][p.from:p.to]
			m, v := a.m[p.name][p.from:p.to], a.v[p.name][p.from:p.to]
			for i, d := range dw {
				m[i] = b1*m[i] + c1*d
				v[i] = b2*v[i] + c2*d*d
				w[i] -= decay*w[i] + stepSize*m[i]/(float32(math.Sqrt(float64(v[i])))*root+epsilon)
			}
		})
	}
	return nil
}

// State is what a checkpoint keeps of AdamW. Its tensors are AdamW's own: read them before the next step.
type State struct {
	Steps         int
	First, Second Tensors // moments of each trained weight
}

// State returns the moments and the number of steps.
func (a *AdamW) State() State { return State{a.steps, a.m, a.v} }

// Restore takes a state over, whose values it copies. One of other weights is an error, and changes nothing.
func (a *AdamW) Restore(s State) error {
	for _, g := range a.groups {
		if err := matches("the first moment", a.weights, s.First, g.Names); err != nil {
			return err
		}
		if err := matches("the second moment", a.weights, s.Second, g.Names); err != nil {
			return err
		}
	}
	if s.Steps < 0 {
		return fmt.Errorf("a state after %d steps cannot be", s.Steps)
	}
	a.steps = s.Steps
	for name := range a.m {
		copy(a.m[name], s.First[name])
		copy(a.v[name], s.Second[name])
	}
	return nil
}
