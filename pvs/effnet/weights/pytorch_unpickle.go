package weights

import (
	"errors"
	"fmt"
)

// storageKinds maps torch's storage classes to number types.
var storageKinds = map[global]string{
	"torch FloatStorage": "F32", "torch DoubleStorage": "F64", "torch HalfStorage": "F16", "torch BFloat16Storage": "BF16",
	"torch LongStorage": "I64", "torch IntStorage": "I32", "torch ShortStorage": "I16", "torch CharStorage": "I8",
	"torch ByteStorage": "U8", "torch BoolStorage": "BOOL",
}

// call evaluates the calls that weights need: of tensors, parameters, dictionaries and
// storages. Every other call returns an object that is not looked into.
func (u *unpickler) call(op byte) error {
	argument, err := u.pop()
	if err != nil {
		return err
	}
	if op == 'Q' {
		return u.persistent(argument)
	}
	if op == 0x92 { // NEWOBJ_EX: class, arguments, arguments by name
		if argument, err = u.pop(); err != nil {
			return err
		}
	}
	function, err := u.pop()
	if err != nil {
		return err
	}
	if op == 'b' { // BUILD sets attributes, which weights do not have
		if o, ok := function.(*object); ok {
			o.state = argument
		}
		u.push(function)
		return nil
	}
	args, _ := argument.(tuple)
	name, ok := function.(global)
	if !ok {
		if _, made := function.(*object); made { // a method of something, or what a function returned
			u.push(&object{class: "of another object"})
			return nil
		}
		return fmt.Errorf("the pickle is damaged: it calls a value at byte %d", u.pos)
	}
	switch name {
	case "collections OrderedDict", "collections defaultdict", "collections Counter", "builtins dict", "__builtin__ dict":
		d, err := u.dictOf(args)
		u.push(d)
		return err
	case "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor":
		v, err := viewOf(args)
		u.push(v)
		return err
	case "torch._utils _rebuild_tensor_v3":
		v, err := typedViewOf(args)
		u.push(v)
		return err
	case "torch._utils _rebuild_parameter", "torch._utils _rebuild_parameter_with_state":
		if len(args) == 0 {
			return errors.New("the pickle is damaged: a parameter without a tensor")
		}
		u.push(args[0])
	case "torch Size":
		u.push(args)
	case "copyreg _reconstructor", "copy_reg _reconstructor":
		o := &object{}
		if len(args) > 0 {
			o.class, _ = args[0].(global)
		}
		u.push(o)
	default:
		u.push(&object{class: name})
	}
	return nil
}

// persistent pushes what torch keeps outside of the pickle: a storage, or with old whole
// modules the class of one beside its source.
func (u *unpickler) persistent(id any) error {
	if t, _ := id.(tuple); len(t) > 1 && t[0] == "module" {
		u.push(t[1])
		return nil
	}
	s, err := storageOf(id)
	u.push(s)
	u.storages[s.key] = s
	return err
}

// dictOf makes a dictionary of its arguments, a list of keys with their values. The same
// list may stand for many: all together copy no more items than the program has bytes.
func (u *unpickler) dictOf(args tuple) (*dict, error) {
	d := &dict{}
	for _, arg := range args {
		l, _ := arg.(*list)
		if l == nil {
			continue // defaultdict's function
		}
		if u.copied += len(l.items); u.copied > len(u.data) {
			return d, errors.New("the pickle is damaged: it makes more than it holds")
		}
		for _, item := range l.items {
			switch pair := item.(type) {
			case tuple:
				d.add(pair[:min(2, len(pair))])
			case *list:
				d.add(pair.items[:min(2, len(pair.items))])
			}
		}
	}
	return d, nil
}

// storageOf reads ("storage", class, key, location, elements[, view]).
func storageOf(v any) (s storageID, err error) {
	t, _ := v.(tuple)
	if len(t) < 5 || t[0] != "storage" {
		return s, errors.New("the pickle is damaged: a storage is not described as torch does")
	}
	class, _ := t[1].(global)
	key, ok1 := t[2].(string)
	n, ok2 := t[4].(int)
	s = storageID{kind: storageKinds[class], key: key, elements: n}
	if class == "torch.storage UntypedStorage" {
		s.kind = "U8" // the tensor says of what its bytes are
	}
	if s.kind == "" {
		return s, fmt.Errorf("storages of class %q are not read", string(class))
	}
	if !ok1 || !ok2 || n < 0 {
		return s, errors.New("the pickle is damaged: a storage without key and size")
	}
	return s, nil
}

// viewOf reads the arguments (storage, offset, shape, strides, ...).
func viewOf(args tuple) (v view, err error) {
	if len(args) < 4 {
		return v, errors.New("the pickle is damaged: a tensor without storage, offset, shape and strides")
	}
	var ok1, ok2 bool
	v.storage, ok1 = args[0].(storageID)
	v.offset, ok2 = args[1].(int)
	shape, ok3 := integers(args[2])
	strides, ok4 := integers(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(shape) != len(strides) || v.offset < 0 {
		return v, errors.New("the pickle is damaged: a tensor without storage, offset, shape and strides")
	}
	v.shape, v.strides = shape, strides
	return v, nil
}

// typedViewOf reads the arguments (storage of bytes, offset, shape, strides, gradient, hooks,
// type, ...).
func typedViewOf(args tuple) (v view, err error) {
	if v, err = viewOf(args); err != nil {
		return v, err
	}
	if len(args) < 7 {
		return v, errors.New("the pickle is damaged: a tensor without its type")
	}
	dtype, _ := args[6].(global)
	kind := typeKinds[dtype]
	if kind == "" {
		return v, fmt.Errorf("tensors of type %q are not read", string(dtype))
	}
	v.storage.kind, v.storage.elements = kind, v.storage.elements/elementTypes[kind].size
	return v, nil
}

// typeKinds maps torch's types to number types.
var typeKinds = map[global]string{
	"torch float32": "F32", "torch float64": "F64", "torch float16": "F16", "torch bfloat16": "BF16", "torch int64": "I64",
	"torch int32": "I32",
	"torch int16": "I16", "torch int8": "I8", "torch uint8": "U8", "torch uint16": "U16", "torch uint32": "U32",
	"torch uint64": "U64", "torch bool": "BOOL",
}

func integers(v any) ([]int, bool) {
	t, ok := v.(tuple)
	out := make([]int, len(t))
	for i, x := range t {
		n, isInt := x.(int)
		ok = ok && isInt && n >= 0
		out[i] = n
	}
	return out, ok
}
