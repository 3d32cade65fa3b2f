package wholefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Write makes path with what fill writes, by way of a temporary file in the same
// folder, which is made if need be. A full disk is said in a sentence with the way out.
func Write(path string, fill func(w io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return Explain(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), partPrefix(path)+"*")
	if err != nil {
		return Explain(err)
	}
	defer os.Remove(f.Name()) // fails once the file has its name
	err = fill(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return Explain(err)
}

func partPrefix(path string) string { return "." + filepath.Base(path) + ".part-" }

// Sweep removes what killed writings of path left. It is for who knows that nobody else
// writes path now; what cannot be removed stays.
func Sweep(path string) {
	dir, prefix := filepath.Dir(path), partPrefix(path)
	entries, _ := os.ReadDir(dir) // none where it is not there
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Explain names the way out of a full disk.
func Explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is full; make room and start again, what is whole is kept: %w", syscall.ENOSPC)
	}
	return err
}
