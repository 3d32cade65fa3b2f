package whiten

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The file is safetensors (huggingface/safetensors, README.md, "Format"): the length of a
// JSON header in 8 bytes, the header, and the values. Its tensors are mean [In] and basis
// [Out, In], in float32; what else is known is metadata, texts all.
const (
	fileFormat  = "pvs whitening"
	fileVersion = "1"
	maxHeader   = 1 << 20 // bytes
	maxDim      = 1 << 16
)

type tensor struct {
	Kind    string   `json:"dtype"`
	Shape   []int64  `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

type header struct {
	Metadata map[string]string `json:"__metadata__"`
	Basis    tensor            `json:"basis"`
	Mean     tensor            `json:"mean"`
}

// Digest is the SHA-256, in hex, of all that the file of the whitening holds.
func (w *Whitening) Digest() string {
	meta, err := w.metadata()
	if err != nil {
		return ""
	}
	return digest(meta, w.values())
}

func digest(metadata map[string]string, values []byte) string {
	text, err := json.Marshal(metadata) // keys are sorted
	if err != nil {
		return ""
	}
	h := sha256.New()
	_, _ = h.Write(text) // a hash's Write does not fail
	_, _ = h.Write(values)
	return hex.EncodeToString(h.Sum(nil))
}

func (w *Whitening) metadata() (map[string]string, error) {
	origin, err := vectors.MarshalOrigin(w.Origin)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		"format": fileFormat, "version": fileVersion,
		"shape":     fmt.Sprintf("%d %d", w.Out, w.In),
		"shrinkage": strconv.FormatFloat(w.Shrinkage, 'g', -1, 64),
		"rows":      strconv.Itoa(w.Rows), "origin": string(origin),
	}, nil
}

// values are the bytes of basis and mean.
func (w *Whitening) values() []byte {
	data := make([]byte, 0, 4*(len(w.Basis)+len(w.Mean)))
	for _, part := range [][]float32{w.Basis, w.Mean} {
		for _, v := range part {
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
		}
	}
	return data
}

// Write makes the file, whole or not at all.
func (w *Whitening) Write(path string) error {
	meta, err := w.metadata()
	if err != nil {
		return fmt.Errorf("writing the whitening %s: %w", path, err)
	}
	values := w.values()
	meta["sha256"] = digest(meta, values)
	middle := 4 * int64(len(w.Basis))
	text, err := json.Marshal(header{meta,
		tensor{"F32", []int64{int64(w.Out), int64(w.In)}, [2]int64{0, middle}},
		tensor{"F32", []int64{int64(w.In)}, [2]int64{middle, int64(len(values))}}})
	if err == nil {
		text = append(text, bytes.Repeat([]byte{' '}, (8-len(text)%8)%8)...)
		err = wholefile.Write(path, func(to io.Writer) error {
			_, err := to.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(text))))
			if err == nil {
				_, err = to.Write(text)
			}
			if err == nil {
				_, err = to.Write(values)
			}
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("writing the whitening %s: %w", path, err)
	}
	return nil
}

// Read reads what [Whitening.Write] wrote, and checks its digest.
func Read(path string) (*Whitening, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no whitening at %s", path)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	w, err := read(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("the whitening %s cannot be used: %w; learn it again", path, err)
	}
	return w, nil
}

func read(r io.Reader, size int64) (*Whitening, error) {
	head, values, err := readFile(r, size)
	if err != nil {
		return nil, err
	}
	meta := head.Metadata
	if meta["format"] != fileFormat || meta["version"] != fileVersion {
		return nil, fmt.Errorf("its format is %.40q, version %.10q, not %q, version %s", meta["format"],
			meta["version"], fileFormat, fileVersion)
	}
	sum := meta["sha256"]
	delete(meta, "sha256")
	if sum != digest(meta, values) {
		return nil, errors.New("it was changed or damaged since it was written: its sha256 is another")
	}
	w := &Whitening{Out: int(head.Basis.Shape[0]), In: int(head.Basis.Shape[1])}
	if meta["shape"] != fmt.Sprintf("%d %d", w.Out, w.In) {
		return nil, fmt.Errorf("it speaks of the shape %.40q", meta["shape"])
	}
	if w.Shrinkage, err = strconv.ParseFloat(meta["shrinkage"], 64); err != nil {
		return nil, err
	}
	if w.Rows, err = strconv.Atoi(meta["rows"]); err != nil {
		return nil, err
	}
	if w.Origin, err = vectors.UnmarshalOrigin([]byte(meta["origin"])); err != nil {
		return nil, err
	}
	all := make([]float32, len(values)/4)
	for i := range all {
		all[i] = math.Float32frombits(binary.LittleEndian.Uint32(values[4*i:]))
		if v := float64(all[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("its value %d is no finite number", i)
		}
	}
	w.Basis, w.Mean = all[:w.Out*w.In], all[w.Out*w.In:]
	return w, nil
}

// readFile reads header and values and makes sure that they fit each other and the file.
func readFile(r io.Reader, size int64) (*header, []byte, error) {
	var length [8]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, nil, errors.New("it is cut off")
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n)+8 > size {
		return nil, nil, errors.New("it is cut off, or no safetensors file")
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, nil, errors.New("it is cut off")
	}
	head := &header{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(head); err != nil {
		return nil, nil, fmt.Errorf("its header is no whitening's (%w)", err)
	}
	if d.More() {
		return nil, nil, errors.New("its header has something behind its end")
	}
	b, m := head.Basis, head.Mean
	if b.Kind != "F32" || m.Kind != "F32" || len(b.Shape) != 2 || len(m.Shape) != 1 || b.Shape[0] < 1 ||
		b.Shape[0] > b.Shape[1] ||
		b.Shape[1] > maxDim || m.Shape[0] != b.Shape[1] {
		return nil, nil, errors.New("its tensors are not a basis [out, in] and a mean [in]")
	}
	middle := 4 * b.Shape[0] * b.Shape[1]
	end := middle + 4*m.Shape[0]
	if b.Offsets != [2]int64{0, middle} || m.Offsets != [2]int64{middle, end} || size != 8+int64(n)+end {
		return nil, nil, errors.New("its values are not where they should be; it is cut off or damaged")
	}
	values := make([]byte, end)
	if _, err := io.ReadFull(r, values); err != nil {
		return nil, nil, errors.New("it is cut off")
	}
	return head, values, nil
}
