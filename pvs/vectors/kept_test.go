package vectors

import (
	"os"
	"path/filepath"
	"testing"
)

// A set is used again only where its key and its ids are those that are wanted, and its
// files those that were written.
func TestKept(t *testing.T) {
	t.Parallel()
	ids := []string{"id-0", "id-1", "id-2"}
	name := filepath.Join(t.TempDir(), "set")
	if Kept(name, "k", ids) {
		t.Error("a set that is not there is kept")
	}
	w := threeRows(t, name)
	if Kept(name, "k", ids) {
		t.Error("half a set is kept")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !Kept(name, "k", ids) || Kept(name, "other", ids) || Kept(name, "k", ids[:2]) ||
		Kept(name, "k", []string{"id-0", "id-2", "id-1"}) {
		t.Error("key or ids are not looked at")
	}
	data, err := os.ReadFile(name + ".npy")
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-2] ^= 1
	if err := os.WriteFile(name+".npy", data, 0o644); err != nil {
		t.Fatal(err)
	}
	if Kept(name, "k", ids) {
		t.Error("a set of other values is kept")
	}
	if err := os.Truncate(name+".npy", 130); err != nil {
		t.Fatal(err)
	}
	if Kept(name, "k", ids) {
		t.Error("a cut-off set is kept")
	}
}
