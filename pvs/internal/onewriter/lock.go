package onewriter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// Held is a lock that is held until its Release or the end of the process. One that is no
// longer referenced may be released by the garbage collector.
type Held struct{ file *flock.Flock }

// Lock takes the lock of a name: of a file, or of several files NAME.* that belong
// together. It does not wait: where another process, or another part of this one, holds
// the lock, the error is [ErrBusy]. The folder is made if need be.
func Lock(name string) (*Held, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", name, err)
	}
	return lock(name, lockFile(name))
}

// LockFolder takes the lock of a folder, which is made if need be, as [Lock] does that of
// a name. Names in the folder have their own.
func LockFolder(dir string) (*Held, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder %s: %w", dir, err)
	}
	return lock(dir, folderLockFile(dir))
}

// Wait takes the lock of a name and waits while another process holds it: for a download
// or an installation that one process does for all. Say is called once if it has to wait.
func Wait(ctx context.Context, name string, say func(string)) (*Held, error) {
	const pause = 100 * time.Millisecond
	for said := false; ; said = true {
		held, err := Lock(name)
		var b busy
		if !errors.As(err, &b) {
			return held, err
		}
		if !said {
			say(fmt.Sprintf("waiting for %s, which makes %s", b.writer(), name))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// lockMode is the mode of a lock's file: whoever may write to the folder may lock what is
// in it, subject to the umask.
const lockMode = 0o666

// lockFile and folderLockFile are the paths of a lock's file, which is hidden by a leading dot.
func lockFile(name string) string {
	name = filepath.Clean(name)
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".lock")
}

func folderLockFile(dir string) string { return filepath.Join(dir, ".lock") }

// attempts is how often a lock that is taken is tried: [Free] in another process holds it
// for a moment. A lock's file that is gone between two steps is tried more often, as that
// takes no time; where it stays gone, nobody can make files there (as under /proc).
const attempts, attemptsGone = 3, 100

// lock takes the lock of an output by its file.
func lock(output, path string) (*Held, error) {
	for try, gone := 1, 1; ; {
		file, got, err := attempt(path)
		if errors.Is(err, fs.ErrNotExist) && gone < attemptsGone {
			gone++
			continue // its holder removed it between two steps of this one
		}
		if err != nil {
			return nil, fmt.Errorf("locking %s, so that nobody else writes it: %w", output, err)
		}
		switch {
		case got && isCurrent(file):
			writeHolder(file.Path())
			return &Held{file}, nil
		case got:
			_ = file.Close() // the one before removed the file after it was opened here: take the new one
		case try == attempts:
			return nil, busy{output, holder(file.Path())}
		default:
			try++
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// tryLock is the system's call; a test replaces it to simulate a file system without locks.
var tryLock = (*flock.Flock).TryLock

// attempt opens the file and tries to lock it.
func attempt(path string) (*flock.Flock, bool, error) {
	file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(lockMode))
	got, err := tryLock(file)
	if errors.Is(err, fs.ErrPermission) {
		// The file that another user's process left in a crash is readable, which is enough
		// to lock it.
		if _, there := os.Lstat(path); there == nil {
			_ = file.Close()
			file = flock.New(path, flock.SetFlag(os.O_RDONLY))
			got, err = tryLock(file)
		}
	}
	if unsupported(err) {
		_ = file.Close()
		if path, err = tempLockFile(path); err != nil {
			return nil, false, err
		}
		file = flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(lockMode))
		got, err = tryLock(file)
	}
	if err != nil || !got {
		_ = file.Close()
	}
	return file, got, err
}

// isCurrent says whether the locked file is still the one at the path.
func isCurrent(file *flock.Flock) bool {
	locked, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(file.Path())
	return err == nil && os.SameFile(locked, there)
}

// Release releases the lock and removes its file. A second call does nothing, and neither
// does one on nil.
func (h *Held) Release() {
	if h == nil || !h.file.Locked() {
		return
	}
	// Removed while the lock is held, so that it is not another process's file. Where an
	// open file cannot be removed it stays, but locks nothing.
	if isCurrent(h.file) {
		_ = os.Remove(h.file.Path())
	}
	_ = h.file.Close()
}
