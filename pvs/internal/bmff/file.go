package bmff

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// File is the content of a file's boxes.
type File struct {
	Brands  []string // the major one first
	Primary uint32   // the picture to show; 0 if there is no meta box
	Items   map[uint32]*Item
	Movie   *Sample // the first picture of a sequence, nil without one

	data, inside []byte // the file; the data box of meta
}

// Item is a picture, or how to make one of others.
type Item struct {
	ID         uint32
	Type       string // hvc1, av01, grid, ...
	Properties []Property
	From       map[string][]uint32 // items that this one refers to, by kind: dimg (made from), auxl (belongs to), ...

	where   int // of its extents: 0 file, 1 meta box
	extents []extent
}

// Property is a box that says something of an item, in the order of the item.
type Property struct {
	Type      string
	Body      []byte
	Essential bool // who does not know it cannot show the item
}

type extent struct{ at, size uint64 }

// Sample is the first picture of a sequence without items.
type Sample struct {
	Type       string // hvc1, av01
	Properties []Property
	Data       []byte
}

// Property returns the body of the first property of a kind; ok is false without one.
func (i *Item) Property(kind string) (body []byte, ok bool) { return find(i.Properties, kind) }

// Property is as [Item.Property].
func (s *Sample) Property(kind string) (body []byte, ok bool) { return find(s.Properties, kind) }

func find(of []Property, kind string) (body []byte, ok bool) {
	at := slices.IndexFunc(of, func(p Property) bool { return p.Type == kind })
	if at < 0 {
		return nil, false
	}
	return of[at].Body, true
}

// Brands returns the brands of a file that starts with them, the major one first; nil of others.
func Brands(data []byte) []string {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return nil
	}
	size := min(uint64(binary.BigEndian.Uint32(data)), uint64(len(data)))
	out := []string{string(data[8:12])}
	for at := uint64(16); at+4 <= size; at += 4 {
		out = append(out, string(data[at:at+4]))
	}
	return out
}

// Parse reads the boxes of a file. Its error is [ErrCutOff] where data would lie beyond the file's end.
func Parse(data []byte) (*File, error) {
	f := &File{Brands: Brands(data), Items: map[uint32]*Item{}, data: data}
	err := eachBox(data, true, func(kind string, body []byte) error {
		switch kind {
		case "meta":
			if f.Primary == 0 {
				return f.meta(body)
			}
		case "moov":
			if f.Movie == nil {
				return f.movie(body)
			}
		}
		return nil
	})
	return f, err
}

func (f *File) item(id uint32) *Item {
	i := f.Items[id]
	if i == nil {
		i = &Item{ID: id, From: map[string][]uint32{}}
		f.Items[id] = i
	}
	return i
}

func (f *File) meta(body []byte) error {
	c := &cursor{data: body}
	c.full()
	var properties []byte
	err := eachBox(c.data, false, func(kind string, body []byte) error {
		c := &cursor{data: body}
		switch kind {
		case "pitm":
			version, _ := c.full()
			f.Primary = uint32(c.number(2 + 2*min(version, 1)))
		case "iinf":
			return f.infos(c)
		case "iloc":
			return f.locations(c)
		case "iref":
			return f.references(c)
		case "iprp":
			properties = body
		case "idat":
			f.inside = body
		}
		if c.short {
			return ErrCutOff
		}
		return nil
	})
	if err != nil {
		return err
	}
	return f.properties(properties)
}

// infos reads which items there are.
func (f *File) infos(c *cursor) error {
	version, _ := c.full()
	c.number(2 + 2*min(version, 1))
	return eachBox(c.data, false, func(kind string, body []byte) error {
		if kind != "infe" {
			return nil
		}
		c := &cursor{data: body}
		version, _ := c.full()
		if version < 2 {
			return nil // no picture has one of the old kind
		}
		id := uint32(c.number(2 + 2*(min(version, 3)-2)))
		c.u16() // protection
		kindOf := string(c.take(4))
		if c.short {
			return ErrCutOff
		}
		f.item(id).Type = kindOf
		return nil
	})
}

// locations reads where the data of items are.
func (f *File) locations(c *cursor) error {
	version, _ := c.full()
	sizes := c.u16()
	offsetSize, lengthSize, baseSize, indexSize := sizes>>12, sizes>>8&15, sizes>>4&15, sizes&15
	if version == 0 {
		indexSize = 0
	}
	for _, n := range []int{offsetSize, lengthSize, baseSize, indexSize} {
		if n > 8 {
			return errDamaged("iloc", "has numbers of %d bytes", n)
		}
	}
	idSize := 2
	if version >= 2 {
		idSize = 4
	}
	for n := c.number(idSize); n > 0 && !c.short; n-- {
		item := f.item(uint32(c.number(idSize)))
		if version >= 1 {
			item.where = c.u16() & 15
		}
		c.u16() // another file, checked nowhere: 0 in all that phones and programs write
		base := c.number(baseSize)
		for n := c.u16(); n > 0 && !c.short; n-- {
			c.number(indexSize)
			at := base + c.number(offsetSize)
			item.extents = append(item.extents, extent{at, c.number(lengthSize)})
		}
	}
	if c.short {
		return ErrCutOff
	}
	return nil
}

// references reads which items are made from or belong to others.
func (f *File) references(c *cursor) error {
	version, _ := c.full()
	idSize := 2 + 2*min(version, 1)
	return eachBox(c.data, false, func(kind string, body []byte) error {
		c := &cursor{data: body}
		from := f.item(uint32(c.number(idSize)))
		for n := c.u16(); n > 0 && !c.short; n-- {
			from.From[kind] = append(from.From[kind], uint32(c.number(idSize)))
		}
		if c.short {
			return ErrCutOff
		}
		return nil
	})
}

// properties reads the properties of the items.
func (f *File) properties(body []byte) error {
	var all []Property
	return eachBox(body, false, func(kind string, body []byte) error {
		switch kind {
		case "ipco":
			return eachBox(body, false, func(kind string, body []byte) error {
				all = append(all, Property{Type: kind, Body: body})
				return nil
			})
		case "ipma":
			c := &cursor{data: body}
			version, flags := c.full()
			for n := c.u32(); n > 0 && !c.short; n-- {
				item := f.item(uint32(c.number(2 + 2*min(version, 1))))
				for n := c.u8(); n > 0 && !c.short; n-- {
					size := int(1 + flags&1)
					v := int(c.number(size))
					top := 1 << (8*size - 1)
					if at := v &^ top; at >= 1 && at <= len(all) {
						p := all[at-1]
						p.Essential = v&top != 0
						item.Properties = append(item.Properties, p)
					}
				}
			}
			if c.short {
				return ErrCutOff
			}
		}
		return nil
	})
}

// Data returns the data of an item, copied only if they lie in pieces.
func (f *File) Data(item *Item) ([]byte, error) {
	from := f.data
	switch item.where {
	case 0:
	case 1:
		from = f.inside
	default:
		return nil, fmt.Errorf("the data of its picture %d lie in another picture, which is not read", item.ID)
	}
	if len(item.extents) == 0 {
		return nil, fmt.Errorf("its picture %d has no data", item.ID)
	}
	var out []byte
	total := uint64(0)
	for _, e := range item.extents {
		if e.at > uint64(len(from)) {
			return nil, ErrCutOff
		}
		if e.size == 0 {
			e.size = uint64(len(from)) - e.at
		}
		if e.size > uint64(len(from))-e.at {
			return nil, ErrCutOff
		}
		if total += e.size; total > uint64(len(from)) {
			return nil, fmt.Errorf("its picture %d claims %d bytes, more than there are", item.ID, total)
		}
		piece := from[e.at : e.at+e.size]
		if len(item.extents) == 1 {
			return piece, nil
		}
		out = append(out, piece...)
	}
	return out, nil
}
