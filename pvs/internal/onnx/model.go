package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Microsoft is the domain of ONNX Runtime's own operations ("contrib ops").
const Microsoft = "com.microsoft"

// Values are what a tensor may hold.
type Values interface {
	[]float32 | []int8 | []uint8 | []int32 | []int64
}

// Model collects the nodes of a graph in the order in which they run. The zero value is
// empty. Values are known by their names.
type Model struct {
	nodes, constants, inputs, outputs [][]byte
	count                             int
}

// Input adds an input of float32.
func (m *Model) Input(name string, dims ...int) { m.inputs = append(m.inputs, valueInfo(name, dims)) }

// Output makes a value of float32 an output.
func (m *Model) Output(name string, dims ...int) {
	m.outputs = append(m.outputs, valueInfo(name, dims))
}

// Constant adds a tensor and returns its name; without dims it is a scalar.
func Constant[V Values](m *Model, values V, dims ...int) string {
	m.count++
	name := fmt.Sprintf("constant%d", m.count)
	kind, raw := encode(values)
	var t []byte
	for _, d := range dims {
		t = appendInt(t, 1, d)
	}
	t = appendInt(t, 2, int(kind))
	t = appendString(t, 8, name)
	m.constants = append(m.constants, appendBytes(t, 9, raw))
	return name
}

// Outside adds a tensor of float32 whose values are in another file, from its start on.
func (m *Model) Outside(name, file string, dims ...int) string {
	var t []byte
	for _, d := range dims {
		t = appendInt(t, 1, d)
	}
	t = appendString(appendInt(t, 2, Float32), 8, name)
	t = appendBytes(t, 13, appendString(appendString(nil, 1, "location"), 2, file))
	m.constants = append(m.constants, appendInt(t, 14, 1))
	return name
}

// Node adds an operation of ONNX's own domain ("") or another and returns the name of
// its output.
func (m *Model) Node(domain, op string, inputs []string, attributes ...Attribute) string {
	m.count++
	output := fmt.Sprintf("%s%d", op, m.count)
	var n []byte
	for _, in := range inputs {
		n = appendString(n, 1, in)
	}
	n = appendString(n, 2, output)
	n = appendString(n, 4, op)
	for _, a := range attributes {
		n = appendBytes(n, 5, a)
	}
	if domain != "" {
		n = appendString(n, 7, domain)
	}
	m.nodes = append(m.nodes, n)
	return output
}

// Attribute is a setting of a node.
type Attribute []byte

// Int is an attribute of one integer.
func Int(name string, v int) Attribute {
	return appendInt(appendInt(appendString(nil, 1, name), 3, v), 20, 2)
}

// Ints is an attribute of several integers.
func Ints(name string, vs ...int) Attribute {
	a := appendString(nil, 1, name)
	for _, v := range vs {
		a = appendInt(a, 8, v)
	}
	return appendInt(a, 20, 7)
}

// Float is an attribute of one floating-point number.
func Float(name string, v float64) Attribute {
	a := protowire.AppendTag(appendString(nil, 1, name), 2, protowire.Fixed32Type)
	return appendInt(protowire.AppendFixed32(a, math.Float32bits(float32(v))), 20, 1)
}

// Bytes returns the model's file. Opset is the version of ONNX's own operations.
func (m *Model) Bytes(name string, opset int) []byte {
	var g []byte
	for _, part := range []struct {
		field protowire.Number
		all   [][]byte
	}{{1, m.nodes}, {5, m.constants}, {11, m.inputs}, {12, m.outputs}} {
		for _, b := range part.all {
			g = appendBytes(g, part.field, b)
		}
	}
	g = appendString(g, 2, name)
	file := appendInt(nil, 1, 9)
	file = appendString(file, 2, "github.com/gopvs/product-visual-search")
	file = appendBytes(file, 7, g)
	file = appendBytes(file, 8, appendInt(appendString(nil, 1, ""), 2, opset))
	return appendBytes(file, 8, appendInt(appendString(nil, 1, Microsoft), 2, 1))
}

// encode returns the number of a type in TensorProto.DataType and the raw values.
func encode(values any) (kind int32, raw []byte) {
	switch vs := values.(type) {
	case []float32:
		for _, v := range vs {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
		}
		return 1, raw
	case []uint8:
		return 2, vs
	case []int8:
		for _, v := range vs {
			raw = append(raw, byte(v))
		}
		return 3, raw
	case []int32:
		for _, v := range vs {
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		}
		return 6, raw
	case []int64:
		for _, v := range vs {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
	}
	return 7, raw
}

// valueInfo is a ValueInfoProto of float32.
func valueInfo(name string, dims []int) []byte {
	var shape []byte
	for _, d := range dims {
		shape = appendBytes(shape, 1, appendInt(nil, 1, d))
	}
	tensor := appendBytes(appendInt(nil, 1, 1), 2, shape)
	return appendBytes(appendString(nil, 1, name), 2, appendBytes(nil, 1, tensor))
}

func appendInt(b []byte, field protowire.Number, v int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), uint64(v))
}

func appendString(b []byte, field protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), s)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}
