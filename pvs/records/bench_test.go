package records

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// The benchmarks that docs/benchmarks/records.py sets beside TensorFlow's
// reader and writer; PVS_RECORDS_FILE names a file of photos or of embeddings.

// readAll reads a file of records and checks and decodes each.
func readAll(b *testing.B, decode func(data []byte) error) {
	path := os.Getenv("PVS_RECORDS_FILE")
	if path == "" {
		b.Skip("PVS_RECORDS_FILE names no TFRecord file")
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	n := 0
	for b.Loop() {
		for data, err := range File(path) {
			if err == nil {
				err = decode(data)
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
}

func BenchmarkReadPhotos(b *testing.B) {
	readAll(b, func(data []byte) error {
		_, err := recordOf(data)
		return err
	})
}

func BenchmarkReadEmbeddings(b *testing.B) {
	readAll(b, func(data []byte) error {
		_, err := EmbeddingOf(data)
		return err
	})
}

func BenchmarkWriteVectors(b *testing.B) {
	const n, dim = 20_000, 1280
	ids, read := vectorsOf(n, dim)
	b.SetBytes(n * (4*dim + 30))
	for b.Loop() {
		if _, err := WriteVectors(context.Background(), filepath.Join(b.TempDir(), "emb"), ids, dim, read,
			VectorOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "records/s")
}
