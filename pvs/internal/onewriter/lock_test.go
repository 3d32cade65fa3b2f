package onewriter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

func Example() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	lock, err := Lock(filepath.Join(dir, "index"))
	fmt.Println(err)
	_, err = Lock(filepath.Join(dir, "index"))
	fmt.Println(errors.Is(err, ErrBusy))
	lock.Release()
	// Output:
	// <nil>
	// true
}

// forms are the two kinds of output.
var forms = map[string]struct {
	lock func(string) (*Held, error)
	free func(string) error
}{
	"name": {Lock, Free}, "folder": {LockFolder, FreeFolder},
}

func TestLock(t *testing.T) {
	for kind, form := range forms {
		output := filepath.Join(t.TempDir(), "new", kind)
		if err := form.free(output); err != nil {
			t.Errorf("nobody writes the %s, but: %v", kind, err)
		}
		lock, err := form.lock(output)
		if err != nil {
			t.Fatal(err)
		}
		_, second := form.lock(output)
		for _, err := range []error{second, form.free(output)} {
			want := output + " is being written by another part of this program: wait until that ends, or write to another place"
			if !errors.Is(err, ErrBusy) || err.Error() != want {
				t.Errorf("a second writer of the %s: %v", kind, err)
			}
		}
		lock.Release()
		lock.Release()
		if err := form.free(output); err != nil {
			t.Errorf("after release: %v", err)
		}
		if lock, err = form.lock(output); err != nil {
			t.Errorf("after release: %v", err)
		}
		lock.Release()
		for _, pattern := range []string{".*lock", "*/.*lock"} {
			left, err := filepath.Glob(filepath.Join(filepath.Dir(output), pattern))
			if err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		}
	}
}

// One output has one lock, however it is spelled, and whether or not it is there.
func TestSpellings(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "link")); err != nil {
		t.Skip(err)
	}
	t.Chdir(dir)
	for kind, form := range forms {
		lock, err := form.lock(filepath.Join(dir, kind))
		if err != nil {
			t.Fatal(err)
		}
		// What the first writer makes does not change the name of the lock.
		if err := os.MkdirAll(kind, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, other := range []string{kind, "./" + kind, kind + "/", "link/" + kind, "link/../" + kind, "./link//" + kind} {
			if other == "link/../"+kind {
				other = filepath.Join("link", "..", kind) // as programs clean it
			}
			if held, err := form.lock(other); !errors.Is(err, ErrBusy) {
				t.Errorf("%s %s is locked a second time: %v", kind, other, err)
				held.Release()
			}
		}
		// Another output in the same folder is another's.
		other, err := form.lock(kind + "-2")
		if err != nil {
			t.Error(err)
		}
		other.Release()
		lock.Release()
	}
	// A folder and a name of the same spelling, and names in a folder, are different outputs.
	folder, err1 := LockFolder("both")
	name, err2 := Lock("both")
	inside, err3 := Lock("both/name")
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Error(err)
	}
	for _, h := range []*Held{folder, name, inside} {
		h.Release()
	}
}

// Where a file cannot be made, the sentence names output and file.
func TestNotWritable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, output := range []string{filepath.Join(file, "name"), filepath.Join("/proc/nowhere", "name")} {
		for kind, form := range forms {
			if err := form.free(output); err != nil {
				t.Errorf("%s %s: %v", kind, output, err)
			}
			if _, err := form.lock(output); err == nil || errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), output) {
				t.Errorf("%s %s: %v", kind, output, err)
			}
		}
	}
}

// What a crash of another user's left, who may write to the folder too, blocks nobody; a
// lock that is held does.
func TestOthersFile(t *testing.T) {
	output := filepath.Join(t.TempDir(), "set")
	if err := os.WriteFile(lockFile(output), []byte("1 elsewhere\n"), 0o444); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 { // who may write to all files
		calls := 0
		tryLock = func(f *flock.Flock) (bool, error) {
			if calls++; calls%2 == 1 { // the first of each attempt is for writing
				return false, &fs.PathError{Op: "open", Path: f.Path(), Err: fs.ErrPermission}
			}
			return f.TryLock()
		}
		defer func() { tryLock = (*flock.Flock).TryLock }()
	}
	lock, err := Lock(output)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(output); !errors.Is(err, ErrBusy) {
		t.Errorf("a second lock: %v", err)
	}
	lock.Release()
}

// On a file system without locks those of this machine are used.
func TestLockless(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	tryLock = func(f *flock.Flock) (bool, error) {
		if strings.HasPrefix(f.Path(), dir) {
			return false, &fs.PathError{Op: "flock", Path: f.Path(), Err: syscall.ENOSYS}
		}
		return f.TryLock()
	}
	defer func() { tryLock = (*flock.Flock).TryLock }()
	output := filepath.Join(dir, "set")
	lock, err := Lock(output)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(filepath.Join(dir, "..", filepath.Base(dir), "set")); !errors.Is(err, ErrBusy) {
		t.Errorf("a second lock: %v", err)
	}
	lock.Release()
	if lock, err = Lock(output); err != nil {
		t.Error(err)
	}
	lock.Release()
}

// Who waits says so once and gets the lock when it is free.
func TestWait(t *testing.T) {
	output := filepath.Join(t.TempDir(), "weights")
	first, err := Lock(output)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Wait(ctx, output, func(line string) {
		if !strings.HasSuffix(line, "which makes "+output) {
			t.Errorf("said %q", line)
		}
		cancel()
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	lines := 0
	lock, err := Wait(context.Background(), output, func(string) { lines++; first.Release() })
	if err != nil || lines != 1 {
		t.Errorf("%d lines, %v", lines, err)
	}
	lock.Release()
}

// A process that is killed leaves the file, which does not block.
func TestKilled(t *testing.T) {
	output := filepath.Join(t.TempDir(), "set")
	if os.Getenv("PVS_TEST_HOLDS") != "" {
		held, err := Lock(os.Getenv("PVS_TEST_HOLDS"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		time.Sleep(time.Hour) // until it is killed
		held.Release()
	}
	c := exec.Command(os.Args[0], "-test.run", "TestKilled")
	c.Env = append(os.Environ(), "PVS_TEST_HOLDS="+output)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("a test for another processor, in an emulator, cannot start itself")
	} else if err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%s is being written by another process (%d): wait until that ends, or write to another place",
		output, c.Process.Pid)
	if _, err := Lock(output); !errors.Is(err, ErrBusy) || err.Error() != want {
		t.Errorf("another process holds it, but: %v; want %s", err, want)
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // killed
	lock, err := Lock(output)
	if err != nil {
		t.Fatal(err)
	}
	lock.Release()
}

// Many who take and release never hold it two at a time, though the file comes and goes.
func TestRace(t *testing.T) {
	output := filepath.Join(t.TempDir(), "set")
	var holders, times atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 100 {
				_ = Free(output)
				lock, err := Lock(output)
				if errors.Is(err, ErrBusy) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if holders.Add(1) != 1 {
					t.Error("two hold it")
				}
				times.Add(1)
				holders.Add(-1)
				lock.Release()
			}
		})
	}
	all.Wait()
	if times.Load() == 0 {
		t.Error("nobody ever held it")
	}
}

// Under /proc nobody can make files: opening one says that it does not exist, again and again.
func TestLockWhereNoFileCanBe(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc here")
	}
	if _, err := Lock("/proc/self/output"); !errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrBusy) {
		t.Errorf("Lock gave %v, want an error of kind %v", err, fs.ErrNotExist)
	}
}
