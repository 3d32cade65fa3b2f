package vectors

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func vec(values ...float32) []float32 { return values }

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w, err := OpenWriter(name, 3, "key")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := w.Append(fmt.Sprint("id", i), vec(float32(i), 1, 2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Read(name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	if s.Len() != 5 || s.Dim != 3 || s.IDs[4] != "id4" || s.Row(4)[0] != 4 {
		t.Errorf("got %+v", s)
	}
	if err := s.Normalize(); err != nil {
		t.Fatal(err)
	}
	if v := s.Row(0); math.Abs(float64(v[1]*v[1]+v[2]*v[2])-1) > 1e-6 {
		t.Errorf("row 0 is not of unit length: %v", v)
	}
	if left, _ := filepath.Glob(name + "*"); len(left) != 3 {
		t.Errorf("files: %v", left)
	}
}

// threeRows starts a set of the key k and appends three rows.
func threeRows(t *testing.T, name string) *Writer {
	t.Helper()
	w, err := OpenWriter(name, 2, "k")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := w.Append(fmt.Sprint("id-", i), vec(float32(i), 1)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// A kill leaves the parts as the last flush and the operating system left them, cut
// anywhere; the next writer finds the whole rows.
func TestResume(t *testing.T) {
	t.Parallel()
	for _, cut := range []struct {
		name      string
		rows, ids int64 // bytes cut from each part
		want      int
	}{
		{"nothing cut", 0, 0, 3}, {"half a row", 5, 0, 2}, {"half an id", 0, 2, 2},
		{"all ids", 0, 15, 0}, {"header", 300, 0, 0},
	} {
		t.Run(cut.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "set")
			w := threeRows(t, name)
			if err := w.Suspend(); err != nil {
				t.Fatal(err)
			}
			for part, n := range map[string]int64{".npy.part": cut.rows, ".ids.part": cut.ids} {
				info, err := os.Stat(name + part)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.Truncate(name+part, max(0, info.Size()-n)); err != nil {
					t.Fatal(err)
				}
			}
			w, err := OpenWriter(name, 2, "k")
			if err != nil {
				t.Fatal(err)
			}
			if len(w.Done()) != cut.want {
				t.Fatalf("recovered %v, want %d", w.Done(), cut.want)
			}
			for i := cut.want; i < 4; i++ {
				if err := w.Append(fmt.Sprint("id-", i), vec(float32(i), 1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			s, err := Read(name)
			if err != nil || !reflect.DeepEqual(s.Data, vec(0, 1, 1, 1, 2, 1, 3, 1)) {
				t.Errorf("got %+v, %v", s, err)
			}
		})
	}
}

// A Close that cannot write the ids leaves the work to the next writer.
func TestFailedClose(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w, err := OpenWriter(name, 1, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append("a", vec(7)); err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(name+".ids", "folder")
	if err := os.MkdirAll(inTheWay, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil {
		t.Fatal("Close must fail")
	}
	if err := os.RemoveAll(name + ".ids"); err != nil {
		t.Fatal(err)
	}
	if w, err = OpenWriter(name, 1, "k"); err != nil || !reflect.DeepEqual(w.Done(), []string{"a"}) {
		t.Fatalf("recovered %v, %v", w.Done(), err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestImpossibleDimension(t *testing.T) {
	t.Parallel()
	for _, dim := range []int{0, -1} {
		if _, err := OpenWriter(filepath.Join(t.TempDir(), "set"), dim, "k"); err == nil {
			t.Errorf("dimension %d must be refused", dim)
		}
	}
}

func TestAnotherKeyStartsAnew(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w, err := OpenWriter(name, 2, "one")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append("a", vec(1, 2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	if w, err = OpenWriter(name, 2, "two"); err != nil || len(w.Done()) != 0 {
		t.Errorf("kept %v, %v", w.Done(), err)
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	good := append(npyHeader(2, 1), asBytes(vec(1, 2))...)
	for _, c := range []struct {
		name string
		npy  []byte
		ids  string
		say  string
	}{
		{"text", []byte("hello hello hello"), "a\nb\n", "no .npy file"},
		{"cut off", good[:len(good)-1], "a\nb\n", "cut off"},
		{"more rows than bytes", append(npyHeader(1<<30, 1<<20), 0), "a\n", "cut off"},
		{"other ids", good, "a\n", "2 vectors"},
		{"duplicate ids", good, "a\na\n", "id a"},
		{"NaN", append(npyHeader(2, 1), asBytes(vec(1, float32(math.NaN())))...), "a\nb\n", "vector 1 (b) holds NaN"},
		{"whole numbers", bytes.Replace(good, []byte("<f4"), []byte("<i8"), 1), "a\nb\n", "float32"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "set")
			if err := os.WriteFile(name+".npy", c.npy, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name+".ids", []byte(c.ids), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(name); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Errorf("got %v, want %q", err, c.say)
			}
		})
	}
	if _, err := Read(filepath.Join(t.TempDir(), "none")); !errors.Is(err, ErrNone) ||
		!strings.Contains(err.Error(), "none.") {
		t.Errorf("got %v", err)
	}
	if err := (&Set{IDs: []string{"z"}, Dim: 2, Data: vec(0, 0)}).Normalize(); err == nil {
		t.Error("a zero vector must be refused")
	}
}

// numpy reads ours and we read numpy's.
func TestNumpy(t *testing.T) {
	t.Parallel()
	if err := exec.Command("python3", "-c", "import numpy").Run(); err != nil {
		t.Skip("python3 with numpy is not here")
	}
	dir := t.TempDir()
	w, err := OpenWriter(filepath.Join(dir, "ours"), 2, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append("a", vec(1.5, -2)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	script := "import numpy as np; a=np.load('ours.npy'); assert a.tolist()==[[1.5,-2.0]], a; " +
		"np.save('theirs.npy', a*2); open('theirs.ids','w').write('a\\n')"
	cmd := exec.Command("python3", "-c", script)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	s, err := Read(filepath.Join(dir, "theirs"))
	if err != nil || !reflect.DeepEqual(s.Data, vec(3, -4)) {
		t.Errorf("got %+v, %v", s, err)
	}
}

func FuzzNPY(f *testing.F) {
	f.Add(npyHeader(2, 3))
	f.Add([]byte(npyMagic + "\x02\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = setOf(bytes.NewReader(data), int64(len(data)), "x.npy")
	})
}

func FuzzIDs(f *testing.F) {
	f.Add("a\r\nb\n")
	f.Fuzz(func(t *testing.T, text string) { _, _ = scanIDs(strings.NewReader(text)) })
}

func ExampleSet_Normalize() {
	s := Set{IDs: []string{"a"}, Dim: 2, Data: []float32{3, 4}}
	fmt.Println(s.Normalize(), s.Row(0))
	// Output: <nil> [0.6 0.8]
}
