package records

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// tfExample is a tf.train.Example: named lists (tensorflow/core/example/example.proto).
type tfExample struct {
	Bytes  map[string][][]byte
	Floats map[string][]float32
	Ints   map[string][]int64
}

// The fields' numbers in example.proto and feature.proto.
const (
	featuresField  = 1 // of Example
	featureField   = 1 // of Features: a map's entry
	keyField       = 1 // of the entry
	valueField     = 2
	bytesListField = 1 // of Feature
	floatListField = 2
	intListField   = 3
	listField      = 1 // of each list
)

// marshal encodes an example; its features are sorted by name, so that the same
// example makes the same bytes.
func (e tfExample) marshal() []byte {
	lists := map[string][]byte{}
	for name, values := range e.Bytes {
		var list []byte
		for _, v := range values {
			list = protowire.AppendBytes(protowire.AppendTag(list, listField, protowire.BytesType), v)
		}
		lists[name] = message(bytesListField, list)
	}
	for name, values := range e.Floats {
		packed := make([]byte, 0, 4*len(values))
		for _, v := range values {
			packed = binary.LittleEndian.AppendUint32(packed, math.Float32bits(v))
		}
		lists[name] = message(floatListField, message(listField, packed))
	}
	for name, values := range e.Ints {
		var packed []byte
		for _, v := range values {
			packed = protowire.AppendVarint(packed, uint64(v))
		}
		lists[name] = message(intListField, message(listField, packed))
	}
	var features []byte
	for _, name := range slices.Sorted(maps.Keys(lists)) {
		entry := message(keyField, []byte(name))
		entry = append(entry, message(valueField, lists[name])...)
		features = append(features, message(featureField, entry)...)
	}
	return message(featuresField, features)
}

// message is a field of a length and its bytes.
func message(field protowire.Number, data []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), data)
}

// errExample is for everything that protobuf's wire format does not allow.
var errExample = errors.New("it holds no tf.train.Example")

// unmarshal decodes an example. Lists may be packed or not; bytes are not copied.
func unmarshal(data []byte) (tfExample, error) {
	e := tfExample{Bytes: map[string][][]byte{}, Floats: map[string][]float32{}, Ints: map[string][]int64{}}
	err := eachMessage(data, featuresField, func(features []byte) error {
		return eachMessage(features, featureField, func(entry []byte) error {
			var name string
			var feature []byte
			err := fields(entry, func(number protowire.Number, kind protowire.Type, value []byte) error {
				switch {
				case number == keyField && kind == protowire.BytesType:
					name = string(value)
				case number == valueField && kind == protowire.BytesType:
					feature = value
				}
				return nil
			})
			if err != nil {
				return err
			}
			return e.feature(name, feature)
		})
	})
	return e, err
}

// feature decodes a list.
func (e tfExample) feature(name string, data []byte) error {
	return fields(data, func(number protowire.Number, kind protowire.Type, list []byte) error {
		if kind != protowire.BytesType {
			return errExample
		}
		return fields(list, func(field protowire.Number, kind protowire.Type, value []byte) error {
			switch {
			case field != listField:
			case number == bytesListField && kind == protowire.BytesType:
				e.Bytes[name] = append(e.Bytes[name], value)
			case number == floatListField && (kind == protowire.BytesType || kind == protowire.Fixed32Type):
				if len(value)%4 != 0 {
					return errExample
				}
				e.Floats[name] = slices.Grow(e.Floats[name], len(value)/4)
				for ; len(value) > 0; value = value[4:] {
					e.Floats[name] = append(e.Floats[name], math.Float32frombits(binary.LittleEndian.Uint32(value)))
				}
			case number == intListField && (kind == protowire.BytesType || kind == protowire.VarintType):
				for len(value) > 0 {
					v, n := protowire.ConsumeVarint(value)
					if n < 0 {
						return errExample
					}
					e.Ints[name] = append(e.Ints[name], int64(v))
					value = value[n:]
				}
			}
			return nil
		})
	})
}

// eachMessage calls found for each field of a number that is a message.
func eachMessage(data []byte, wanted protowire.Number, found func([]byte) error) error {
	return fields(data, func(number protowire.Number, kind protowire.Type, value []byte) error {
		if number == wanted && kind == protowire.BytesType {
			return found(value)
		}
		return nil
	})
}

// fields calls found for each field: with the content of those that have a length,
// else with the value's own bytes.
func fields(data []byte, found func(number protowire.Number, kind protowire.Type, value []byte) error) error {
	for len(data) > 0 {
		number, kind, n := protowire.ConsumeTag(data)
		if n < 0 {
			return errExample
		}
		data = data[n:]
		size := protowire.ConsumeFieldValue(number, kind, data)
		if size < 0 {
			return errExample
		}
		value := data[:size]
		if kind == protowire.BytesType {
			value, _ = protowire.ConsumeBytes(data)
		}
		if err := found(number, kind, value); err != nil {
			return err
		}
		data = data[size:]
	}
	return nil
}

// Record is a photo as training sees it.
type Record struct {
	Image []byte // JPEG
	Label int64
}

// The features of an image's example, as the original named them.
const (
	imageFeature = "image"
	labelFeature = "label"
)

func (r Record) example() tfExample {
	return tfExample{Bytes: map[string][][]byte{imageFeature: {r.Image}},
		Ints: map[string][]int64{labelFeature: {r.Label}}}
}

// recordOf takes an image and its label from an example.
func recordOf(data []byte) (Record, error) {
	e, err := unmarshal(data)
	if err != nil {
		return Record{}, err
	}
	if len(e.Bytes[imageFeature]) != 1 || len(e.Ints[labelFeature]) != 1 {
		return Record{}, fmt.Errorf("it holds %d images and %d labels, not one of each", len(e.Bytes[imageFeature]),
			len(e.Ints[labelFeature]))
	}
	return Record{Image: e.Bytes[imageFeature][0], Label: e.Ints[labelFeature][0]}, nil
}
