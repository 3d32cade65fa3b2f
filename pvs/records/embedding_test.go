package records

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// vectorsOf are n vectors with their ids and a function that reads them.
func vectorsOf(n, dim int) (ids []string, read func(i int, dst []float32) error) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("photo-%d", i))
	}
	return ids, func(i int, dst []float32) error {
		for d := range dst {
			dst[d] = float32(i) - float32(d)/8
		}
		return nil
	}
}

func TestVectorsRoundTrip(t *testing.T) {
	t.Parallel()
	ids, read := vectorsOf(40, 24)
	name := filepath.Join(t.TempDir(), "emb")
	m, err := WriteVectors(context.Background(), name, ids, 24, read, VectorOptions{ShardBytes: 1000})
	if err != nil || m.Records != 40 || m.Dim != 24 || len(m.Shards) != 5 {
		t.Fatalf("%+v, %v", m, err)
	}
	want, i := make([]float32, 24), 0
	for _, s := range m.Shards {
		for data, err := range File(filepath.Join(filepath.Dir(name), s.File)) {
			if err != nil {
				t.Fatal(err)
			}
			e, err := EmbeddingOf(data)
			if err2 := read(i, want); err != nil || err2 != nil || e.Index != int64(i) || !slices.Equal(e.Vector, want) {
				t.Errorf("record %d: %v, %v", i, e, err)
			}
			i++
		}
	}
	if i != 40 {
		t.Errorf("%d records", i)
	}
	if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "is of embeddings, not of photos") {
		t.Errorf("got %v", err)
	}
}

// The short way of writing and reading is the long way.
func TestPlainEmbedding(t *testing.T) {
	t.Parallel()
	for _, index := range []int64{0, 1, 127, 128, 1 << 40, math.MaxInt64, -1} {
		e := Embedding{Vector: []float32{1, float32(math.Inf(-1)), -0.25}, Index: index}
		long := tfExample{Floats: map[string][]float32{"emb": e.Vector}, Ints: map[string][]int64{"idx": {index}}}.marshal()
		if short := marshalEmbedding(e); !slices.Equal(short, long) {
			t.Errorf("index %d: %x, not %x", index, short, long)
		}
		got, ok := plainEmbedding(long)
		if !ok || got.Index != index || !slices.Equal(got.Vector, e.Vector) {
			t.Errorf("got %v, %v", got, ok)
		}
	}
	big := Embedding{Vector: make([]float32, 70_000), Index: 3}
	if got, ok := plainEmbedding(marshalEmbedding(big)); !ok || len(got.Vector) != 70_000 {
		t.Errorf("%d values, %v", len(got.Vector), ok)
	}
}

func TestEmbeddingOf(t *testing.T) {
	t.Parallel()
	// Another feature beside, and lists that are not packed, take the long way.
	e := tfExample{Floats: map[string][]float32{"emb": {1, 2}}, Ints: map[string][]int64{"idx": {7}, "label": {3}}}
	if got, err := EmbeddingOf(e.marshal()); err != nil || got.Index != 7 || !slices.Equal(got.Vector, []float32{1, 2}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, e := range []tfExample{{}, {Floats: map[string][]float32{"emb": {1}}}, {Ints: map[string][]int64{"idx": {1}}},
		{Floats: map[string][]float32{"emb": {1}}, Ints: map[string][]int64{"idx": {1, 2}}}} {
		if _, err := EmbeddingOf(e.marshal()); err == nil || !strings.Contains(err.Error(), "not a vector and one index") {
			t.Errorf("%v: %v", e, err)
		}
	}
	if _, err := EmbeddingOf([]byte("text")); err == nil {
		t.Error("text is no example")
	}
}

// TensorFlow wrote embeddings as the original did: testdata/write_tensorflow.py.
func TestReadTensorFlowEmbeddings(t *testing.T) {
	t.Parallel()
	i := 0
	for data, err := range File("testdata/embeddings.tfrecord") {
		if err != nil {
			t.Fatal(err)
		}
		e, ok := plainEmbedding(data)
		if !ok || e.Index != int64(300*i-1) || len(e.Vector) != 1280 || e.Vector[1279] != float32(i)+1279 {
			t.Errorf("record %d: index %d, %d values, short way %v", i, e.Index, len(e.Vector), ok)
		}
		i++
	}
	if i != 3 {
		t.Errorf("%d records", i)
	}
}

// TensorFlow reads embeddings that are written here and finds the same.
func TestTensorFlowReadsEmbeddings(t *testing.T) {
	t.Parallel()
	python := os.Getenv("PVS_TENSORFLOW_PYTHON")
	if python == "" {
		t.Skip("PVS_TENSORFLOW_PYTHON names no python with TensorFlow")
	}
	ids, read := vectorsOf(5, 3)
	name := filepath.Join(t.TempDir(), "emb")
	if _, err := WriteVectors(context.Background(), name, ids, 3, read, VectorOptions{}); err != nil {
		t.Fatal(err)
	}
	script := `
import sys, tensorflow as tf
spec = {"emb": tf.io.FixedLenFeature([3], tf.float32), "idx": tf.io.FixedLenFeature([], tf.int64)}
for raw in tf.data.TFRecordDataset(sys.argv[1]):
    e = tf.io.parse_single_example(raw, spec)
    print(int(e["idx"]), *e["emb"].numpy().tolist())
`
	out, err := exec.Command(python, "-c", script, name+"-00000.tfrecord").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out),
		"0 0.0 -0.125 -0.25\n1 1.0 0.875 0.75\n2 2.0 1.875 1.75\n3 3.0 2.875 2.75\n4 4.0 3.875 3.75\n"; got != want {
		t.Errorf("TensorFlow read\n%s, want\n%s", got, want)
	}
}

func FuzzEmbeddingOf(f *testing.F) {
	f.Add(marshalEmbedding(Embedding{[]float32{1, 2}, 7}))
	f.Fuzz(func(t *testing.T, data []byte) {
		short, ok := plainEmbedding(data)
		if !ok {
			_, _ = EmbeddingOf(data) // must not panic
			return
		}
		long, err := unmarshal(data)
		if err != nil || len(long.Floats["emb"]) != len(short.Vector) || len(long.Ints["idx"]) != 1 ||
			long.Ints["idx"][0] != short.Index {
			t.Errorf("the short way reads %v, the long one %v, %v", short, long, err)
		}
	})
}

func BenchmarkEmbeddingOf(b *testing.B) {
	data := marshalEmbedding(Embedding{make([]float32, 1280), 7})
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := EmbeddingOf(data); err != nil {
			b.Fatal(err)
		}
	}
}
