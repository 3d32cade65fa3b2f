package weights

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"path"
)

// legacyMagic is the number that torch.save begins with (torch/serialization.py,
// 0x1950a86a20f9469cfc6c), as far as it fits.
const legacyMagic = uint64(0xa86a20f9469cfc6c)

// parsePyTorch reads what torch.save wrote: since PyTorch 1.6 a zip archive with a
// pickle and one member a storage, before that four pickles and the storages in a row.
// Notes say which of the file's parts was taken.
func parsePyTorch(data []byte) (tensors map[string]Tensor, notes []string, err error) {
	if bytes.HasPrefix(data, []byte("PK")) {
		return parseZip(data)
	}
	u := &unpickler{data: data, storages: map[string]storageID{}}
	var value any
	for i := range 5 { // magic number, protocol, system, the object, the storages' keys
		v, err := u.load()
		if err != nil {
			return nil, nil, err
		}
		switch i {
		case 0:
			if n, ok := v.(int); !ok || uint64(n) != legacyMagic {
				return nil, nil, selfExplaining{errors.New("it is a pickle, but not one of torch.save, and refused: save the " +
					"weights with " + saveCommand)}
			}
		case 3:
			value = v
		case 4:
			keys, ok := v.(*list)
			if !ok {
				return nil, nil, errors.New("its list of storages is missing")
			}
			storages, err := legacyStorages(u, keys)
			if err != nil {
				return nil, nil, err
			}
			return tensorsOf(value, storages, "", len(data))
		}
	}
	return nil, nil, nil // not reached
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
		if found[key], err = u.take(s.elements * elementTypes[s.kind].size); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// parseZip reads the archive form; torch stores its members uncompressed.
func parseZip(data []byte) (map[string]Tensor, []string, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, nil, err
	}
	members := map[string][]byte{}
	root, script := "", false
	for _, f := range archive.File {
		switch path.Base(f.Name) {
		case "data.pkl":
			root = path.Dir(f.Name)
		case "constants.pkl":
			script = true
		case "model.weights.h5":
			return nil, nil, selfExplaining{errors.New("it is a .keras archive: unzip it and name the model.weights.h5 in it")}
		}
	}
	if script {
		return nil, nil, selfExplaining{errors.New("it is a TorchScript archive (torch.jit.save), a program with its " +
			"weights: load it in Python and save its state_dict, " + saveCommand)}
	}
	for _, f := range archive.File {
		if members[f.Name], err = stored(data, f); err != nil {
			return nil, nil, fmt.Errorf("its member %s %w", f.Name, err)
		}
	}
	program, ok := members[path.Join(root, "data.pkl")]
	if !ok {
		return nil, nil, selfExplaining{errors.New("it is a zip archive without data.pkl, so torch did not write it: unzip " +
			"it and name the file of weights in it")}
	}
	u := &unpickler{data: program, storages: map[string]storageID{}}
	value, err := u.load()
	if err != nil {
		return nil, nil, err
	}
	return tensorsOf(value, members, path.Join(root, "data")+"/", len(data))
}

// stored returns an uncompressed member's bytes without copying them, so that no
// archive unpacks to more than its own size.
func stored(data []byte, f *zip.File) ([]byte, error) {
	if f.Method != zip.Store {
		return nil, errors.New("is compressed, which torch does not do: unzip it")
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
