package onewriter

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gofrs/flock"
)

// ErrBusy says that another process writes the output.
var ErrBusy = errors.New("another process is writing it")

// Held is a lock that is held.
type Held struct{ file *flock.Flock }

// Lock takes the lock of an output: a folder that is there (its lock is DIR/.lock), or
// a name (NAME.lock beside it; its folder is made if need be). It does not wait: where
// another process, or another part of this one, holds the lock, the error is [ErrBusy]
// with the output's name, the process's number and the way out.
func Lock(output string) (*Held, error) {
	path, err := lockFile(output)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", output, err)
	}
	for {
		file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o644))
		got, err := file.TryLock()
		if err != nil {
			return nil, fmt.Errorf("locking %s by the file %s: %w", output, path, err)
		}
		if !got {
			return nil, busy(output, path)
		}
		if !named(file, path) {
			_ = file.Close() // the one before removed the file after it was opened here: take the new one
			continue
		}
		// For the message of who comes next; a number that is not there only shortens it.
		_ = os.WriteFile(path, fmt.Appendf(nil, "%d\n", os.Getpid()), 0o644)
		return &Held{file}, nil
	}
}

// lockFile returns the lock file of an output and makes its folder.
func lockFile(output string) (string, error) {
	if info, err := os.Stat(output); err == nil && info.IsDir() {
		return filepath.Join(output, ".lock"), nil
	}
	return filepath.Clean(output) + ".lock", os.MkdirAll(filepath.Dir(output), 0o755)
}

// named says whether the locked file still is the one that has the name.
func named(file *flock.Flock, path string) bool {
	locked, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(locked, there)
}

func busy(output, path string) error {
	who := ""
	if pid, err := os.ReadFile(path); err == nil && len(pid) > 0 {
		who = fmt.Sprintf(" (process %s)", strings.TrimSpace(string(pid)))
	}
	return fmt.Errorf("%s: %w%s; wait until it ends, or write to another place", output, ErrBusy, who)
}

// Release gives the lock back and removes its file. A second call does nothing, and
// neither does one on nil.
func (h *Held) Release() {
	if h == nil || !h.file.Locked() {
		return
	}
	// Removed while it is held, so that nobody else's file is. Where an open file cannot
	// be removed it stays, which locks nothing.
	_ = os.Remove(h.file.Path())
	_ = h.file.Close()
}
