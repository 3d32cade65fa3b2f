package weights

import (
	"fmt"
)

// A pickle is a program for a stack machine that may call any function of the
// program that reads it. This machine knows the instructions that torch.save
// writes for weights and calls nothing: a global is a name, and the only names
// that mean something are those in reduce. (nlpodyssey/gopickle reads these files
// too, but makes arrays as large as a file claims before it looks for their bytes.)

type (
	global    string // "torch._utils _rebuild_tensor_v2"
	mark      struct{}
	tuple     []any
	list      struct{ items []any }
	dict      struct{ keys, values []any }
	storageID struct { // a persistent id: an array kept outside of the pickle
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
	case ']':
		u.push(&list{})
	case ')':
		u.push(tuple{})
	case 'J', 'K', 'M', 0x8a, 'G':
		return u.number(op)
	case 'X', 0x8c, 'U':
		return u.text(op)
	case 'c':
		return u.global()
	case 0x93: // STACK_GLOBAL
		return u.stackGlobal()
	case 'q', 'r', 0x94, 'h', 'j':
		return u.remember(op)
	case 't', 0x85, 0x86, 0x87:
		return u.tuple(op)
	case 's', 'u', 'a', 'e':
		return u.collect(op)
	case 'Q', 'R', 'b':
		return u.call(op)
	case '0':
		_, err := u.pop()
		return err
	default:
		return fmt.Errorf("the pickle uses the instruction %q, which weights do not need", string(rune(op)))
	}
	return nil
}
