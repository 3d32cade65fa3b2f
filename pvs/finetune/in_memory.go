package finetune

import (
	"cmp"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// inMemory is variables' values where they are in the machine's memory, by name.
type inMemory map[string][]float32

// access is [tensors.MutableFlatData] or [tensors.ConstFlatData].
type access func(value *tensors.Tensor, use func(flat []float32)) error

// withInMemory brings variables' values to the machine's memory, if the last that used them was a program,
// for work to read, and with [tensors.MutableFlatData] to write. GoMLX lends a tensor's values to a function
// until it returns, and locks the tensor meanwhile: so each variable's function calls the next one's, and the
// innermost one work, which has all of them at once. Work runs no program, which would wait for the locks, and
// keeps no values. With an error it has not been called, or the error is its own.
func (s *Session) withInMemory(get access, names []string, work func(inMemory) error) error {
	all := inMemory{}
	var next func(i int) error
	next = func(i int) error {
		if i == len(names) {
			return work(all)
		}
		value, err := s.value(names[i])
		if err != nil {
			return err
		}
		var inner error
		err = get(value, func(flat []float32) {
			all[names[i]] = flat
			inner = next(i + 1)
		})
		if err != nil {
			err = fmt.Errorf("reading %s: %w", names[i], err)
		}
		return cmp.Or(inner, err)
	}
	return next(0)
}

// names are those of variables.
func names(variables []effnet.Variable) []string {
	all := make([]string, len(variables))
	for i, v := range variables {
		all[i] = v.Name
	}
	return all
}

// slots are the names of the moments of weights that are updated in one vector.
func (s *Session) slots(weights []string) []string {
	var all []string
	for _, h := range s.hold(weights) {
		of := moments(h.name)
		all = append(all, of[:]...)
	}
	return all
}

// trained is weights with their moments, for a step of Adam without a program.
func (s *Session) trained(values inMemory, weights []string) map[string]cpu.Trained {
	all := map[string]cpu.Trained{}
	for _, h := range s.hold(weights) {
		slots := moments(h.name)
		m, v := values[slots[0]], values[slots[1]]
		for i, name := range h.weights {
			n := h.sizes[i]
			all[name] = cpu.Trained{Weights: values[name], M: m[:n:n], V: v[:n:n]}
			m, v = m[n:], v[n:]
		}
	}
	return all
}

// adam is the next step.
func (s *Session) adam() cpu.Adam {
	return cpu.Adam{StepSize: s.stepSize(), OneMinusBeta1: 1 - beta1, OneMinusBeta2: 1 - beta2, Epsilon: epsilon}
}

// move is [Session.move] without a program.
func (m inMemory) move(name string, batch []float32) {
	values := m[name]
	for i, v := range batch {
		values[i] += (v - values[i]) * (1 - classify.Momentum)
	}
}
