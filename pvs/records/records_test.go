package records

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// What TensorFlow wrote is read: testdata/write_tensorflow.py.
func TestReadTensorFlow(t *testing.T) {
	t.Parallel()
	i := 0
	for data, err := range File("testdata/tensorflow.tfrecord") {
		if err != nil {
			t.Fatal(err)
		}
		r, err := recordOf(data)
		if err != nil {
			t.Fatal(err)
		}
		m, err := jpeg.Decode(bytes.NewReader(r.Image))
		if err != nil || m.Bounds().Dx() != 9 || r.Label != int64(5*i-1) {
			t.Errorf("record %d: label %d, %v", i, r.Label, err)
		}
		e, err := unmarshal(data)
		if want := []float32{float32(i), float32(i) / 2}; err != nil || !slices.Equal(e.Floats["emb"], want) {
			t.Errorf("record %d: %v, %v", i, e.Floats, err)
		}
		i++
	}
	if i != 3 {
		t.Errorf("%d records", i)
	}
}

// photosOf makes a catalogue of n pictures, some of them wide.
func photosOf(t testing.TB, n int) *catalog.Catalog {
	t.Helper()
	dir := t.TempDir()
	rows := "photo,path,split,product,category,title\n"
	for i := range n {
		m := image.NewNRGBA(image.Rect(0, 0, 20+3*i, 24))
		for p := range m.Pix {
			m.Pix[p] = uint8(p*7 + 31*i)
		}
		for x := range m.Bounds().Dx() { // a perimeter of one colour
			m.Set(x, 0, color.NRGBA{200, 10, 10, 255})
			m.Set(x, 23, color.NRGBA{200, 10, 10, 255})
		}
		var out bytes.Buffer
		if err := png.Encode(&out, m); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.png", i)), out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		rows += fmt.Sprintf("p%d,%d.png,train,,Things > %c,\n", i, i, 'A'+i%3)
	}
	if err := os.WriteFile(filepath.Join(dir, catalog.PhotosFile), []byte(rows), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var classes = []string{"Things > A", "Things > B"} // C is none of them

func write(t testing.TB, c *catalog.Catalog, name string, opts Options) *Manifest {
	t.Helper()
	m, err := Write(context.Background(), c, catalog.Train, classes, name, opts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Photos come back in their order, padded to squares, with their labels; shards are of
// the size that was asked for.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 9), filepath.Join(t.TempDir(), "train")
	m := write(t, c, name, Options{ShardBytes: 5000})
	if m.Records != 9 || len(m.Shards) < 3 || m.Quality != 95 {
		t.Fatalf("%+v", m)
	}
	s, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 9 {
		r, err := s.At(i)
		if err != nil {
			t.Fatal(err)
		}
		want := []int64{0, 1, -1}[i%3]
		got, err := imageprep.Decode(bytes.NewReader(r.Image), "record", imageprep.Limits{})
		if err != nil || r.Label != want || s.ID(i) != fmt.Sprint("p", i) {
			t.Fatalf("record %d: %s, label %d, %v", i, s.ID(i), r.Label, err)
		}
		photo, err := imageprep.Open(c.File(c.Photos[i]), imageprep.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if side := max(photo.Width, photo.Height); got.Width != side || got.Height != side {
			t.Errorf("record %d is %d x %d, not a square of %d", i, got.Width, got.Height, side)
		}
	}
	if _, err := s.At(9); err == nil {
		t.Error("there is no tenth record")
	}
	small := write(t, c, filepath.Join(t.TempDir(), "train"), Options{Pixels: 16})
	if small.Shards[0].Bytes >= m.Shards[0].Bytes*int64(len(m.Shards)) {
		t.Error("smaller squares take as many bytes")
	}
}

// Interrupted anywhere, writing goes on with the next shard and ends with the same bytes.
func TestResume(t *testing.T) {
	t.Parallel()
	c := photosOf(t, 12)
	whole, broken := filepath.Join(t.TempDir(), "train"), filepath.Join(t.TempDir(), "train")
	want := write(t, c, whole, Options{ShardBytes: 5000})
	for stop := 1; ; stop += 3 {
		ctx, cancel := context.WithCancel(context.Background())
		calls := 0
		opts := Options{ShardBytes: 5000, Progress: func(int, int) {
			if calls++; calls == stop {
				cancel()
			}
		}}
		_, err := Write(ctx, c, catalog.Train, classes, broken, opts)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	for _, shard := range want.Shards {
		a, err1 := os.ReadFile(filepath.Join(filepath.Dir(whole), shard.File))
		b, err2 := os.ReadFile(filepath.Join(filepath.Dir(broken), shard.File))
		if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs: %v, %v", shard.File, err1, err2)
		}
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(broken), "*"))
	if err != nil || len(left) != len(want.Shards)+2 /* manifest and stamps */ {
		t.Errorf("files: %v, %v", left, err)
	}
	// What is finished is not written again, and other settings are.
	opts := Options{ShardBytes: 5000, Progress: func(int, int) { t.Error("a photo is encoded again") }}
	write(t, c, whole, opts)
	if m := write(t, c, whole, Options{ShardBytes: 5000, Quality: 50}); m.Shards[0].SHA256 == want.Shards[0].SHA256 {
		t.Error("another quality made the same file")
	}
}

func TestSkipBad(t *testing.T) {
	t.Parallel()
	c := photosOf(t, 4)
	if err := os.WriteFile(c.File(c.Photos[1]), []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "train")
	if _, err := Write(context.Background(), c, catalog.Train, classes, name, Options{}); err == nil ||
		!strings.Contains(err.Error(), "photo p1 (photos.csv line 3)") {
		t.Errorf("got %v", err)
	}
	m := write(t, c, name, Options{SkipBad: true})
	if m.Records != 3 || len(m.Skipped) != 1 || !strings.Contains(m.Skipped[0], "p1") {
		t.Errorf("%+v", m)
	}
}

// A flipped bit is found and named, wherever it is; the other records are still read.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	c, name := photosOf(t, 3), filepath.Join(t.TempDir(), "train")
	m := write(t, c, name, Options{})
	path := filepath.Join(filepath.Dir(name), m.Shards[0].File)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := int(binary.LittleEndian.Uint64(good)) + headSize + tailSize
	for at := 0; at < first; at += 1 + first/97 {
		bad := slices.Clone(good)
		bad[at] ^= 4
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		read, failed := 0, 0
		for _, err := range File(path) {
			if err == nil {
				read++
				continue
			}
			failed++
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "the record at byte 0:") {
				t.Errorf("bit in byte %d: %v", at, err)
			}
		}
		if failed != 1 || read != 2 {
			t.Errorf("bit in byte %d: %d records read, %d damaged", at, read, failed)
		}
		set, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if _, err := set.At(i); (err != nil) != (i == 0) ||
				i == 0 && !strings.Contains(err.Error(), "the record at byte 0:") {
				t.Errorf("bit in byte %d, record %d: %v", at, i, err)
			}
		}
		set.Close()
	}
	for _, n := range []int{1, 15, first - 1, first + 5, len(good) - 1} {
		if err := os.WriteFile(path, good[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(name); err == nil || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
	huge := binary.LittleEndian.AppendUint64(nil, 1<<50)
	huge = binary.LittleEndian.AppendUint32(huge, masked(huge))
	if err := os.WriteFile(path, huge, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, err := range File(path) {
		if err == nil || !strings.Contains(err.Error(), "claims") {
			t.Errorf("got %v", err)
		}
	}
}

// TensorFlow reads what is written here and finds the same.
func TestTensorFlowReads(t *testing.T) {
	t.Parallel()
	python := os.Getenv("PVS_TENSORFLOW_PYTHON")
	if python == "" {
		t.Skip("PVS_TENSORFLOW_PYTHON names no python with TensorFlow")
	}
	c, name := photosOf(t, 5), filepath.Join(t.TempDir(), "train")
	m := write(t, c, name, Options{})
	script := `
import sys, tensorflow as tf
spec = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}
for raw in tf.data.TFRecordDataset(sys.argv[1]):
    e = tf.io.parse_single_example(raw, spec)
    print(int(e["label"]), *tf.io.decode_jpeg(e["image"]).shape)
`
	out, err := exec.Command(python, "-c", script, filepath.Join(filepath.Dir(name), m.Shards[0].File)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), "0 24 24 3\n1 24 24 3\n-1 26 26 3\n0 29 29 3\n1 32 32 3\n"; got != want {
		t.Errorf("TensorFlow read\n%s, want\n%s", got, want)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(Record{Image: []byte("jpeg"), Label: 3}.example().marshal())
	f.Add(tfExample{Floats: map[string][]float32{"emb": {1, 2}}}.marshal())
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := unmarshal(data)
		if err != nil {
			return
		}
		again, err := unmarshal(e.marshal())
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range e.Bytes {
			_, float := e.Floats[name]
			_, ints := e.Ints[name]
			if !float && !ints && !reflect.DeepEqual(v, again.Bytes[name]) {
				t.Errorf("%q: %q, then %q", name, v, again.Bytes[name])
			}
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add(appendFrame(nil, []byte("record")))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write(appendFrame(nil, []byte("record"))) // to memory
	_ = w.Close()
	f.Add(packed.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		s := &scanner{f: bytes.NewReader(data), size: int64(len(data)), readAhead: allBytes}
		s.each("x", func([]byte, error) bool { return true })
	})
}

func BenchmarkRead(b *testing.B) {
	c, name := photosOf(b, 20), filepath.Join(b.TempDir(), "train")
	write(b, c, name, Options{})
	s, err := Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		if _, err := s.At(i % 20); err != nil {
			b.Fatal(err)
		}
	}
}

func Example_wireFormat() {
	e := tfExample{Ints: map[string][]int64{"label": {7}}}
	again, err := unmarshal(e.marshal())
	fmt.Printf("%x %v %v\n", e.marshal(), again.Ints, err)
	// Output: 0a100a0e0a056c6162656c12051a030a0107 map[label:[7]] <nil>
}

// Names of shards, whatever they are, make a sentence or nothing.
func FuzzCheckShards(f *testing.F) {
	f.Add("x.tfrecord-00000-of-00002", "x.tfrecord-00001-of-00002")
	f.Add("a-1-of-9999999.tfrec", "a-99999999999999999999-of-1")
	f.Fuzz(func(t *testing.T, a, b string) {
		_ = CheckShards([]string{a, b})
		if i, n, ok := ShardOf(a); ok && (i < 0 || n < 1) {
			t.Errorf("%q is file %d of %d", a, i, n)
		}
	})
}
