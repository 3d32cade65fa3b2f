package vectors

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// base returns a set's name without the .npy that a user may have typed.
func base(name string) string { return strings.TrimSuffix(strings.TrimSuffix(name, ".npy"), ".ids") }

// CheckName refuses what names a folder, or nothing: the files of a set would be hidden ones
// called .npy and .ids.
func CheckName(name string) error {
	b := base(name)
	last := filepath.Base(b)
	if b == "" {
		return fmt.Errorf("%q names no vectors: give them a name, as in index for index.npy and index.ids", name)
	}
	if os.IsPathSeparator(b[len(b)-1]) || last == "." || last == ".." {
		return fmt.Errorf("%q names a folder: name the vectors in it, as in %s", name, filepath.Join(b, "index"))
	}
	return nil
}

// ErrNone marks errors about vectors or ids that are not there, for [errors.Is].
var ErrNone = errors.New("there are no vectors")

// missing says that a file of a set is not there. The path is the set's name and an ending.
func missing(err error, path, what string) error {
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	name := strings.TrimSuffix(path, filepath.Ext(path))
	switch end := filepath.Ext(name); end {
	case ".json", ".stamps":
		return fmt.Errorf("%s is beside the %s %s.npy, not them: name them without that ending, %s", name, what,
			strings.TrimSuffix(name, end), strings.TrimSuffix(name, end))
	case ".parquet", ".pq", ".tfrecord":
		return fmt.Errorf("%s is no .npy: convert it to %s.npy first, whose name is %[2]s", name,
			strings.TrimSuffix(name, end))
	}
	return tag.Error(fmt.Errorf("there are no %s at %s", what, path), ErrNone)
}
