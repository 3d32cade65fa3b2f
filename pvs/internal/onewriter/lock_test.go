package onewriter

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
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

func TestLock(t *testing.T) {
	dir := t.TempDir()
	for _, output := range []string{dir, filepath.Join(dir, "new", "name")} {
		lock, err := Lock(output)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Lock(output)
		if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), output) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
			t.Errorf("a second writer of %s: %v", output, err)
		}
		lock.Release()
		lock.Release()
		if lock, err = Lock(output); err != nil {
			t.Errorf("after release: %v", err)
		}
		lock.Release()
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A process that is killed leaves the file, which does not block.
func TestKilled(t *testing.T) {
	output := filepath.Join(t.TempDir(), "set")
	if os.Getenv("PVS_TEST_HOLDS") != "" {
		if _, err := Lock(os.Getenv("PVS_TEST_HOLDS")); err != nil {
			t.Fatal(err)
		}
		fmt.Println("held")
		select {}
	}
	c := exec.Command(os.Args[0], "-test.run", "TestKilled")
	c.Env = append(os.Environ(), "PVS_TEST_HOLDS="+output)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(output); !errors.Is(err, ErrBusy) {
		t.Errorf("another process holds it, but: %v", err)
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
			for range 200 {
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
