package feed

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
)

// A photo that is replaced by one of its size within the moment in which times tell nothing
// is read again.
func TestStampOfPhotoChangedJustNow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "photo")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("photo")
	before, err := stampOf(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	write("other")
	now, err := stampOf(file, map[string]stamp.Stamp{file: before})
	if err != nil || now.SHA256 == before.SHA256 {
		t.Errorf("got %v for %v, %v", now, before, err)
	}
}
