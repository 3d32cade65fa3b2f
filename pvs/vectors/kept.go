package vectors

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Kept says whether NAME is a complete set of these ids, in this order, that was kept
// under the key by [Keep]: then it need not be made again.
func Kept(name, key string, ids []string) bool {
	had, err := os.ReadFile(base(name) + ".key")
	if err != nil || string(had) != key {
		return false
	}
	rows, err := OpenRows(name)
	if err != nil {
		return false
	}
	defer rows.Close()
	return slices.Equal(rows.IDs, ids)
}

// Keep notes in NAME.key what a complete set depends on.
func Keep(name, key string) error {
	err := wholefile.Write(base(name)+".key", func(w io.Writer) error {
		_, err := io.WriteString(w, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping %s: %w", name, err)
	}
	return nil
}

// Forget removes the note before a set is made anew.
func Forget(name string) error {
	if err := os.Remove(base(name) + ".key"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
