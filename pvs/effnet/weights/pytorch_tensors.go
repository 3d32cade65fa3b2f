package weights

import (
	"errors"
	"fmt"
	"slices"
)

// maxNesting is how deep the weights may lie in dictionaries of a checkpoint; a
// dictionary can hold itself.
const maxNesting = 4

// tensorsOf turns a dictionary of views into tensors. A dictionary in it under
// "state_dict" or "model" is taken in its place. Storages are found by prefix and
// key. Views may overlap, so together they may have limit elements, no more.
func tensorsOf(value any, storages map[string][]byte, prefix string, limit int) (map[string]Tensor, error) {
	d, ok := value.(*dict)
	for range maxNesting {
		if !ok {
			return nil, errors.New("it does not hold a dictionary of tensors")
		}
		inner := d.inner()
		if inner == nil {
			return d.tensors(storages, prefix, limit)
		}
		d = inner
	}
	return nil, fmt.Errorf("its weights lie more than %d dictionaries deep", maxNesting)
}

// inner is the dictionary that holds a checkpoint's weights, nil if it is d itself.
func (d *dict) inner() *dict {
	for i, k := range d.keys {
		if inner, ok := d.values[i].(*dict); ok && (k == "state_dict" || k == "model") {
			return inner
		}
	}
	return nil
}

// tensors reads every view in the dictionary; other values are passed over.
func (d *dict) tensors(storages map[string][]byte, prefix string, limit int) (map[string]Tensor, error) {
	tensors := map[string]Tensor{}
	for i, k := range d.keys {
		v, ok := d.values[i].(view)
		if !ok {
			continue
		}
		name, ok := k.(string)
		if !ok {
			return nil, errors.New("the pickle is damaged: a tensor's name is not a string")
		}
		t, err := v.read(storages[prefix+v.storage.key], limit)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		limit -= len(t.Data)
		tensors[name] = t
	}
	return tensors, nil
}

// read copies a view's values in row-major order.
func (v view) read(raw []byte, limit int) (Tensor, error) {
	number := numbers[v.storage.kind]
	if v.storage.elements > len(raw)/number.size {
		return Tensor{}, fmt.Errorf("its storage has %d of %d numbers: the file is cut off", len(raw)/number.size, v.storage.elements)
	}
	n, ok := elements(v.shape, v.storage.elements)
	if !ok {
		return Tensor{}, fmt.Errorf("its shape %v is larger than its storage", v.shape)
	}
	if n > limit {
		return Tensor{}, errors.New("it and the tensors before it have more values than the file has bytes")
	}
	out := make([]float32, 0, n)
	index := make([]int, len(v.shape))
	for range n {
		at := v.offset
		for i, x := range index {
			at += x * v.strides[i]
		}
		if at < 0 || at >= v.storage.elements {
			return Tensor{}, fmt.Errorf("it reaches beyond its storage of %d elements", v.storage.elements)
		}
		out = append(out, number.at(raw[at*number.size:]))
		for i := len(index) - 1; i >= 0; i-- {
			if index[i]++; index[i] < v.shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return Tensor{Shape: slices.Clone(v.shape), Data: out}, nil
}
