package wholefile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Write makes path with what fill writes, by way of a temporary file in the same
// folder, which is made if need be. A full disk is said in a sentence with the way out.
func Write(path string, fill func(w io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return Explain(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*")
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

// Explain names the way out of a full disk.
func Explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("the disk is full; make room and start again, what is whole is kept: %w", syscall.ENOSPC)
	}
	return err
}
