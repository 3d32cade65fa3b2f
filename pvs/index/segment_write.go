package index

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/index/codes"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// rotationSeed is of all rotations; which one it is does not matter.
const rotationSeed = 1

// block is how many rows are worked on at a time.
const block = 1024

// segmentWriter makes a segment.
type segmentWriter struct {
	dir, name  string
	dim        int
	keys       []int64
	products   []uint32
	categories []uint32
	factors    []float32
	sum        []float64 // of all vectors
	centre     []float32
}

// writeSegment makes a segment of the photos with keys in (from, to], and returns what a pointer says of it; of no
// photos there is none.
func writeSegment(ctx context.Context, q queryer, dir, name string, dim int, from, to int64) (*segmentName, error) {
	w := &segmentWriter{dir: filepath.Join(dir, codesFolder, name), name: name, dim: dim, sum: make([]float64, dim)}
	if err := os.RemoveAll(w.dir); err != nil { // what a kill left
		return nil, err
	}
	if err := os.MkdirAll(w.dir, 0o755); err != nil {
		return nil, err
	}
	err := w.copyVectors(ctx, q, from, to)
	if err == nil && len(w.keys) == 0 {
		return nil, os.RemoveAll(w.dir)
	}
	if err == nil {
		err = w.encode(ctx)
	}
	var digest string
	if err == nil {
		digest, err = w.finish()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(w.dir))
	}
	return &segmentName{Name: name, To: to, Rows: len(w.keys), Head: digest}, nil
}

// copyVectors copies the vectors from the database into the file "vectors" and adds them up.
func (w *segmentWriter) copyVectors(ctx context.Context, q queryer, from, to int64) error {
	f, err := os.Create(filepath.Join(w.dir, vectorsFile))
	if err != nil {
		return err
	}
	buf := bufio.NewWriterSize(f, 1<<20)
	var blob sql.RawBytes
	var sum [4]byte
	values := make([]float32, 0, w.dim)
	err = each(ctx, q, func(r *sql.Rows) error {
		var key, product, category, crc int64
		if err := r.Scan(&key, &product, &category, &blob, &crc); err != nil {
			return err
		}
		if err := checkBlob(key, blob, w.dim, crc); err != nil {
			return err
		}
		values = asFloats(values[:0], blob)
		for d, x := range values {
			w.sum[d] += float64(x)
		}
		w.keys = append(w.keys, key)
		w.products, w.categories = append(w.products, uint32(product)), append(w.categories, uint32(category))
		binary.LittleEndian.PutUint32(sum[:], uint32(crc))
		if _, err := buf.Write(blob); err != nil {
			return err
		}
		_, err := buf.Write(sum[:])
		return err
	}, "SELECT photos.key, product, category, vector, crc32c FROM photos JOIN vectors ON vectors.key = photos.key "+
		"WHERE photos.key > ? AND photos.key <= ? ORDER BY photos.key", from, to)
	if err == nil {
		err = buf.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// checkBlob says whether a vector in the database is what was written.
func checkBlob(key int64, blob []byte, dim int, crc int64) error {
	if len(blob) == 4*dim && int64(crc32.Checksum(blob, castagnoli)) == crc {
		return nil
	}
	return tag.Error(fmt.Errorf("the vector of the photo with key %d in %s is damaged: remove that photo, or take a "+
		"copy of the index that was kept", key, databaseFile), ErrDatabase)
}

// encode makes the codes from the file "vectors" and writes the file "bits".
func (w *segmentWriter) encode(ctx context.Context) error {
	n, words := len(w.keys), codes.Words(w.dim)
	for _, s := range w.sum {
		w.centre = append(w.centre, float32(s/float64(n)))
	}
	w.factors = make([]float32, n)
	rotation := codes.NewRotation(w.dim, rotationSeed)
	from, err := os.Open(filepath.Join(w.dir, vectorsFile))
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.Create(filepath.Join(w.dir, bitsFile))
	if err != nil {
		return err
	}
	err = cores.Each(ctx, (n+block-1)/block, func(i int) error {
		e := codes.NewEncoder(rotation, w.centre)
		begin, end := i*block, min((i+1)*block, n)
		data := make([]byte, (end-begin)*stride(w.dim))
		if _, err := from.ReadAt(data, int64(begin)*int64(stride(w.dim))); err != nil {
			return err
		}
		code, values := make([]uint64, words), make([]float32, 0, w.dim)
		var out []byte
		for row := begin; row < end; row++ {
			values = asFloats(values[:0], data[(row-begin)*stride(w.dim):][:4*w.dim])
			w.factors[row] = e.Encode(values, code)
			for _, c := range code {
				out = binary.LittleEndian.AppendUint64(out, c)
			}
		}
		_, err := to.WriteAt(out, int64(begin)*int64(8*words))
		return err
	})
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}

// finish writes the other files and returns the digest of the head.
func (w *segmentWriter) finish() (string, error) {
	path := filepath.Join(w.dir, columnsFile)
	err := wholefile.Write(path, func(to io.Writer) error {
		buf := bufio.NewWriterSize(to, 1<<20)
		for _, column := range []any{w.keys, w.factors, w.products, w.categories, w.centre} {
			if err := binary.Write(buf, binary.LittleEndian, column); err != nil {
				return err
			}
		}
		return buf.Flush()
	})
	if err != nil {
		return "", err
	}
	h := head{Version: formatVersion, Rows: len(w.keys), Dim: w.dim, Seed: rotationSeed, Sums: map[string][]uint32{}}
	s := &segment{name: w.dir}
	for file, size := range map[string]int64{bitsFile: int64(len(w.keys)) * int64(codes.Words(w.dim)) * 8,
		columnsFile: columnBytes(len(w.keys), w.dim)} {
		data, err := s.mapFile(file, size)
		if err != nil {
			return "", err
		}
		h.Sums[file] = sums(data)
	}
	s.users.Store(1)
	s.release()
	text, err := json.Marshal(&h)
	if err != nil {
		return "", err
	}
	err = wholefile.Write(filepath.Join(w.dir, headFile), func(to io.Writer) error {
		_, err := to.Write(text)
		return err
	})
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), errors.Join(err, syncFile(w.dir))
}
