package exchange

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
	pqformat "github.com/parquet-go/parquet-go/format"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// The types of a Parquet file's columns are those of the format's LogicalTypes.md: a
// physical type and what is meant by it.

// idReader returns what makes an id of a column's values.
func idReader(leaf *parquet.Column) (func(parquet.Value) (string, error), error) {
	var logical pqformat.LogicalTypeValue
	if t := leaf.Type().LogicalType(); t != nil {
		logical = t.Value
	}
	kind := leaf.Type().Kind()
	switch l := logical.(type) {
	case *pqformat.DecimalType:
		return func(v parquet.Value) (string, error) { return decimal(v, kind, int(l.Scale)), nil }, nil
	case *pqformat.UUIDType:
		return func(v parquet.Value) (string, error) {
			b := v.ByteArray()
			if len(b) != 16 {
				return "", fmt.Errorf("its UUID has %d bytes", len(b))
			}
			return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
		}, nil
	case *pqformat.IntType:
		if !l.IsSigned && kind == parquet.Int32 {
			return func(v parquet.Value) (string, error) { return strconv.FormatUint(uint64(v.Uint32()), 10), nil }, nil
		}
		if !l.IsSigned && kind == parquet.Int64 {
			return func(v parquet.Value) (string, error) { return strconv.FormatUint(v.Uint64(), 10), nil }, nil
		}
	case nil, *pqformat.StringType, *pqformat.EnumType:
	default:
		return nil, fmt.Errorf("it is of %s, which is no id", logical)
	}
	switch kind {
	case parquet.Int32:
		return func(v parquet.Value) (string, error) { return strconv.Itoa(int(v.Int32())), nil }, nil
	case parquet.Int64:
		return func(v parquet.Value) (string, error) { return strconv.FormatInt(v.Int64(), 10), nil }, nil
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) (string, error) { return string(v.ByteArray()), nil }, nil
	case parquet.Float, parquet.Double:
		return nil, errors.New("it is of floats, which pandas makes of whole numbers where one is missing; " +
			"save it as text, or as Int64")
	}
	return nil, fmt.Errorf("it is of %s", kind)
}

// decimal writes a number of so many places behind the point.
func decimal(v parquet.Value, kind parquet.Kind, scale int) string {
	n := new(big.Int)
	switch kind {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default: // two's complement, the most significant byte first
		raw := v.ByteArray()
		n.SetBytes(raw)
		if len(raw) > 0 && raw[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
		}
	}
	if scale <= 0 {
		return n.String()
	}
	digits := fmt.Sprintf("%0*s", scale+1, new(big.Int).Abs(n))
	at := len(digits) - scale
	text := digits[:at] + "." + digits[at:]
	if n.Sign() < 0 {
		text = "-" + text
	}
	return text
}

// valueReader returns what makes a float of a column's values.
func valueReader(file *parquet.File, leaf *parquet.Column) (func(parquet.Value) float32, error) {
	switch kind := leaf.Type().Kind(); {
	case kind == parquet.Float:
		return parquet.Value.Float, nil
	case kind == parquet.Double:
		return func(v parquet.Value) float32 { return float32(v.Double()) }, nil
	case kind == parquet.FixedLenByteArray && isHalf(file, leaf):
		return func(v parquet.Value) float32 {
			raw := v.ByteArray()
			return vectors.Half(uint16(raw[0]) | uint16(raw[1])<<8)
		}, nil
	case leaf.MaxRepetitionLevel() == 0:
		return nil, fmt.Errorf("it is of %s and no list of floats: "+
			"save each vector as a list (a text such as \"[0.5, 1]\" is none)", typeName(leaf))
	default:
		return nil, fmt.Errorf("it is a list of %s, not of floats: save it as list<float>", typeName(leaf))
	}
}

// typeName is what a column's values are, in the format's words.
func typeName(leaf *parquet.Column) string {
	if t := leaf.Type().LogicalType(); t != nil && t.Value != nil {
		return strings.ToUpper(t.String())
	}
	return leaf.Type().Kind().String()
}

// isHalf says whether a leaf is of float16, which the library has no type for: leaves are
// in the schema in their order.
func isHalf(file *parquet.File, leaf *parquet.Column) bool {
	n := 0
	for _, e := range file.Metadata().Schema {
		if e.NumChildren.Valid && e.NumChildren.V > 0 {
			continue
		}
		if n == leaf.Index() {
			_, is := e.LogicalType.Value.(*pqformat.Float16Type)
			return is && e.TypeLength.V == 2
		}
		n++
	}
	return false
}
