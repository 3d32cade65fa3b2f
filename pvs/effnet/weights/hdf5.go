package weights

import (
	"bytes"
	"fmt"
	"slices"
)

// This reads the part of HDF5 that Keras writes ("HDF5 File Format Specification
// 3.0"): superblocks 0 to 3, groups as symbol tables or link messages, object
// headers 1 and 2, contiguous and compact arrays of plain numbers. No Go library
// that can be had opens these files: theirs stop at the groups' B-trees.

var hdf5Magic = []byte("\x89HDF\r\n\x1a\n")

// Links of a hostile file can form cycles, or lead to one part many times, and so cause
// any amount of work. EfficientNet-B7 saved with its optimizer takes 60,000 steps.
const (
	maxSteps = 1 << 20 // objects, nodes, links and messages
	maxPath  = 1024    // bytes of an object's path
)

// hdf5 reads one file.
type hdf5 struct {
	data    []byte
	steps   int
	decoded uint64 // bytes of arrays; those of an honest file do not overlap
	tensors map[string]Tensor
}

// step counts the parts that are read, and fails beyond maxSteps.
func (h *hdf5) step() error {
	if h.steps++; h.steps > maxSteps {
		return fmt.Errorf("it has over %d parts, or its links go in a circle", maxSteps)
	}
	return nil
}

// parseHDF5 returns every array of numbers by its path without the leading slash.
func parseHDF5(data []byte) (tensors map[string]Tensor, err error) {
	h := &hdf5{data: data, tensors: map[string]Tensor{}}
	defer func() { // at panics with truncated
		if r := recover(); r != nil {
			c, ok := r.(truncated)
			if !ok {
				panic(r)
			}
			tensors, err = nil, c
		}
	}()
	var root uint64
	switch version := h.at(8, 1)[0]; version {
	case 0, 1:
		if h.at(13, 1)[0] != 8 || h.at(14, 1)[0] != 8 {
			return nil, fmt.Errorf("its HDF5 addresses are not 8 bytes long")
		}
		entry := uint64(56)
		if version == 1 {
			entry += 4
		}
		root = h.u64(entry + 8)
	case 2, 3:
		root = h.u64(36)
	default:
		return nil, fmt.Errorf("its HDF5 superblock has the unknown version %d", version)
	}
	if err := h.object("", root); err != nil {
		return nil, err
	}
	return h.tensors, nil
}

// truncated is the error of an address or length that points beyond the file's end.
type truncated struct{ offset uint64 }

func (c truncated) Error() string {
	return fmt.Sprintf("it is cut off or damaged: a part should lie at byte %d", c.offset)
}

// at returns n bytes at an offset, or panics with truncated.
func (h *hdf5) at(offset, n uint64) []byte {
	size := uint64(len(h.data))
	if offset > size || n > size-offset {
		panic(truncated{offset})
	}
	return h.data[offset : offset+n]
}

func (h *hdf5) u64(offset uint64) uint64 { return le.Uint64(h.at(offset, 8)) }
func (h *hdf5) u32(offset uint64) uint32 { return le.Uint32(h.at(offset, 4)) }
func (h *hdf5) u16(offset uint64) uint16 { return le.Uint16(h.at(offset, 2)) }

// expect checks a structure's signature.
func (h *hdf5) expect(offset uint64, signature string) error {
	if !bytes.Equal(h.at(offset, uint64(len(signature))), []byte(signature)) {
		return fmt.Errorf("it is damaged: there is no %s at byte %d", signature, offset)
	}
	return nil
}

// object reads a group or an array at an object header's address.
func (h *hdf5) object(path string, address uint64) error {
	if err := h.step(); err != nil {
		return err
	}
	if len(path) > maxPath {
		return fmt.Errorf("the path %.40q... is longer than %d bytes, or its links go in a circle", path, maxPath)
	}
	messages, err := h.messages(address)
	if err != nil {
		return fmt.Errorf("object %q: %w", path, err)
	}
	array := slices.ContainsFunc(messages, func(m message) bool { return m.kind == msgLayout })
	if array {
		t, known, err := h.array(messages)
		if err != nil {
			return fmt.Errorf("array %q: %w", path, err)
		}
		if known {
			h.tensors[path] = t
		}
		return nil
	}
	for _, m := range messages {
		switch m.kind {
		case msgSymbolTable:
			heap := h.u64(m.at + 8)
			if err := h.expect(heap, "HEAP"); err != nil {
				return err
			}
			if err := h.tree(path, h.u64(m.at), h.u64(heap+24), 0); err != nil {
				return err
			}
		case msgLink:
			if err := h.link(path, m.at); err != nil {
				return err
			}
		case msgLinkInfo:
			if h.denseLinks(m.at) {
				return fmt.Errorf("group %q stores its links in a fractal heap, which is not read; save the weights without "+
					"order tracking", path)
			}
		}
	}
	return nil
}

// tree walks a version 1 B-tree of a group's members; names lie in the local heap.
func (h *hdf5) tree(path string, node, heap uint64, depth int) error {
	if depth > 32 {
		return fmt.Errorf("group %q has a B-tree that goes in a circle", path)
	}
	if err := h.step(); err != nil {
		return err
	}
	if err := h.expect(node, "TREE"); err != nil {
		return err
	}
	level, entries := h.at(node+5, 1)[0], uint64(h.u16(node+6))
	for i := range entries {
		child := h.u64(node + 24 + 8 + 16*i)
		var err error
		if level > 0 {
			err = h.tree(path, child, heap, depth+1)
		} else {
			err = h.symbols(path, child, heap)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// symbols reads one leaf of a group's B-tree.
func (h *hdf5) symbols(path string, node, heap uint64) error {
	if err := h.expect(node, "SNOD"); err != nil {
		return err
	}
	for i := range uint64(h.u16(node + 6)) {
		entry := node + 8 + 40*i
		name, err := h.text(heap + h.u64(entry))
		if err != nil {
			return err
		}
		if err := h.object(join(path, name), h.u64(entry+8)); err != nil {
			return err
		}
	}
	return nil
}

// text reads a name up to its zero byte.
func (h *hdf5) text(offset uint64) (string, error) {
	rest := h.at(offset, uint64(len(h.data))-min(offset, uint64(len(h.data))))
	end := bytes.IndexByte(rest[:min(len(rest), maxPath+1)], 0)
	if end < 0 {
		return "", fmt.Errorf("the name at byte %d is longer than %d bytes, or cut off", offset, maxPath)
	}
	return string(rest[:end]), nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "/" + name
}
