package weights

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxNesting is how deep the weights may lie in dictionaries of a checkpoint; a
// dictionary can hold itself.
const maxNesting = 4

// saveCommand is how to save the weights, and nothing else, in Python.
const saveCommand = "torch.save(model.state_dict(), FILE)"

// tensorsOf turns a dictionary of views into tensors: that of the value itself, or of one
// of its entries, which the notes name. Storages are found by prefix and key. Views may
// overlap, so together they may have limit elements, no more.
func tensorsOf(value any, storages map[string][]byte, prefix string, limit int) (map[string]Tensor, []string, error) {
	d, notes, err := weightsIn(value)
	if err != nil {
		return nil, nil, err
	}
	tensors, err := d.tensors(storages, prefix, limit)
	return tensors, notes, err
}

var errNoDictionary = selfExplaining{errors.New("it does not hold a dictionary of tensors: save the weights with " +
	saveCommand)}

// weightsKeys are the entries of a checkpoint that hold a network's weights, the first one
// first: the moving average before what it is of, as timm takes them (load_state_dict in
// timm/models/_helpers.py), then what other programs call them.
var weightsKeys = []string{"state_dict_ema", "model_ema", "ema_state_dict", "ema_model", "params_ema", "ema",
	"state_dict", "model_state_dict", "model_state", "model", "net", "network",
	"weights", "params", "module", "backbone", "encoder"}

// weightsIn finds the dictionary with a network's weights.
func weightsIn(value any) (d *dict, notes []string, err error) {
	var taken []string
	for range maxNesting {
		if o, ok := value.(*object); ok && o.items != nil && !o.module() {
			value = o.items
		}
		switch v := value.(type) {
		case *object:
			return nil, nil, selfExplaining{v.refuse(taken)}
		case *dict:
			d = v
		default:
			return nil, nil, errNoDictionary
		}
		key, inner, others := d.inner()
		if key == "" {
			if len(taken) > 0 {
				notes = append([]string{"of its entries the weights are those of " + strings.Join(taken, ", in it ")}, notes...)
			}
			return d, notes, nil
		}
		if others != nil {
			notes = append(notes, fmt.Sprintf("it has several networks' weights, and %s was taken, not %s; save another alone "+
				"to use it", key, strings.Join(others, " or ")))
		}
		taken = append(taken, key)
		value = inner
	}
	return nil, nil, fmt.Errorf("its weights lie more than %d dictionaries deep", maxNesting)
}

// inner returns the entry of a checkpoint that holds the weights and the names of others
// that may; none if they are the dictionary's own.
func (d *dict) inner() (key string, inner any, others []string) {
	entries := map[string]any{}
	var order []string         // of the entries
	own, most := 0, ""         // the dictionary's tensors, and the entry to take
	counted := map[*dict]int{} // many entries may be the same dictionary
	count := func(v any) int {
		if o, ok := v.(*object); ok {
			if o.module() {
				return 1 // which is refused by its name
			}
			v = o.items
		}
		in, ok := v.(*dict)
		if !ok || in == nil {
			return 0
		}
		n, known := counted[in]
		if !known {
			n = in.views()
			counted[in] = n
		}
		return n
	}
	for i, k := range d.keys {
		name, ok := k.(string)
		if _, is := d.values[i].(view); is {
			own++
			continue
		}
		// What optimizers keep is as large as the weights, but none.
		if !ok || strings.Contains(strings.ToLower(name), "optim") || count(d.values[i]) == 0 &&
			!slices.Contains(weightsKeys, name) {
			continue
		}
		switch d.values[i].(type) {
		case *dict, *object:
			entries[name] = d.values[i]
			order = append(order, name)
		}
	}
	// Tensors are better than dictionaries that may have some in them, and those than what
	// must be refused.
	for _, good := range []func(v any) bool{
		func(v any) bool { return count(v) > 0 && !isModule(v) },
		func(v any) bool { return !isModule(v) },
		isModule,
	} {
		i := slices.IndexFunc(weightsKeys, func(name string) bool { v, ok := entries[name]; return ok && good(v) })
		if i >= 0 {
			most = weightsKeys[i]
			break
		}
	}
	if most == "" {
		for _, name := range order {
			if n := count(entries[name]); n > own && (most == "" || n > count(entries[most])) {
				most = name
			}
		}
	}
	if most == "" {
		return "", nil, nil
	}
	for _, name := range order {
		if name != most {
			others = append(others, name)
		}
	}
	return most, entries[most], others
}

// views counts the tensors of a dictionary.
func (d *dict) views() (n int) {
	for _, v := range d.values {
		if _, ok := v.(view); ok {
			n++
		}
	}
	return n
}

func isModule(v any) bool {
	o, ok := v.(*object)
	return ok && o.module()
}

// module says whether an object is a module of torch.nn.
func (o *object) module() bool {
	state, _ := o.state.(*dict)
	return state != nil && slices.Contains(state.keys, any("_modules")) && slices.Contains(state.keys, any("_parameters"))
}

// refuse returns the error of an object in place of weights; in is the path of entries to it.
func (o *object) refuse(in []string) error {
	class := strings.ReplaceAll(string(o.class), " ", ".")
	what, where := "an object", "it is"
	if o.module() {
		what = "a whole module"
	}
	if len(in) > 0 {
		where = "its entry " + strings.Join(in, ", in it ") + " is"
	}
	return fmt.Errorf("%s %s, pickled (%s), which only the code of its class can read: load it there and save its "+
		"state_dict, %s", where, what, class, saveCommand)
}

// tensors reads every view in the dictionary; other values are passed over.
func (d *dict) tensors(storages map[string][]byte, prefix string, limit int) (map[string]Tensor, error) {
	tensors := map[string]Tensor{}
	if d.views() == 0 {
		return nil, errNoDictionary
	}
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
	element := elementTypes[v.storage.kind]
	if v.storage.elements > len(raw)/element.size {
		return Tensor{}, fmt.Errorf("its storage has %d of %d numbers: the file is cut off", len(raw)/element.size,
			v.storage.elements)
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
		out = append(out, element.read(raw[at*element.size:]))
		for i := len(index) - 1; i >= 0; i-- {
			if index[i]++; index[i] < v.shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return Tensor{Shape: slices.Clone(v.shape), Data: out}, nil
}
