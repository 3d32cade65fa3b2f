package weights

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unsafe"

	"github.com/gomlx/compute/dtypes/float16"
)

// WriteSafetensors writes float32 tensors in the safetensors format, sorted by name,
// with texts for people and programs as its metadata.
func WriteSafetensors(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	return writeSafetensors(w, "F32", bytesOf, tensors, metadata)
}

// WriteFloat16 is [WriteSafetensors] with values that are rounded to float16.
func WriteFloat16(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
	return writeSafetensors(w, "F16", halves, tensors, metadata)
}

// writeSafetensors writes tensors as a type of elements, of which bytes makes a file's.
func writeSafetensors(w io.Writer, kind string, bytes func([]float32) []byte, tensors map[string]Tensor,
	metadata map[string]string) error {
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	header := map[string]any{}
	if len(metadata) > 0 {
		header[metadataKey] = metadata
	}
	names := slices.Sorted(maps.Keys(tensors))
	var at int64
	for _, name := range names {
		t := tensors[name]
		if n, ok := elements(t.Shape, len(t.Data)); !ok || n != len(t.Data) {
			return fmt.Errorf("tensor %q of shape %v has %d values", name, t.Shape, len(t.Data))
		}
		size := int64(elementTypes[kind].size) * int64(len(t.Data))
		header[name] = entry{kind, t.Shape, [2]int64{at, at + size}}
		at += size
	}
	text, err := json.Marshal(header) // sorted by key, so that the same tensors make the same file
	if err != nil {
		return err
	}
	for len(text)%8 != 0 { // values start aligned
		text = append(text, ' ')
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text)))); err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	for _, name := range names {
		if _, err := w.Write(bytes(tensors[name].Data)); err != nil {
			return err
		}
	}
	return nil
}

// halves rounds floats to float16.
func halves(v []float32) []byte {
	data := make([]byte, 0, 2*len(v))
	for _, x := range v {
		data = le.AppendUint16(data, float16.FromFloat32(x).Bits())
	}
	return data
}

// bytesOf views floats as the bytes that they have in memory, which on every platform
// that the backends run on is little-endian, as the file is.
func bytesOf(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}
