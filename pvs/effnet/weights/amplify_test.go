package weights

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// h5File is an HDF5 file of one group at byte 512 with a local heap whose names start
// at byte 8192, and a B-tree from byte 1024 on.
type h5File []byte

func newH5(size int) h5File {
	b := make(h5File, size)
	copy(b, hdf5Magic)
	b[13], b[14] = 8, 8
	b.put(64, 512)
	b[512], b[520] = 1, 24 // an object header with 24 bytes of messages,
	b[528], b[530] = msgSymbolTable, 16
	b.put(536, 1024)
	b.put(544, 900)
	copy(b[900:], "HEAP")
	b.put(924, 8192)
	return b
}

func (b h5File) put(at int, v uint64) { le.PutUint64(b[at:], v) }

// node writes a B-tree node with equal children.
func (b h5File) node(at, level, children int, child uint64) {
	copy(b[at:], "TREE")
	b[at+5], b[at+6] = byte(level), byte(children)
	for i := range children {
		b.put(at+32+16*i, child)
	}
}

// treeOfTrees has nodes that all lead to the same next one: 8 KB, but 2^30 ways through.
func treeOfTrees() []byte {
	b := newH5(9000)
	const levels = 30
	for i := range levels {
		b.node(1024+64*i, 1, 2, uint64(1024+64*(i+1)))
	}
	b.node(1024+64*levels, 0, 0, 0)
	return b
}

// groupInItself has one member of a long name, which is the group.
func groupInItself(name int) []byte {
	b := newH5(8192 + name + 8)
	b.node(1024, 0, 1, 1500)
	copy(b[1500:], "SNOD")
	b[1506] = 1
	b.put(1516, 512)
	for i := range name {
		b[8192+i] = 'a'
	}
	return b
}

// zipOf is an archive as torch.save writes it, but for the method of its members.
func zipOf(t *testing.T, method uint16, pickle string, storage []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string][]byte{"a/data.pkl": []byte(pickle), "a/data/0": storage} {
		m, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tupleOfTuples doubles a value n times, which takes 5 bytes each, and makes it a name.
func tupleOfTuples(n int) []byte {
	return []byte("\x80\x02N" + strings.Repeat("q\x00h\x00\x86", n) + "X\x01\x00\x00\x00a\x93.")
}

// overlapping has n tensors that all take the same bytes.
func overlapping(n int) []byte {
	var entries []string
	for i := range n {
		entries = append(entries, fmt.Sprintf(`"%d":{"dtype":"U8","shape":[100000],"data_offsets":[0,100000]}`, i))
	}
	return safetensors("{"+strings.Join(entries, ",")+"}", make([]byte, 100000))
}

// Small files that claim large or endless work are refused, each for its own reason.
func TestAmplification(t *testing.T) {
	damaged := zipOf(t, zip.Store, "\x80\x02}.", []byte("storage"))
	damaged[bytes.Index(damaged, []byte("storage"))]++
	for _, c := range []struct {
		name  string
		parse func([]byte) (map[string]Tensor, error)
		data  []byte
		want  string
	}{
		{"h5: tree of trees", parseHDF5, treeOfTrees(), "parts"},
		{"h5: group in itself", parseHDF5, groupInItself(500), "circle"},
		{"h5: group in itself, nameless", parseHDF5, groupInItself(0), "circle"},
		{"h5: long name", parseHDF5, groupInItself(20000), "longer than 1024"},
		{"safetensors: overlap", onlyTensors, overlapping(1000), "overlaps"},
		{"safetensors: many dimensions", onlyTensors,
			safetensors(`{"a":{"dtype":"U8","shape":[1`+strings.Repeat(",1", 40)+`],"data_offsets":[0,1]}}`, []byte{1}),
			"does not fill"},
		{"pickle: tuple of tuples", onlyPyTorch, tupleOfTuples(64), "global without a name"},
		{"pickle: dictionary in itself", onlyPyTorch,
			zipOf(t, zip.Store, "\x80\x02}q\x00X\x0a\x00\x00\x00state_dicth\x00s.", nil), "dictionaries deep"},
		{"zip: compressed", onlyPyTorch, zipOf(t, zip.Deflate, "\x80\x02}.", make([]byte, 1<<20)), "compressed"},
		{"zip: damaged", onlyPyTorch, damaged, "checksum"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.parse(c.data)
			if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 400 {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

// Views of one storage may not add up to more values than the file has bytes.
func TestManyViews(t *testing.T) {
	s := storageID{kind: "U8", key: "0", elements: 1000}
	d := &dict{}
	for i := range 3 {
		d.keys = append(d.keys, fmt.Sprint(i))
		d.values = append(d.values, view{storage: s, shape: []int{1000}, strides: []int{1}})
	}
	storages := map[string][]byte{"0": make([]byte, 1000)}
	if _, _, err := tensorsOf(d, storages, "", 3000); err != nil {
		t.Error(err)
	}
	if _, _, err := tensorsOf(d, storages, "", 2999); err == nil {
		t.Error("3000 values were read from a file of 2999 bytes")
	}
}

// onlyTensors is the parser without its metadata.
func onlyTensors(data []byte) (map[string]Tensor, error) {
	tensors, _, err := parseSafetensors(data)
	return tensors, err
}

// onlyPyTorch is the parser without its notes.
func onlyPyTorch(data []byte) (map[string]Tensor, error) {
	tensors, _, err := parsePyTorch(data)
	return tensors, err
}
