package finetune

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/gopvs/product-visual-search/pvs/classify"
	"github.com/gopvs/product-visual-search/pvs/native"
)

// inMemory is a variable's values, to be read and changed where they are: in the machine's memory,
// to which they are brought if the last that used them was a program. It is good until the next
// one runs.
func (s *Session) inMemory(name string) (values []float32, err error) {
	v := s.store.GetVariable("/" + name)
	if v == nil {
		return nil, fmt.Errorf("there is no weight %s", name)
	}
	value, err := v.Value()
	if err == nil {
		err = tensors.MutableFlatData(value, func(flat []float32) { values = flat })
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", name, err)
	}
	return values, nil
}

// allInMemory is [Session.inMemory] for many.
func (s *Session) allInMemory(names []string) (map[string][]float32, error) {
	all := map[string][]float32{}
	for _, name := range names {
		values, err := s.inMemory(name)
		if err != nil {
			return nil, err
		}
		all[name] = values
	}
	return all, nil
}

// ofNetworkInMemory is that of all weights of the backbone.
func (s *Session) ofNetworkInMemory() (map[string][]float32, error) {
	var names []string
	for _, v := range s.config.Variables() {
		names = append(names, v.Name)
	}
	return s.allInMemory(names)
}

// trainedInMemory is weights with their moments, for a step of Adam without a program.
func (s *Session) trainedInMemory(weights []string) (map[string]native.Trained, error) {
	all := map[string]native.Trained{}
	for _, h := range s.hold(weights) {
		slots := moments(h.name)
		kept, err := s.allInMemory(slots[:])
		if err != nil {
			return nil, err
		}
		m, v := kept[slots[0]], kept[slots[1]]
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
