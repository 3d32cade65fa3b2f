package weights

import "fmt"

// Types of header messages.
const (
	msgDataspace    = 0x01
	msgLinkInfo     = 0x02
	msgDatatype     = 0x03
	msgLink         = 0x06
	msgLayout       = 0x08
	msgContinuation = 0x10
	msgSymbolTable  = 0x11
)

// message is one entry of an object header.
type message struct {
	kind     int
	at, size uint64
}

// block is a run of messages.
type block struct{ at, size uint64 }

// messages reads an object header of version 1 or 2 with its continuations.
func (h *hdf5) messages(address uint64) ([]message, error) {
	if string(h.at(address, 4)) == "OHDR" {
		return h.messages2(address)
	}
	if v := h.at(address, 1)[0]; v != 1 {
		return nil, fmt.Errorf("its header at byte %d has the unknown version %d", address, v)
	}
	return h.collect(block{address + 16, uint64(h.u32(address + 8))}, 8, 0, func(at uint64) message {
		return message{int(h.u16(at)), at + 8, uint64(h.u16(at + 2))}
	})
}

// messages2 reads a header of version 2.
func (h *hdf5) messages2(address uint64) ([]message, error) {
	flags := h.at(address+5, 1)[0]
	at := address + 6
	if flags&0x20 != 0 {
		at += 16 // four times of access
	}
	if flags&0x10 != 0 {
		at += 4 // limits of attribute storage
	}
	width := uint64(1) << (flags & 3)
	var size uint64
	for i, b := range h.at(at, width) {
		size |= uint64(b) << (8 * i)
	}
	head := uint64(4)
	if flags&4 != 0 {
		head = 6 // with the order of creation
	}
	return h.collect(block{at + width, size}, head, 4, func(at uint64) message {
		return message{int(h.at(at, 1)[0]), at + head, uint64(h.u16(at + 1))}
	})
}

// collect reads runs of messages; in version 2 a continuation starts with a
// signature and ends with a checksum of margin bytes each.
func (h *hdf5) collect(first block, head, margin uint64, read func(at uint64) message) ([]message, error) {
	var messages []message
	for blocks := []block{first}; len(blocks) > 0; blocks = blocks[1:] {
		h.at(blocks[0].at, blocks[0].size)
		for at, end := blocks[0].at, blocks[0].at+blocks[0].size; at+head <= end; {
			if err := h.step(); err != nil {
				return nil, err
			}
			m := read(at)
			h.at(m.at, m.size)
			messages = append(messages, m)
			if m.kind == msgContinuation {
				next := block{h.u64(m.at), h.u64(m.at + 8)}
				if next.size < 2*margin {
					return nil, truncated{next.at}
				}
				blocks = append(blocks, block{next.at + margin, next.size - 2*margin})
				if len(blocks) > 1024 {
					return nil, fmt.Errorf("its header continues in a circle")
				}
			}
			at = m.at + m.size
		}
	}
	return messages, nil
}

// link reads a link message of a new-style group; links that are not hard are passed over.
func (h *hdf5) link(path string, at uint64) error {
	flags := h.at(at+1, 1)[0]
	at += 2
	if flags&8 != 0 {
		if h.at(at, 1)[0] != 0 {
			return nil
		}
		at++
	}
	if flags&4 != 0 {
		at += 8 // order of creation
	}
	if flags&16 != 0 {
		at++ // character set
	}
	width := uint64(1) << (flags & 3)
	var length uint64
	for i, b := range h.at(at, width) {
		length |= uint64(b) << (8 * i)
	}
	name := string(h.at(at+width, length))
	return h.object(join(path, name), h.u64(at+width+length))
}

// denseLinks says whether a link info message points to a fractal heap.
func (h *hdf5) denseLinks(at uint64) bool {
	flags := h.at(at+1, 1)[0]
	at += 2
	if flags&1 != 0 {
		at += 8
	}
	return h.u64(at) != ^uint64(0)
}

// array reads a contiguous or compact array; known is false for texts and records.
func (h *hdf5) array(messages []message) (t Tensor, known bool, err error) {
	var kind string
	var raw []byte
	var empty bool
	for _, m := range messages {
		switch m.kind {
		case msgDatatype:
			kind = h.datatype(m.at)
		case msgDataspace:
			if t.Shape, err = h.dataspace(m.at); err != nil {
				return t, false, err
			}
		case msgLayout:
			version, class := h.at(m.at, 1)[0], h.at(m.at+1, 1)[0]
			switch {
			case version != 3 && version != 4:
				return t, false, fmt.Errorf("its layout has the unknown version %d", version)
			case class == 0:
				raw = h.at(m.at+4, uint64(h.u16(m.at+2)))
			case class == 1:
				address := h.u64(m.at + 2)
				if empty = address == ^uint64(0); !empty {
					raw = h.at(address, h.u64(m.at+10))
				}
			default:
				return t, false, fmt.Errorf("it is stored in chunks, which Keras does not do to weights and is not read")
			}
		}
	}
	if kind == "" {
		return t, false, nil
	}
	n, ok := elements(t.Shape, len(h.data))
	if empty { // never written: a scalar or nothing
		return t, false, nil
	}
	if !ok {
		return t, false, fmt.Errorf("its shape %v is larger than the file", t.Shape)
	}
	if h.decoded += uint64(len(raw)); h.decoded > uint64(len(h.data)) {
		return t, false, fmt.Errorf("it shares its bytes with other arrays, which Keras does not do")
	}
	t.Data, err = decode(kind, raw, n)
	return t, true, err
}

// datatype names a little-endian number type; "" for anything else.
func (h *hdf5) datatype(at uint64) string {
	class, order, size := h.at(at, 1)[0]&15, h.at(at+1, 1)[0], h.u32(at+4)
	if order&1 != 0 {
		return ""
	}
	switch class {
	case 0:
		prefix := "U"
		if order&8 != 0 {
			prefix = "I"
		}
		return fmt.Sprintf("%s%d", prefix, 8*min(size, 64))
	case 1:
		return fmt.Sprintf("F%d", 8*min(size, 64))
	}
	return ""
}

// dataspace reads the dimensions.
func (h *hdf5) dataspace(at uint64) ([]int, error) {
	version, rank := h.at(at, 1)[0], uint64(h.at(at+1, 1)[0])
	switch version {
	case 1:
		at += 8
	case 2:
		at += 4
	default:
		return nil, fmt.Errorf("its dataspace has the unknown version %d", version)
	}
	shape := make([]int, rank)
	for i := range rank {
		d := h.u64(at + 8*i)
		if d > 1<<40 {
			return nil, fmt.Errorf("a dimension of %d is larger than any file", d)
		}
		shape[i] = int(d)
	}
	return shape, nil
}
