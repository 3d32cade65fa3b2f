package weights

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"unsafe"
)

// WriteSafetensors writes float32 tensors in the safetensors format, sorted by name,
// with texts for people and programs as its metadata.
func WriteSafetensors(w io.Writer, tensors map[string]Tensor, metadata map[string]string) error {
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
		size := 4 * int64(len(t.Data))
		header[name] = entry{"F32", t.Shape, [2]int64{at, at + size}}
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
		if _, err := w.Write(bytesOf(tensors[name].Data)); err != nil {
			return err
		}
	}
	return nil
}

// bytesOf views floats as the bytes that they have in memory, which on every platform
// that the backends run on is little-endian, as the file is.
func bytesOf(v []float32) []byte {
	if len(v) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*len(v))
}
