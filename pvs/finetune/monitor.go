package finetune

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
)

// errBroken is a training whose losses or weights are NaN or infinite.
var errBroken = errors.New("the training has broken down")

// lower is the way out of it.
func lower(p Phase) string {
	return fmt.Sprintf("lower the learning rate of %g (the last checkpoint is kept)", p.LearningRate)
}

// broken says that a step, or the sum of some, which what names, has a figure that is NaN or infinite.
func broken(s Step, what string, p Phase) error {
	for _, v := range []float64{s.Loss(), s.LossSum, s.Correct, s.Pairs, s.Active, s.PositiveSum, s.NegativeSum} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the %s is %g: %w; %s", what, s.Loss(), errBroken, lower(p))
		}
	}
	return nil
}

// notFinite names a weight that has a value which is NaN or infinite, or "".
func notFinite(values map[string][]float32) string {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			if v-v != 0 { // of finite numbers it is 0
				return name
			}
		}
	}
	return ""
}

// window is over how many steps the loss is averaged to be judged.
const window = 50

// monitor watches a run's losses for what a person would want to know at once. Its
// state is part of the checkpoint.
type monitor struct {
	Sum     Step            `json:"sum"`    // of the window
	Losses  float64         `json:"losses"` // sum of the window's losses, each step alike
	Count   int             `json:"count"`
	First   float64         `json:"first"` // mean loss of the first window
	Best    float64         `json:"best"`  // lowest mean loss of a window
	Windows int             `json:"windows"`
	Said    map[string]bool `json:"said"`
}

// observe takes a step and returns a sentence when something has gone wrong, once for
// each kind; an error when there is no use in going on.
func (m *monitor) observe(p Phase, step, classes int, s Step) (warning string, err error) {
	if err := broken(s, fmt.Sprintf("loss of step %d", step+1), p); err != nil {
		return "", err
	}
	loss := s.Loss()
	m.Sum.Add(s)
	m.Losses += loss
	if m.Count++; m.Count < window {
		return "", nil
	}
	mean, sum := m.Losses/window, m.Sum
	m.Sum, m.Losses, m.Count = Step{}, 0, 0
	if m.Windows++; m.Windows == 1 {
		m.First, m.Best = mean, mean
	}
	defer func() { m.Best = min(m.Best, mean) }()
	say := func(kind, sentence string) string {
		if m.Said[kind] {
			return ""
		}
		if m.Said == nil {
			m.Said = map[string]bool{}
		}
		m.Said[kind] = true
		return sentence
	}
	switch {
	case p.Siamese() && sum.Pairs > 0 && math.Abs(mean-p.Margin) < 0.02*p.Margin && sum.MeanNegative() < 0.02*p.Margin:
		return say("collapse", fmt.Sprintf("collapse: the loss of %.4f is stuck at the margin of %g and all photos are "+
			"%.2g apart: the head maps everything to one point; lower the learning rate or the margin", mean, p.Margin,
			sum.MeanNegative())), nil
	case !p.Siamese() && m.Windows > 2 && mean > 2*m.Best && mean > 1.5*math.Log(float64(classes)):
		return say("diverging", fmt.Sprintf("diverging: the loss has risen from %.3g to %.3g, and guessing would give "+
			"%.3g; lower the learning rate of %g", m.Best, mean, math.Log(float64(classes)), p.LearningRate)), nil
	case p.Siamese() && m.Windows > 2 && mean > 1.2*m.First:
		return say("diverging", fmt.Sprintf("diverging: the loss has risen from %.3g to %.3g; lower the learning rate of %g",
			m.First, mean, p.LearningRate)), nil
	}
	return "", nil
}
