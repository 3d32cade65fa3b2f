package finetune

import (
	"fmt"
	"math"
)

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
	loss := s.Loss()
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return "", fmt.Errorf("the loss of step %d is %g: the training has broken down; lower the learning rate of %g (the last checkpoint is kept)", step+1, loss, p.LearningRate)
	}
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
		return say("collapse", fmt.Sprintf("collapse: the loss of %.4f is stuck at the margin of %g and all photos are %.2g apart: the head maps everything to one point; lower the learning rate or the margin", mean, p.Margin, sum.MeanNegative())), nil
	case !p.Siamese() && m.Windows > 2 && mean > 2*m.Best && mean > 1.5*math.Log(float64(classes)):
		return say("diverging", fmt.Sprintf("diverging: the loss has risen from %.3g to %.3g, and guessing would give %.3g; lower the learning rate of %g", m.Best, mean, math.Log(float64(classes)), p.LearningRate)), nil
	case p.Siamese() && m.Windows > 2 && mean > 1.2*m.First:
		return say("diverging", fmt.Sprintf("diverging: the loss has risen from %.3g to %.3g; lower the learning rate of %g", m.First, mean, p.LearningRate)), nil
	}
	return "", nil
}
