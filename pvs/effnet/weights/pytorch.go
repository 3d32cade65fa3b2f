package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
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
			return tensorsOf(value, storages, "", len(data))
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
		switch path.Base(f.Name) {
		case "data.pkl":
			root = path.Dir(f.Name)
		case "model.weights.h5":
			return nil, errors.New("it is a .keras archive: unzip it and name the model.weights.h5 in it")
		}
		if members[f.Name], err = stored(data, f); err != nil {
			return nil, fmt.Errorf("its member %s %w", f.Name, err)
		}
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
	return tensorsOf(value, members, path.Join(root, "data")+"/", len(data))
}

// stored returns an uncompressed member's bytes without copying them, so that no
// archive unpacks to more than its own size.
func stored(data []byte, f *zip.File) ([]byte, error) {
	if f.Method != zip.Store {
		return nil, errors.New("is compressed, which torch does not do")
	}
	from, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("has no place: %w", err)
	}
	if from < 0 || from > int64(len(data)) || f.UncompressedSize64 > uint64(int64(len(data))-from) {
		return nil, errors.New("is cut off")
	}
	b := data[from:][:f.UncompressedSize64]
	if crc32.ChecksumIEEE(b) != f.CRC32 {
		return nil, errors.New("is damaged: its checksum differs")
	}
	return b, nil
}
