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

// Write writes path atomically: write writes to a temporary file in the same folder,
// which then gets the name. The folder is made if it is not there. Errors go through
// [Explain].
func Write(path string, write func(w io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return Explain(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), partPrefix(path)+"*")
	if err != nil {
		return Explain(err)
	}
	defer os.Remove(f.Name()) // fails once the file has its name
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	return Explain(err)
}

// Start reads a file, but no more than its first n bytes.
func Start(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}

func partPrefix(path string) string { return "." + filepath.Base(path) + ".part-" }

// Sweep removes the temporary files that killed processes left of path. Call it only
// where no other process writes path now. A file that cannot be removed stays.
func Sweep(path string) {
	dir, prefix := filepath.Dir(path), partPrefix(path)
	entries, _ := os.ReadDir(dir) // none where it is not there
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// Explain adds to the error of a full disk what to do.
func Explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is full; free some space and start again, complete files are kept: %w", syscall.ENOSPC)
	}
	return err
}
