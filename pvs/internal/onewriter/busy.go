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

// writer names who holds the lock, as far as is known.
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

// note writes into a lock's file who holds it, for whoever comes next; without, only the
// message is shorter.
func note(path string) {
	machine, _ := os.Hostname()
	_ = os.WriteFile(path, fmt.Appendf(nil, "%d %s\n", os.Getpid(), machine), lockMode)
}

func holder(path string) string {
	text, _ := os.ReadFile(path)
	return strings.TrimSpace(string(text))
}

// Free says whether the lock of a name can be had now, and by [ErrBusy] who has it: for
// a program that wants to say so before long preparations. It changes nothing, and what
// writes the output takes the lock all the same.
func Free(name string) error { return free(name, fileOf(name)) }

// FreeFolder is [Free] for a folder.
func FreeFolder(dir string) error { return free(dir, fileIn(dir)) }

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
