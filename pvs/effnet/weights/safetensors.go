package weights

import (
	"encoding/json"
	"fmt"
)

// maxHeader bounds the memory that decoding the JSON takes; EfficientNet-B7's is 0.1 MB.
const maxHeader = 1 << 24

// metadataKey is the header's entry for texts.
const metadataKey = "__metadata__"

// parseSafetensors reads the safetensors format: the length of a JSON header, the
// header with dtype, shape and byte range of each tensor, then the values.
func parseSafetensors(data []byte) (tensors map[string]Tensor, metadata map[string]string, err error) {
	if len(data) < 8 {
		return nil, nil, fmt.Errorf("it is cut off in its first 8 bytes")
	}
	length := le.Uint64(data)
	if length > uint64(len(data)-8) {
		return nil, nil, fmt.Errorf("its header claims %d bytes of a file of %d: it is cut off or no safetensors file",
			length, len(data))
	}
	if length > maxHeader {
		return nil, nil, fmt.Errorf("its header of %d bytes is larger than the %d that are read", length, maxHeader)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(data[8:8+length], &header); err != nil {
		return nil, nil, fmt.Errorf("its header is no JSON: %w", err)
	}
	values := data[8+length:]
	tensors = make(map[string]Tensor, len(header))
	free := int64(len(values)) // tensors do not overlap, so each byte is decoded once
	for name, raw := range header {
		if name == metadataKey {
			if err := json.Unmarshal(raw, &metadata); err != nil {
				return nil, nil, fmt.Errorf("its metadata is no list of texts: %w", err)
			}
			continue
		}
		var entry struct {
			DType   string   `json:"dtype"`
			Shape   []int    `json:"shape"`
			Offsets [2]int64 `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &entry); err != nil {
			return nil, nil, fmt.Errorf("the header of tensor %q: %w", name, err)
		}
		from, to := entry.Offsets[0], entry.Offsets[1]
		if from < 0 || to < from || to > int64(len(values)) {
			return nil, nil, fmt.Errorf("tensor %q lies at bytes %d to %d of %d: the file is cut off",
				name, from, to, len(values))
		}
		n, ok := elements(entry.Shape, len(values))
		if size := elementTypes[entry.DType].size; !ok || size > 0 && int64(n)*int64(size) != to-from {
			return nil, nil, fmt.Errorf("tensor %q of shape %v and type %s does not fill its %d bytes", name, entry.Shape,
				entry.DType, to-from)
		}
		if free -= to - from; free < 0 {
			return nil, nil, fmt.Errorf("tensor %q overlaps with others, which the format forbids", name)
		}
		decoded, err := decode(entry.DType, values[from:to], n)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		tensors[name] = Tensor{Shape: entry.Shape, Data: decoded}
	}
	return tensors, metadata, nil
}
