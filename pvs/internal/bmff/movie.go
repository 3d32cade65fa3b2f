package bmff

// movie reads the first picture of the first track that holds pictures (14496-12, 8.3 to 8.7), for sequences that have
// no items.
func (f *File) movie(body []byte) error {
	return eachBox(body, false, func(kind string, body []byte) error {
		if kind != "trak" || f.Movie != nil {
			return nil
		}
		table, err := inside(body, "mdia", "minf", "stbl")
		if err != nil || table == nil {
			return err
		}
		s, err := f.firstSample(table)
		if s != nil {
			f.Movie = s
		}
		return err
	})
}

// inside returns the body of the box at a path of nested boxes; nil if one is missing.
func inside(body []byte, path ...string) ([]byte, error) {
	for _, name := range path {
		var next []byte
		err := eachBox(body, false, func(kind string, b []byte) error {
			if kind == name && next == nil {
				next = b
			}
			return nil
		})
		if err != nil || next == nil {
			return nil, err
		}
		body = next
	}
	return body, nil
}

func (f *File) firstSample(table []byte) (*Sample, error) {
	var s *Sample
	at, size := uint64(0), uint64(0)
	err := eachBox(table, false, func(kind string, body []byte) error {
		c := &cursor{data: body}
		if kind != "stsd" && kind != "stco" && kind != "co64" && kind != "stsz" {
			return nil
		}
		c.full()
		switch kind {
		case "stsd":
			c.u32()
			return eachBox(c.data, false, func(kind string, body []byte) error {
				const sampleEntry = 78 // bytes of a VisualSampleEntry before its boxes
				if s != nil || kind != "hvc1" && kind != "hev1" && kind != "av01" || len(body) < sampleEntry {
					return nil
				}
				s = &Sample{Type: kind}
				// width and height, as the property ispe has them
				size := append([]byte{0, 0, 0, 0, 0, 0}, body[24:26]...)
				size = append(append(size, 0, 0), body[26:28]...)
				s.Properties = append(s.Properties, Property{Type: "ispe", Body: size})
				return eachBox(body[sampleEntry:], false, func(kind string, body []byte) error {
					s.Properties = append(s.Properties, Property{Type: kind, Body: body})
					return nil
				})
			})
		case "stco", "co64":
			c.u32()
			at = c.number(map[string]int{"stco": 4, "co64": 8}[kind])
		case "stsz":
			if size = uint64(c.u32()); size == 0 {
				c.u32()
				size = uint64(c.u32())
			}
		}
		if c.short {
			return ErrCutOff
		}
		return nil
	})
	if err != nil || s == nil {
		return nil, err
	}
	if at > uint64(len(f.data)) || size > uint64(len(f.data))-at {
		return nil, ErrCutOff
	}
	s.Data = f.data[at : at+size]
	return s, nil
}
