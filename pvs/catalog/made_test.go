package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder with a catalogue is taken by who made it, of the same, and by nobody else.
func TestMade(t *testing.T) {
	dir := t.TempDir()
	a, b := Made{By: "pvs import", Of: "/shop"}, Made{By: "pvs data synth", Of: "seed 1, 320 pixels"}
	check := func(m Made, say string) {
		t.Helper()
		err := m.Check(dir, PhotosFile, "images")
		if say == "" && err != nil || say != "" && (err == nil || !strings.Contains(err.Error(), say)) {
			t.Errorf("%v: %v, want %q", m, err, say)
		}
	}
	check(a, "")
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o755); err != nil {
		t.Fatal(err)
	}
	check(a, "") // an empty folder is no catalogue
	if err := os.WriteFile(filepath.Join(dir, PhotosFile), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	check(a, "holds a catalogue of another program or person")
	if err := a.Write(dir); err != nil {
		t.Fatal(err)
	}
	check(a, "")
	check(b, "holds a catalogue of pvs import (/shop), which pvs data synth (seed 1, 320 pixels) would spoil: "+
		"name another folder, or move its photos.csv away")
	check(Made{By: a.By, Of: "/other"}, "pvs import (/shop)")
	if err := os.WriteFile(filepath.Join(dir, MadeFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	check(a, "cannot be read")
	if err := os.Remove(filepath.Join(dir, PhotosFile)); err != nil {
		t.Fatal(err)
	}
	check(b, "")
}
