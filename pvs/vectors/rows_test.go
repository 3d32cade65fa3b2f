package vectors

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestRows(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w, err := OpenWriter(name, 2, "k")
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"a", "b", "c"} {
		if err := w.Append(id, vec(float32(i), 7)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenRows(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	row := make([]float32, 2)
	if err := r.Read(2, row); err != nil || !slices.Equal(row, vec(2, 7)) || r.Dim != 2 || r.IDs[1] != "b" {
		t.Errorf("row %v, %v", row, err)
	}
	if r.Read(3, row) == nil || r.Read(-1, row) == nil || r.Read(0, row[:1]) == nil {
		t.Error("a vector that is not there was read")
	}
	if err := os.Truncate(name+".npy", 140); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRows(name); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v", err)
	}
}
