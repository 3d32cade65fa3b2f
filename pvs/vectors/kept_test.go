package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

// A set is used again only where its key and its ids are those that are wanted.
func TestKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "set")
	ids := []string{"id-0", "id-1", "id-2"}
	if Kept(name, "k", ids) {
		t.Error("a set that is not there is kept")
	}
	w := threeRows(t, name)
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	if err := Keep(name, "k"); err != nil {
		t.Fatal(err)
	}
	if Kept(name, "k", ids) {
		t.Error("half a set is kept")
	}
	w, err := OpenWriter(name, 2, "k")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !Kept(name, "k", ids) || Kept(name, "other", ids) || Kept(name, "k", ids[:2]) || Kept(name, "k", []string{"id-0", "id-2", "id-1"}) {
		t.Error("key or ids are not looked at")
	}
	if err := Forget(name); err != nil || Kept(name, "k", ids) {
		t.Errorf("a forgotten set is kept, %v", err)
	}
	if err := Forget(name); err != nil {
		t.Errorf("forgetting twice: %v", err)
	}
	if err := Keep(name, "k"); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name+".npy", 130); err != nil {
		t.Fatal(err)
	}
	if Kept(name, "k", ids) {
		t.Error("a cut-off set is kept")
	}
}
