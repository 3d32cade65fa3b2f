package finetune

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// inMemory is a variable's values, to be read and changed where they are: in the machine's memory,
// to which they are brought if the last that used them was a program. It is good until the next
// one runs.
func (s *Session) inMemory(name string) (values []float32, err error) {
	value, err := s.value(name)
	if err != nil {
		return nil, err
	}
	if err := tensors.MutableFlatData(value, func(flat []float32) { values = flat }); err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return values, nil
}

// allInMemory is [Session.inMemory] for many.
func (s *Session) allInMemory(variables []effnet.Variable) (map[string][]float32, error) {
	all := map[string][]float32{}
	for _, v := range variables {
		values, err := s.inMemory(v.Name)
		if err != nil {
			return nil, err
		}
		all[v.Name] = values
	}
	return all, nil
}

// trainedInMemory is weights with their moments, for a step of Adam without a program.
func (s *Session) trainedInMemory(weights []string) (map[string]native.Trained, error) {
	all := map[string]native.Trained{}
	for _, h := range s.hold(weights) {
		slots := moments(h.name)
		m, err := s.inMemory(slots[0])
		if err != nil {
			return nil, err
		}
		v, err := s.inMemory(slots[1])
		if err != nil {
			return nil, err
		}
		for _, name := range h.weights {
			values, err := s.inMemory(name)
			if err != nil {
				return nil, err
			}
			n := len(values)
			all[name] = native.Trained{Weights: values, M: m[:n], V: v[:n]}
			m, v = m[n:], v[n:]
		}
	}
	return all, nil
}

// adam is the next step.
func (s *Session) adam() native.Adam {
	return native.Adam{Rate: s.rate(), Mean: 1 - beta1, Square: 1 - beta2, Epsilon: epsilon}
}

// moveInMemory is move without a program.
func (s *Session) moveInMemory(name string, batch []float32) error {
	values, err := s.inMemory(name)
	if err != nil {
		return err
	}
	for i, v := range batch {
		values[i] += (v - values[i]) * (1 - classify.Momentum)
	}
	return nil
}
