package weights

import (
	"encoding/binary"
	"fmt"
	"math"
)

// number pushes an integer or a float.
func (u *unpickler) number(op byte) error {
	width := map[byte]int{'J': 4, 'K': 1, 'M': 2, 0x8a: 1, 0x8b: 4, 'G': 8}[op]
	b, err := u.take(width)
	if err != nil {
		return err
	}
	switch op {
	case 'J':
		u.push(int(int32(le.Uint32(b))))
	case 'K':
		u.push(int(b[0]))
	case 'M':
		u.push(int(le.Uint16(b)))
	case 'G':
		u.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 0x8a, 0x8b: // LONG1, LONG4: any length, little-endian; what does not fit is a magic number
		n := int(b[0])
		if op == 0x8b {
			n = int(le.Uint32(b))
		}
		digits, err := u.take(n)
		if err != nil {
			return err
		}
		var v uint64
		for i, d := range digits {
			if i < 8 {
				v |= uint64(d) << (8 * i)
			}
		}
		u.push(int(v))
	}
	return nil
}

// text pushes a string; one of bytes is the same here.
func (u *unpickler) text(op byte) error {
	width := map[byte]int{'X': 4, 0x8c: 1, 0x8d: 8, 'U': 1, 'T': 4, 'B': 4, 'C': 1, 0x8e: 8}[op]
	b, err := u.take(width)
	if err != nil {
		return err
	}
	n := uint64(0)
	for i, d := range b {
		n |= uint64(d) << (8 * i)
	}
	if n > uint64(len(u.data)) {
		return fmt.Errorf("the pickle is cut off at byte %d", u.pos)
	}
	s, err := u.take(int(n))
	if err != nil {
		return err
	}
	u.push(string(s))
	return nil
}

func (u *unpickler) global() error {
	module, err := u.line()
	if err != nil {
		return err
	}
	name, err := u.line()
	if err != nil {
		return err
	}
	u.push(global(module + " " + name))
	return nil
}

func (u *unpickler) stackGlobal() error {
	name, err := u.pop()
	if err != nil {
		return err
	}
	module, err := u.pop()
	if err != nil {
		return err
	}
	m, ok1 := module.(string)
	n, ok2 := name.(string)
	if !ok1 || !ok2 {
		return fmt.Errorf("the pickle is damaged: a global without a name at byte %d", u.pos)
	}
	u.push(global(m + " " + n))
	return nil
}

// useMemo stores the top of the stack in the memo, or pushes a stored value.
func (u *unpickler) useMemo(op byte) error {
	key := len(u.memo)
	if op != 0x94 {
		width := 1
		if op == 'r' || op == 'j' {
			width = 4
		}
		b, err := u.take(width)
		if err != nil {
			return err
		}
		key = int(b[0])
		if width == 4 {
			key = int(le.Uint32(b))
		}
	}
	if op == 'h' || op == 'j' {
		v, ok := u.memo[key]
		if !ok {
			return fmt.Errorf("the pickle is damaged: it recalls the unknown value %d", key)
		}
		u.push(v)
		return nil
	}
	v, err := u.pop()
	if err != nil {
		return err
	}
	u.push(v)
	u.memo[key] = v
	return nil
}

func (u *unpickler) tuple(op byte) error {
	if op == 't' {
		items, err := u.popMark()
		u.push(tuple(items))
		return err
	}
	n := int(op-0x85) + 1
	if len(u.stack) < n {
		return fmt.Errorf("the pickle is damaged: its stack runs empty at byte %d", u.pos)
	}
	items := append(tuple(nil), u.stack[len(u.stack)-n:]...)
	u.stack = u.stack[:len(u.stack)-n]
	u.push(items)
	return nil
}

// collect puts items into the dict or list under them.
func (u *unpickler) collect(op byte) error {
	var items []any
	var err error
	switch op {
	case 'u', 'e', 0x90:
		items, err = u.popMark()
	case 's':
		items = make([]any, 2)
		if items[1], err = u.pop(); err == nil {
			items[0], err = u.pop()
		}
	case 'a':
		items = make([]any, 1)
		items[0], err = u.pop()
	}
	if err != nil {
		return err
	}
	target, err := u.pop()
	if err != nil {
		return err
	}
	switch c := target.(type) {
	case *dict:
		c.add(items)
	case *list:
		c.items = append(c.items, items...)
	case *object:
		if op == 's' || op == 'u' { // a list's items are nothing to look for weights in
			if c.items == nil {
				c.items = &dict{}
			}
			c.items.add(items)
		}
	default:
		return fmt.Errorf("the pickle is damaged: it fills a value that holds nothing at byte %d", u.pos)
	}
	u.push(target)
	return nil
}

// add adds keys and values in turn.
func (d *dict) add(items []any) {
	for i := 0; i+1 < len(items); i += 2 {
		d.keys, d.values = append(d.keys, items[i]), append(d.values, items[i+1])
	}
}
