package records

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Embedding is a photo's vector as the original entry stored it: {emb: float32[dim],
// idx: int64}.
type Embedding struct {
	Vector []float32
	Index  int64 // the photo's index in a list
}

// The features of an embedding's example, as the original named them.
const (
	embFeature = "emb"
	idxFeature = "idx"
)

// EmbeddingOf takes a vector and its index from an example.
func EmbeddingOf(data []byte) (Embedding, error) {
	if e, ok := plainEmbedding(data); ok {
		return e, nil
	}
	e, err := unmarshal(data)
	if err != nil {
		return Embedding{}, err
	}
	vector, index := e.Floats[embFeature], e.Ints[idxFeature]
	if len(vector) == 0 || len(index) != 1 {
		return Embedding{}, fmt.Errorf("it holds %d values of emb and %d of idx, not a vector and one index", len(vector),
			len(index))
	}
	return Embedding{vector, index[0]}, nil
}

// VectorOptions of [WriteVectors]; zero values are defaults.
type VectorOptions struct {
	ShardBytes int64  // a shard ends with the record that reaches this; 0: 128 MiB
	Key        string // says what the vectors depend on; shards of another key are written anew
	// Origin says what made the vectors; it is carried in the manifest as it is.
	Origin   json.RawMessage
	Manifest string // file of the manifest; "": NAME.json
	Progress func(done, total int)
	Log      func(string) // gets a line where another set is replaced; may be nil
}

// WriteVectors makes shards of embeddings NAME-00000.tfrecord, ... and the manifest
// NAME.json, which has the ids: vector i is of ids[i], and its idx is i. Read copies
// vector i into dst of dim values, and is called from all cores. Like [Write] it goes on
// after an interruption and ends with the same bytes.
func WriteVectors(ctx context.Context, name string, ids []string, dim int, read func(i int, dst []float32) error,
	opts VectorOptions) (*Manifest, error) {
	if opts.ShardBytes == 0 {
		opts.ShardBytes = 128 << 20
	}
	if dim < 1 || opts.ShardBytes < 1 || len(ids) == 0 {
		return nil, fmt.Errorf("%d vectors of dimension %d in shards of %d bytes cannot be written",
			len(ids), dim, opts.ShardBytes)
	}
	h := sha256.New()
	fmt.Fprintf(h, "vectors %q %d %d\n", opts.Key, dim, opts.ShardBytes) // a hash's Write does not fail
	for _, id := range ids {
		_, _ = io.WriteString(h, id+"\n")
	}
	if opts.Manifest == "" {
		opts.Manifest = manifestFile(name)
	}
	w := &writer{name: name, manifestFile: opts.Manifest, items: len(ids),
		shardBytes: opts.ShardBytes, progress: opts.Progress,
		log:      opts.Log,
		manifest: Manifest{Dim: dim, Origin: opts.Origin, Asked: hex.EncodeToString(h.Sum(nil)[:8])},
		encode: func(i int) item {
			vector := make([]float32, dim)
			if err := read(i, vector); err != nil {
				return item{err: fmt.Errorf("vector %d (%s): %w", i, ids[i], err)}
			}
			return item{id: ids[i], frame: appendFrame(nil, marshalEmbedding(Embedding{vector, int64(i)}))}
		}}
	return w.write(ctx)
}

// marshalEmbedding is tfExample.marshal for this kind, which there are millions of.
func marshalEmbedding(e Embedding) []byte {
	// Lengths from the inside out: packed floats, their list, the feature, the entry.
	packed := 4 * len(e.Vector)
	list := sizeOf(packed)
	feature := sizeOf(list)
	emb := sizeOf(len(embFeature)) + sizeOf(feature)
	value := protowire.SizeVarint(uint64(e.Index))
	idx := sizeOf(len(idxFeature)) + sizeOf(sizeOf(sizeOf(value)))
	out := make([]byte, 0, sizeOf(sizeOf(emb)+sizeOf(idx)))
	out = appendHead(out, featuresField, sizeOf(emb)+sizeOf(idx))
	out = appendHead(out, featureField, emb)
	out = append(appendHead(out, keyField, len(embFeature)), embFeature...)
	out = appendHead(out, valueField, feature)
	out = appendHead(out, floatListField, list)
	out = appendHead(out, listField, packed)
	for _, v := range e.Vector {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(v))
	}
	out = appendHead(out, featureField, idx)
	out = append(appendHead(out, keyField, len(idxFeature)), idxFeature...)
	out = appendHead(out, valueField, sizeOf(sizeOf(value)))
	out = appendHead(out, intListField, sizeOf(value))
	out = appendHead(out, listField, value)
	return protowire.AppendVarint(out, uint64(e.Index))
}

// sizeOf is the size of a field of so many bytes with its tag and length; all tags have
// one byte.
func sizeOf(n int) int { return 1 + protowire.SizeBytes(n) }

func appendHead(out []byte, field protowire.Number, n int) []byte {
	return protowire.AppendVarint(protowire.AppendTag(out, field, protowire.BytesType), uint64(n))
}

// plainEmbedding reads what marshalEmbedding writes, and TensorFlow for the same
// example, without the maps of an [tfExample]: emb and idx alone, packed, in any order.
func plainEmbedding(data []byte) (e Embedding, ok bool) {
	features, rest, ok := field(data, featuresField)
	if !ok || len(rest) > 0 {
		return e, false
	}
	seen := 0
	for ; len(features) > 0; seen++ {
		var entry, key, value []byte
		if entry, features, ok = field(features, featureField); !ok {
			return e, false
		}
		if key, entry, ok = field(entry, keyField); !ok {
			return e, false
		}
		if value, entry, ok = field(entry, valueField); !ok || len(entry) > 0 {
			return e, false
		}
		switch string(key) {
		case embFeature:
			ok = e.floats(value)
		case idxFeature:
			ok = e.index(value)
		default:
			ok = false
		}
		if !ok {
			return e, false
		}
	}
	return e, seen == 2 && len(e.Vector) > 0
}

// field cuts off a first field that must be of a number and have a length.
func field(data []byte, number protowire.Number) (value, rest []byte, ok bool) {
	if len(data) == 0 || data[0] != byte(number<<3|protowire.Number(protowire.BytesType)) {
		return nil, nil, false
	}
	value, n := protowire.ConsumeBytes(data[1:])
	if n < 0 {
		return nil, nil, false
	}
	return value, data[1+n:], true
}

func (e *Embedding) floats(value []byte) bool {
	list, rest, ok := field(value, floatListField)
	if !ok || len(rest) > 0 || e.Vector != nil {
		return false
	}
	packed, rest, ok := field(list, listField)
	if !ok || len(rest) > 0 || len(packed)%4 != 0 {
		return false
	}
	e.Vector = make([]float32, len(packed)/4)
	for i := range e.Vector {
		e.Vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(packed[4*i:]))
	}
	return true
}

func (e *Embedding) index(value []byte) bool {
	list, rest, ok := field(value, intListField)
	if !ok || len(rest) > 0 {
		return false
	}
	packed, rest, ok := field(list, listField)
	if !ok || len(rest) > 0 {
		return false
	}
	v, n := protowire.ConsumeVarint(packed)
	e.Index = int64(v)
	return n == len(packed) && n > 0
}
