package weights

import (
	"fmt"
)

// A pickle is a program for a stack machine that may call any function of the
// program that reads it. This machine knows the instructions of the protocols 2 to 5
// and calls nothing: a global is a name, and the only names that mean something are
// those in call. What others would make - arguments, optimizers, whole modules - is an
// object that is carried along and never looked into for weights. (nlpodyssey/gopickle
// reads these files too, but makes arrays as large as a file claims before it looks for
// their bytes.)

type (
	global string // "torch._utils _rebuild_tensor_v2"
	mark   struct{}
	tuple  []any
	list   struct{ items []any }
	dict   struct{ keys, values []any }
	object struct { // what an unknown class or function would make
		class global
		state any   // its attributes
		items *dict // what it holds, if it is a kind of dictionary
	}
	storageID struct { // a persistent id: an array stored outside of the pickle
		kind, key string
		elements  int
	}
	view struct { // a tensor: a view into a storage
		storage storageID
		offset  int
		shape   []int
		strides []int
	}
)

// unpickler is the machine's state.
type unpickler struct {
	data  []byte
	pos   int
	stack []any
	memo  map[int]any
	// copied counts the items that were copied from lists into dictionaries.
	copied int
	// storages are all that the pickles name, by their keys.
	storages map[string]storageID
}

// take returns the next n bytes of the program.
func (u *unpickler) take(n int) ([]byte, error) {
	if n < 0 || n > len(u.data)-u.pos {
		return nil, fmt.Errorf("the pickle is cut off at byte %d", u.pos)
	}
	u.pos += n
	return u.data[u.pos-n : u.pos], nil
}

// line returns the bytes up to the next line end, without it.
func (u *unpickler) line() (string, error) {
	for i := u.pos; i < len(u.data); i++ {
		if u.data[i] == '\n' {
			s := string(u.data[u.pos:i])
			u.pos = i + 1
			return s, nil
		}
	}
	return "", fmt.Errorf("the pickle is cut off at byte %d", u.pos)
}

func (u *unpickler) push(v any) { u.stack = append(u.stack, v) }

func (u *unpickler) pop() (any, error) {
	if len(u.stack) == 0 {
		return nil, fmt.Errorf("the pickle is damaged: its stack runs empty at byte %d", u.pos)
	}
	v := u.stack[len(u.stack)-1]
	u.stack = u.stack[:len(u.stack)-1]
	return v, nil
}

// popMark takes everything above the last mark, and the mark.
func (u *unpickler) popMark() ([]any, error) {
	for i := len(u.stack) - 1; i >= 0; i-- {
		if _, ok := u.stack[i].(mark); ok {
			items := append([]any(nil), u.stack[i+1:]...)
			u.stack = u.stack[:i]
			return items, nil
		}
	}
	return nil, fmt.Errorf("the pickle is damaged: a mark is missing at byte %d", u.pos)
}

// load runs one pickle to its end and returns its value.
func (u *unpickler) load() (any, error) {
	u.stack, u.memo = nil, map[int]any{}
	for {
		op, err := u.take(1)
		if err != nil {
			return nil, err
		}
		if op[0] == '.' {
			return u.pop()
		}
		if err := u.step(op[0]); err != nil {
			return nil, err
		}
	}
}

// step runs one instruction; the letters are those of Python's pickletools.
func (u *unpickler) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		_, err := u.take(1)
		return err
	case 0x95: // FRAME
		_, err := u.take(8)
		return err
	case '(':
		u.push(mark{})
	case 'N':
		u.push(nil)
	case 0x88, 0x89:
		u.push(op == 0x88)
	case '}':
		u.push(&dict{})
	case ']', 0x8f: // a set is a list here
		u.push(&list{})
	case ')':
		u.push(tuple{})
	case 'J', 'K', 'M', 0x8a, 0x8b, 'G':
		return u.number(op)
	case 'X', 0x8c, 0x8d, 'U', 'T', 'B', 'C', 0x8e:
		return u.text(op)
	case 'c':
		return u.global()
	case 0x93: // STACK_GLOBAL
		return u.stackGlobal()
	case 'q', 'r', 0x94, 'h', 'j':
		return u.useMemo(op)
	case 't', 0x85, 0x86, 0x87:
		return u.tuple(op)
	case 's', 'u', 'a', 'e', 0x90:
		return u.collect(op)
	case 0x91: // FROZENSET
		items, err := u.popMark()
		u.push(&list{items: items})
		return err
	case 'Q', 'R', 'b', 0x81, 0x92:
		return u.call(op)
	case '0':
		_, err := u.pop()
		return err
	case '1': // POP_MARK
		_, err := u.popMark()
		return err
	case '2': // DUP
		v, err := u.pop()
		u.push(v)
		u.push(v)
		return err
	default:
		return fmt.Errorf("the pickle uses the instruction 0x%02x at byte %d, which torch.save does not write", op, u.pos-1)
	}
	return nil
}
