package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
)

// storageKinds maps torch's storage classes to number types.
var storageKinds = map[global]string{
	"torch FloatStorage": "F32", "torch DoubleStorage": "F64", "torch HalfStorage": "F16", "torch BFloat16Storage": "BF16",
	"torch LongStorage": "I64", "torch IntStorage": "I32", "torch ShortStorage": "I16", "torch CharStorage": "I8",
	"torch ByteStorage": "U8", "torch BoolStorage": "BOOL",
}

// call gives meaning to the four things that weights need: tensors, parameters,
// ordered dictionaries and storages. Everything else is refused by its name.
func (u *unpickler) call(op byte) error {
	argument, err := u.pop()
	if err != nil {
		return err
	}
	if op == 'Q' {
		s, err := storageOf(argument)
		u.push(s)
		u.storages[s.key] = s
		return err
	}
	function, err := u.pop()
	if err != nil {
		return err
	}
	if op == 'b' { // BUILD sets attributes, which weights do not have
		u.push(function)
		return nil
	}
	args, _ := argument.(tuple)
	name, ok := function.(global)
	if !ok {
		return fmt.Errorf("the pickle is damaged: it calls a value at byte %d", u.pos)
	}
	switch name {
	case "collections OrderedDict":
		u.push(&dict{})
	case "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor":
		v, err := viewOf(args)
		u.push(v)
		return err
	case "torch._utils _rebuild_parameter":
		if len(args) == 0 {
			return errors.New("the pickle is damaged: a parameter without a tensor")
		}
		u.push(args[0])
	case "torch Size":
		u.push(args)
	default:
		return fmt.Errorf("the pickle wants to call %q, which is refused: save the weights alone (torch.save(model.state_dict(), ...))", string(name))
	}
	return nil
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

// parsePyTorch reads what torch.save wrote: since PyTorch 1.6 a zip archive with a
// pickle and one member a storage, before that four pickles and the storages in a row.
func parsePyTorch(data []byte) (map[string]Tensor, error) {
	if bytes.HasPrefix(data, []byte("PK")) {
		return parseZip(data)
	}
	u := &unpickler{data: data, storages: map[string]storageID{}}
	var value any
	for i := range 5 { // magic number, protocol, system, the object, the storages' keys
		v, err := u.load()
		if err != nil {
			return nil, err
		}
		switch i {
		case 3:
			value = v
		case 4:
			keys, ok := v.(*list)
			if !ok {
				return nil, errors.New("its list of storages is missing")
			}
			storages, err := legacyStorages(u, keys)
			if err != nil {
				return nil, err
			}
			return tensorsOf(value, storages, "")
		}
	}
	return nil, nil // not reached
}

// legacyStorages finds the bytes of each storage behind the pickles: in the order of
// the keys, the number of elements as 8 bytes and the elements.
func legacyStorages(u *unpickler, keys *list) (map[string][]byte, error) {
	found := map[string][]byte{}
	for _, k := range keys.items {
		key, _ := k.(string)
		s, ok := u.storages[key]
		if !ok {
			return nil, fmt.Errorf("storage %q belongs to no tensor", key)
		}
		b, err := u.take(8)
		if err != nil {
			return nil, err
		}
		if n := le.Uint64(b); n != uint64(s.elements) {
			return nil, fmt.Errorf("storage %q has %d elements where %d are announced", key, n, s.elements)
		}
		if s.elements > len(u.data) {
			return nil, fmt.Errorf("storage %q is cut off", key)
		}
		if found[key], err = u.take(s.elements * numbers[s.kind].size); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// parseZip reads the archive form; torch stores its members uncompressed.
func parseZip(data []byte) (map[string]Tensor, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	members := map[string][]byte{}
	root := ""
	for _, f := range archive.File {
		if path.Base(f.Name) == "data.pkl" {
			root = path.Dir(f.Name)
		}
		if f.UncompressedSize64 > uint64(len(data)) {
			return nil, fmt.Errorf("its member %s is compressed, which torch does not do", f.Name)
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(r, int64(len(data))))
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("its member %s: %w", f.Name, err)
		}
		members[f.Name] = b
	}
	program, ok := members[path.Join(root, "data.pkl")]
	if !ok {
		return nil, errors.New("it is a zip archive without data.pkl, so torch did not write it")
	}
	u := &unpickler{data: program, storages: map[string]storageID{}}
	value, err := u.load()
	if err != nil {
		return nil, err
	}
	return tensorsOf(value, members, path.Join(root, "data")+"/")
}

// tensorsOf turns a (possibly nested) dictionary of views into tensors. A single
// dictionary under "state_dict" or "model" is taken in its place. Storages are found
// by prefix and key.
func tensorsOf(value any, storages map[string][]byte, prefix string) (map[string]Tensor, error) {
	d, ok := value.(*dict)
	if !ok {
		return nil, errors.New("it does not hold a dictionary of tensors")
	}
	for i, k := range d.keys {
		if inner, isDict := d.values[i].(*dict); isDict && (k == "state_dict" || k == "model") {
			return tensorsOf(inner, storages, prefix)
		}
	}
	total := 0
	tensors := map[string]Tensor{}
	for i, k := range d.keys {
		v, ok := d.values[i].(view)
		if !ok {
			continue
		}
		name, ok := k.(string)
		if !ok {
			return nil, fmt.Errorf("a tensor is named by %v, not by a string", k)
		}
		t, err := v.read(storages[prefix+v.storage.key], &total)
		if err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors[name] = t
	}
	return tensors, nil
}

// maxTotal bounds the values of all tensors: views may overlap, so a small file
// could claim any number of them. EfficientNet-B7 has 66 million.
const maxTotal = 1 << 28

// read copies a view's values in row-major order.
func (v view) read(raw []byte, total *int) (Tensor, error) {
	n, ok := elements(v.shape, v.storage.elements)
	if *total += min(v.storage.elements, maxTotal); !ok || *total > maxTotal {
		return Tensor{}, fmt.Errorf("its shape %v is larger than its storage", v.shape)
	}
	all, err := decode(v.storage.kind, raw, v.storage.elements)
	if err != nil {
		return Tensor{}, err
	}
	out := make([]float32, 0, n)
	index := make([]int, len(v.shape))
	for range n {
		at := v.offset
		for i, x := range index {
			at += x * v.strides[i]
		}
		if at < 0 || at >= len(all) {
			return Tensor{}, fmt.Errorf("it reaches beyond its storage of %d elements", len(all))
		}
		out = append(out, all[at])
		for i := len(index) - 1; i >= 0; i-- {
			if index[i]++; index[i] < v.shape[i] {
				break
			}
			index[i] = 0
		}
	}
	return Tensor{Shape: slices.Clone(v.shape), Data: out}, nil
}
