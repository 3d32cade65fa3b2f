package onnx

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Header is what a model's file says of itself, without its weights.
type Header struct {
	IR       int            // version of the file format
	Opsets   map[string]int // version of each domain's operations; ONNX's own domain is ""
	Producer string         // program that wrote it

	Inputs  []Value // without those that have a value in the file
	Outputs []Value
	Inner   []string   // values that nodes compute, by name
	Outside []External // tensors whose values are in other files
}

// Value is an input or output of a model.
type Value struct {
	Name string
	Type int   // TensorProto.DataType; 0: no tensor
	Dims []Dim // nil: the file does not say
}

// Float32 is the number of float32 in TensorProto.DataType.
const Float32 = 1

// Dim is one dimension of a value.
type Dim struct {
	Size int    // 0: any
	Name string // of a dimension of any size; may be empty
}

// External is a tensor whose values are in another file.
type External struct {
	Tensor string
	File   string // relative to the model's folder
}

// types are the names in TensorProto.DataType.
var types = []string{"no tensor", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
	"float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"}

// String is the value with its type, as "pixel_values float32 [batch, 3, 224, 224]".
func (v Value) String() string {
	kind := fmt.Sprintf("type %d", v.Type)
	if v.Type >= 0 && v.Type < len(types) {
		kind = types[v.Type]
	}
	dims := " of any shape"
	if v.Dims != nil {
		var each []string
		for _, d := range v.Dims {
			each = append(each, d.String())
		}
		dims = " [" + strings.Join(each, ", ") + "]"
	}
	return v.Name + " " + kind + dims
}

// String is the size, or the name of any size.
func (d Dim) String() string {
	switch {
	case d.Size > 0:
		return fmt.Sprint(d.Size)
	case d.Name != "":
		return d.Name
	}
	return "any"
}

// ErrFormat says that a file is no model.
var ErrFormat = errors.New("is no ONNX model")

// Read reads the header of a model's file. A file that is none is ErrFormat.
func Read(file []byte) (*Header, error) {
	h, graphs := &Header{Opsets: map[string]int{}}, 0
	var g graph
	err := fields(file, func(field protowire.Number, v value) error {
		switch field {
		case 1:
			h.IR = v.int()
		case 2:
			h.Producer = string(v.bytes)
		case 7:
			graphs++
			return g.read(v.bytes)
		case 8:
			domain, version := "", 0
			err := fields(v.bytes, func(field protowire.Number, v value) error {
				switch field {
				case 1:
					domain = string(v.bytes)
				case 2:
					version = v.int()
				}
				return nil
			})
			if domain == "ai.onnx" { // the same by its long name
				domain = ""
			}
			h.Opsets[domain] = version
			return err
		}
		return nil
	})
	if err == nil && (graphs == 0 || h.IR == 0 || len(g.outputs) == 0) {
		err = errors.New("it has no graph")
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	for _, in := range g.inputs {
		if !g.constants[in.Name] {
			h.Inputs = append(h.Inputs, in)
		}
	}
	h.Outputs, h.Inner, h.Outside = g.outputs, g.inner, g.outside
	return h, nil
}

// WithOutput returns a model's file with one more output: a value that one of its nodes computes. The graph's field
// given again is merged with it, by the rule of protocol buffers. The file's memory is used where it has room.
func WithOutput(file []byte, name string) []byte {
	return appendBytes(file, 7, appendBytes(nil, 12, appendString(nil, 1, name)))
}

// graph collects what a GraphProto says.
type graph struct {
	inputs, outputs []Value
	constants       map[string]bool
	inner           []string
	outside         []External
}

func (g *graph) read(b []byte) error {
	if g.constants == nil {
		g.constants = map[string]bool{}
	}
	return fields(b, func(field protowire.Number, v value) error {
		switch field {
		case 1:
			return g.node(v.bytes)
		case 5:
			return g.tensor(v.bytes)
		case 11, 12:
			info, err := readValue(v.bytes)
			if field == 11 {
				g.inputs = append(g.inputs, info)
			} else {
				g.outputs = append(g.outputs, info)
			}
			return err
		}
		return nil
	})
}

// node reads the names of what a node computes, and whether its constants are in other files.
func (g *graph) node(b []byte) error {
	return fields(b, func(field protowire.Number, v value) error {
		switch field {
		case 2:
			if name := string(v.bytes); name != "" {
				g.inner = append(g.inner, name)
			}
		case 5:
			return fields(v.bytes, func(field protowire.Number, v value) error {
				if field == 5 || field == 10 {
					return g.tensor(v.bytes)
				}
				return nil
			})
		}
		return nil
	})
}

// tensor reads the name of a constant and the file that holds it.
func (g *graph) tensor(b []byte) error {
	var name, location string
	err := fields(b, func(field protowire.Number, v value) error {
		switch field {
		case 8:
			name = string(v.bytes)
		case 13:
			var key, text string
			err := fields(v.bytes, func(field protowire.Number, v value) error {
				switch field {
				case 1:
					key = string(v.bytes)
				case 2:
					text = string(v.bytes)
				}
				return nil
			})
			if key == "location" {
				location = text
			}
			return err
		}
		return nil
	})
	g.constants[name] = true
	if location != "" {
		g.outside = append(g.outside, External{name, location})
	}
	return err
}

// readValue reads a ValueInfoProto.
func readValue(b []byte) (out Value, err error) {
	return out, fields(b, func(field protowire.Number, v value) error {
		switch field {
		case 1:
			out.Name = string(v.bytes)
		case 2:
			return fields(v.bytes, func(field protowire.Number, v value) error {
				if field != 1 { // no tensor
					return nil
				}
				return fields(v.bytes, func(field protowire.Number, v value) error {
					switch field {
					case 1:
						out.Type = v.int()
					case 2:
						out.Dims, err = readDims(v.bytes)
					}
					return err
				})
			})
		}
		return nil
	})
}

// readDims reads a TensorShapeProto.
func readDims(b []byte) ([]Dim, error) {
	dims := []Dim{}
	return dims, fields(b, func(field protowire.Number, v value) error {
		if field != 1 {
			return nil
		}
		var d Dim
		err := fields(v.bytes, func(field protowire.Number, v value) error {
			switch field {
			case 1:
				d.Size = max(0, v.int())
			case 2:
				d.Name = string(v.bytes)
			}
			return nil
		})
		dims = append(dims, d)
		return err
	})
}

// value is a field's: bytes, or a number.
type value struct {
	bytes  []byte
	number uint64
}

func (v value) int() int { return int(v.number) }

// fields visits the fields of a message.
func fields(b []byte, visit func(field protowire.Number, v value) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var v value
		switch kind {
		case protowire.BytesType:
			v.bytes, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			v.number, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := visit(field, v); err != nil {
			return err
		}
	}
	return nil
}
