package optimize

import (
	"fmt"
	"maps"
	"slices"
)

// Average is an exponential moving average of weights (Polyak & Juditsky 1992; TensorFlow's
// ExponentialMovingAverage), which mostly generalises better than the weights of the last step. It is not for use
// by several goroutines at once.
type Average struct {
	decay   float64
	updates int
	values  Tensors
}

// NewAverage starts from the weights as they are. The decay, 0 to 1 (0.999 for thousands of steps), is how much of
// the average an update keeps; in the first ones less, (1 + n) / (10 + n) after n updates, so that it soon forgets
// the start.
func NewAverage(weights Tensors, decay float64) (*Average, error) {
	if !(decay >= 0 && decay < 1) {
		return nil, fmt.Errorf("a moving average with a decay of %g is none: take 0 to 1", decay)
	}
	values := maps.Clone(weights)
	for name, v := range values {
		values[name] = slices.Clone(v)
	}
	return &Average{decay: decay, values: values}, nil
}

// Update takes the weights after a step into the average. Other names or sizes are an error, and change nothing.
func (a *Average) Update(weights Tensors) error {
	names := sorted(a.values)
	if err := matches("the new value", a.values, weights, names); err != nil {
		return err
	}
	n := float64(a.updates)
	move := float32(1 - min(a.decay, (1+n)/(10+n)))
	a.updates++
	each(pieces(a.values, names), func(_ int, p piece) {
		average, now := a.values[p.name][p.from:p.to], weights[p.name][p.from:p.to]
		for i, w := range now {
			average[i] += move * (w - average[i])
		}
	})
	return nil
}

// Swap exchanges the weights and their average, to evaluate or save with the average; a second Swap puts
// both back. Other names or sizes are an error, and change nothing.
func (a *Average) Swap(weights Tensors) error {
	names := sorted(a.values)
	if err := matches("the weight", a.values, weights, names); err != nil {
		return err
	}
	each(pieces(a.values, names), func(_ int, p piece) {
		average, now := a.values[p.name][p.from:p.to], weights[p.name][p.from:p.to]
		for i := range now {
			average[i], now[i] = now[i], average[i]
		}
	})
	return nil
}

// State is what a checkpoint keeps: the average, its own until the next update, and the number of updates.
func (a *Average) State() (values Tensors, updates int) { return a.values, a.updates }

// Restore takes a state over, whose values it copies. One of other weights is an error, and changes nothing.
func (a *Average) Restore(values Tensors, updates int) error {
	if err := matches("the average", a.values, values, sorted(a.values)); err != nil {
		return err
	}
	if updates < 0 {
		return fmt.Errorf("an average of %d updates cannot be", updates)
	}
	a.updates = updates
	for name := range a.values {
		copy(a.values[name], values[name])
	}
	return nil
}
