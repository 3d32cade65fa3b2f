package vectors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
)

// of is a made stamp.
func of(i int) stamp.Stamp {
	return stamp.Stamp{Size: int64(100 + i), Modified: 7, Changed: 8, SHA256: [32]byte{byte(i), 1}}
}

// photoRows starts a stamped set of the key and appends rows id-0, id-1, ...
func photoRows(t *testing.T, name, key string, n int) *Writer {
	t.Helper()
	w, err := OpenStamped(name, 2, key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := w.AppendPhoto(fmt.Sprint("id-", i), vec(float32(i), 1), of(i)); err != nil {
			t.Fatal(err)
		}
	}
	w.Describe(Origin{Network: "mini", Weights: strings.Repeat("ab", 32)})
	return w
}

// A kill within Close loses nothing, wherever it strikes: with or without an older set
// under the name a reader finds the new set, or none, and never a mixed one; the next
// writer finds all rows, and completes the set.
func TestKilledInClose(t *testing.T) {
	t.Parallel()
	for _, old := range []bool{false, true} {
		for _, stamped := range []bool{false, true} {
			for kill := 0; ; kill++ {
				name := filepath.Join(t.TempDir(), "set")
				if old {
					if err := photoRows(t, name, "old", 5).Close(); err != nil {
						t.Fatal(err)
					}
				}
				begin := func() *Writer {
					if stamped {
						return photoRows(t, name, "k", 3)
					}
					return threeRows(t, name)
				}
				w := begin()
				note, err := w.seal()
				w.closeFiles()
				w.lock.Release()
				if err != nil {
					t.Fatal(err)
				}
				steps := w.naming(note)
				for _, step := range steps[:kill] {
					if err := step(); err != nil {
						t.Fatal(err)
					}
				}
				what := fmt.Sprintf("an old set %t, stamps %t, killed after step %d", old, stamped, kill)
				set, err := Read(name)
				switch named := kill >= len(steps)-1; {
				case err != nil && named || err == nil && !named && !(old && kill == 0):
					t.Errorf("%s: read %+v, %v", what, set, err)
				case err == nil && (set.Len() != 3) != (kill == 0):
					t.Errorf("%s: read %d rows", what, set.Len())
				}
				if stamped || kill < len(steps)-1 {
					if stamped {
						w, err = OpenStamped(name, 2, "k")
					} else {
						w, err = OpenWriter(name, 2, "k")
					}
					if err != nil || len(w.Done()) != 3 {
						t.Fatalf("%s: recovered %v, %v", what, w, err)
					}
					w.Describe(Origin{Network: "mini"})
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
				}
				if s, err := Read(name); err != nil || !reflect.DeepEqual(s.Data, vec(0, 1, 1, 1, 2, 1)) {
					t.Errorf("%s: %+v, %v", what, s, err)
				}
				stamps, err := ReadStamps(name)
				if stamped && !slices.Equal(stamps, []stamp.Stamp{of(0), of(1), of(2)}) || !stamped &&
					!errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s: stamps %v, %v", what, stamps, err)
				}
				parts, _ := filepath.Glob(name + "*.part")
				if len(parts) > 0 && (stamped || kill < len(steps)-1) {
					t.Errorf("%s: %v is left", what, parts)
				}
				if kill == len(steps) {
					break
				}
			}
		}
	}
}

// Rows of photos that changed are replaced in their place, those of photos that are gone
// left out, in parts and in a complete set, which is readable until the new one is there.
func TestReplaceAndDrop(t *testing.T) {
	for _, complete := range []bool{false, true} {
		for _, killed := range []bool{false, true} {
			t.Run(fmt.Sprintf("complete %t, killed %t", complete, killed), func(t *testing.T) {
				t.Parallel()
				name := filepath.Join(t.TempDir(), "set")
				w := photoRows(t, name, "k", 4)
				end := w.Suspend
				if complete {
					end = w.Close
				}
				if err := end(); err != nil {
					t.Fatal(err)
				}
				reopen := func() *Writer {
					w, err := OpenStamped(name, 2, "k")
					if err != nil || len(w.Done()) != 4 || len(w.Stamps()) != 4 {
						t.Fatalf("reopened %v, %v", w, err)
					}
					return w
				}
				w = reopen()
				if err := errors.Join(w.ReplacePhoto("id-1", vec(9, 9), of(11)), w.Drop([]string{"id-2"})); err != nil {
					t.Fatal(err)
				}
				if s, err := Read(name); (err == nil) != complete || complete && s.Row(1)[0] != 1 {
					t.Errorf("complete %t: while it is changed a reader finds %v, %v", complete, s, err)
				}
				if killed { // nothing is flushed or named
					w.closeFiles()
					w.lock.Release()
					w = reopen()
					if w.Stamps()[1] != of(11) || w.Stamps()[2] != (stamp.Stamp{}) {
						t.Errorf("after a kill the stamps are %v", w.Stamps())
					}
					if err := w.Drop([]string{"id-2"}); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.AppendPhoto("id-9", vec(5, 6), of(9)); err != nil {
					t.Fatal(err)
				}
				if w.Len() != 4 {
					t.Errorf("%d vectors", w.Len())
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				s, err := Read(name)
				if err != nil || !slices.Equal(s.IDs, []string{"id-0", "id-1", "id-3", "id-9"}) ||
					!slices.Equal(s.Data, vec(0, 1, 9, 9, 3, 1, 5, 6)) {
					t.Errorf("got %+v, %v", s, err)
				}
				if stamps, err := ReadStamps(name); err != nil ||
					!slices.Equal(stamps, []stamp.Stamp{of(0), of(11), of(3), of(9)}) {
					t.Errorf("stamps %v, %v", stamps, err)
				}
			})
		}
	}
}

// A complete set that nothing is done to stays what it is to the byte, but for what is
// said of the places of things.
func TestWholeStays(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "set")
	if err := photoRows(t, name, "k", 3).Close(); err != nil {
		t.Fatal(err)
	}
	read := func() string {
		data, err := os.ReadFile(name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	before := read()
	for _, from := range []string{"", "elsewhere"} {
		w, err := OpenStamped(name, 2, "k")
		if err != nil || !w.whole {
			t.Fatal(w, err)
		}
		w.Describe(Origin{Network: "mini", Weights: strings.Repeat("ab", 32), WeightsFrom: from})
		if err := errors.Join(w.Restamp([]stamp.Stamp{of(0), of(1), of(2)}), w.Close()); err != nil {
			t.Fatal(err)
		}
		if after := read(); (after == before) != (from == "") || from != "" && !strings.Contains(after, `"elsewhere"`) {
			t.Errorf("weights from %q: NAME.json is\n%s", from, after)
		}
		if s, err := Read(name); err != nil || s.Origin.WeightsFrom != from {
			t.Errorf("got %+v, %v", s, err)
		}
	}
	for what, damage := range map[string]func() error{
		"other stamps": func() error { return os.WriteFile(name+".stamps", []byte("no stamps"), 0o644) },
		"fewer stamps": func() error { return os.Truncate(name+".stamps", stampPlace(2)) },
		"no stamps":    func() error { return os.Remove(name + ".stamps") },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		w, err := OpenStamped(name, 2, "k")
		if err != nil || len(w.Done()) != 0 {
			t.Errorf("%s: rows are used again: %v, %v", what, w.Done(), err)
		}
		if err := w.Suspend(); err != nil {
			t.Fatal(err)
		}
		if err := photoRows(t, name, "k", 3).Close(); err != nil {
			t.Fatal(err)
		}
	}
}
