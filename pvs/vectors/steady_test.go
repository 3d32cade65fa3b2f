package vectors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// writeVersion writes a set whose ids and rows say which version it is.
func writeVersion(t *testing.T, name string, version int) {
	t.Helper()
	w, err := OpenWriter(name, 1, fmt.Sprint("version ", version))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := w.Append(fmt.Sprintf("%d-%d", version, i), vec(float32(version))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// A second writer is refused and touches nothing; the first ends as if alone.
func TestOneWriter(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	writeVersion(t, name, 1)
	w, err := OpenWriter(name, 1, "two")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Append("mine", vec(2)); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{name, name + ".npy", filepath.Join(filepath.Dir(name), ".", "set.ids")} {
		_, err := OpenWriter(other, 1, "three")
		if !errors.Is(err, onewriter.ErrBusy) || !strings.Contains(err.Error(), name) {
			t.Errorf("a second writer of %s: %v", other, err)
		}
	}
	if s, err := Read(name); err != nil || s.Len() != 50 {
		t.Errorf("the old set: %v, %v", s, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := Read(name); err != nil || !slices.Equal(s.IDs, []string{"mine"}) || s.Data[0] != 2 {
		t.Errorf("the first writer's set: %v, %v", s, err)
	}
	// A writer that could not start holds nothing.
	if err := os.Mkdir(name+".npy.part", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenWriter(name, 1, "k"); err == nil || errors.Is(err, onewriter.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if err := onewriter.Free(name); err != nil {
		t.Error(err)
	}
}

// Who reads while sets are written anew gets one of them, not the rows of one and the
// ids of the next.
func TestReadWhileWritten(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	writeVersion(t, name, 0)
	stop := make(chan struct{})
	var readers sync.WaitGroup
	check := func(ids []string, value float32) {
		for _, id := range ids {
			if !strings.HasPrefix(id, fmt.Sprint(value, "-")) {
				t.Errorf("the id %s has a row of version %v", id, value)
				return
			}
		}
	}
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				set, err := Read(name)
				if err != nil {
					t.Error(err)
					return
				}
				check(set.IDs, set.Data[0])
				rows, err := OpenRows(name)
				if err != nil {
					t.Error(err)
					return
				}
				row := vec(0)
				if err := rows.Read(49, row); err != nil {
					t.Error(err)
				}
				check(rows.IDs, row[0])
				rows.Close()
			}
		})
	}
	for version := range 60 {
		writeVersion(t, name, version)
	}
	close(stop)
	readers.Wait()
}

// A writer that was killed between the names of rows and ids leaves no set; the sentence
// says what to do.
func TestReadAfterKill(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	w := threeRows(t, name)
	if err := w.Suspend(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".npy.part", name+".npy"); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(name); err == nil || !strings.Contains(err.Error(), "the same command again would go on") {
		t.Errorf("got %v", err)
	}
}
