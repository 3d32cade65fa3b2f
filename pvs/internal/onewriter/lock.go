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

// Held is a lock that is held, until its Release or the end of the process; one that is
// forgotten may be given back at any time.
type Held struct{ file *flock.Flock }

// Lock takes the lock of a name: of a file, or of several files NAME.* that belong
// together. It does not wait: where another process, or another part of this one, holds
// the lock, the error is [ErrBusy]. The folder is made if need be.
func Lock(name string) (*Held, error) {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of %s: %w", name, err)
	}
	return lock(name, fileOf(name))
}

// LockFolder takes the lock of a folder, which is made if need be, as [Lock] does that of
// a name. Names in the folder have their own.
func LockFolder(dir string) (*Held, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the folder %s: %w", dir, err)
	}
	return lock(dir, fileIn(dir))
}

// Wait takes the lock of a name and waits where another holds it, as is right for what
// all want to have alike. Say gets one line where it comes to that.
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

// lockMode is of a lock's file: who may write to the folder may lock what is in it, as
// far as the user's mask allows.
const lockMode = 0o666

// fileOf and fileIn name the file of a lock. Its leading dot keeps it out of the way of
// those who read the folder.
func fileOf(name string) string {
	name = filepath.Clean(name)
	return filepath.Join(filepath.Dir(name), "."+filepath.Base(name)+".lock")
}

func fileIn(dir string) string { return filepath.Join(dir, ".lock") }

// tries is how often a lock that is taken is asked for: [Free] of another process holds
// it for a moment.
const tries = 3

// lock takes the lock of an output by its file.
func lock(output, path string) (*Held, error) {
	for try := 1; ; {
		file, got, err := attempt(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // its holder removed it between two steps of this one
		}
		if err != nil {
			return nil, fmt.Errorf("locking %s, so that nobody else writes it: %w", output, err)
		}
		switch {
		case got && named(file):
			note(file.Path())
			return &Held{file}, nil
		case got:
			_ = file.Close() // the one before removed the file after it was opened here: take the new one
		case try == tries:
			return nil, busy{output, holder(file.Path())}
		default:
			try++
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// tryLock is the system's; a test stands in for a file system without locks.
var tryLock = (*flock.Flock).TryLock

// attempt opens the file and tries to lock it.
func attempt(path string) (*flock.Flock, bool, error) {
	file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(lockMode))
	got, err := tryLock(file)
	if errors.Is(err, fs.ErrPermission) {
		// What a crash of another user's left can be read at least, which is enough to
		// lock it.
		if _, there := os.Lstat(path); there == nil {
			_ = file.Close()
			file = flock.New(path, flock.SetFlag(os.O_RDONLY))
			got, err = tryLock(file)
		}
	}
	if lockless(err) {
		_ = file.Close()
		if path, err = elsewhere(path); err != nil {
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

// named says whether the locked file still is the one that has the name.
func named(file *flock.Flock) bool {
	locked, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(file.Path())
	return err == nil && os.SameFile(locked, there)
}

// Release gives the lock back and removes its file. A second call does nothing, and
// neither does one on nil.
func (h *Held) Release() {
	if h == nil || !h.file.Locked() {
		return
	}
	// Removed while it is held, so that nobody else's file is. Where an open file cannot
	// be removed it stays, which locks nothing.
	if named(h.file) {
		_ = os.Remove(h.file.Path())
	}
	_ = h.file.Close()
}
