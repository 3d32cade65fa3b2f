package onewriter

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gofrs/flock"
)

// ErrBusy says that another process, or another part of this one, writes the output.
var ErrBusy = errors.New("it is being written by another process")

// busy is an ErrBusy of an output.
type busy struct {
	output string
	holder string // "12345 machine", as note wrote it; may be empty
}

func (b busy) Error() string {
	return fmt.Sprintf("%s is being written by %s: wait until that ends, or write to another place", b.output, b.writer())
}

func (b busy) Is(target error) bool { return target == ErrBusy }

// writer describes the process that holds the lock, as far as it is known.
func (b busy) writer() string {
	process, machine, ok := strings.Cut(b.holder, " ")
	switch here, _ := os.Hostname(); {
	case !ok || process == "":
		return "another process"
	case machine != here:
		return fmt.Sprintf("another process (%s on %s)", process, machine)
	case process == fmt.Sprint(os.Getpid()):
		return "another part of this program"
	default:
		return fmt.Sprintf("another process (%s)", process)
	}
}

// writeHolder writes process and machine into a lock's file, for messages of other
// processes; an error only makes those less precise.
func writeHolder(path string) {
	machine, _ := os.Hostname()
	_ = os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", os.Getpid(), machine), lockMode)
}

func holder(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

// Free returns nil if the lock of a name is free now, else an [ErrBusy], for a program
// that wants to say so before long preparations. It does not take the lock.
func Free(name string) error { return free(name, lockFile(name)) }

// FreeFolder is [Free] for a folder.
func FreeFolder(dir string) error { return free(dir, folderLockFile(dir)) }

func free(output, path string) error {
	if _, err := os.Lstat(path); err != nil {
		return nil // nobody wrote a lock's file there, or it cannot be seen: Lock will say
	}
	file := flock.New(path, flock.SetFlag(os.O_RDONLY))
	defer file.Close()
	if got, err := file.TryRLock(); got || err != nil {
		return nil
	}
	return busy{output, holder(path)}
}
