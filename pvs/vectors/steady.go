package vectors

import (
	"fmt"
	"os"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

// How long a reader waits for a set whose files are being given their names.
const (
	steadyTries = 40
	steadyPause = 50 * time.Millisecond
	// quietTries in turn must find files missing and nobody writing: a writer may end, or
	// begin, between the two looks.
	quietTries = 3
)

// steady reads the files of a set so that all are of one writing, also while another
// process writes the set anew: the old or the new set, or an error, never a mix.
//
// [Writer.Close] removes the ids, then puts the rows in their place, then the ids. So
// what is read while both files stay the same is of one writing; else read is called
// again.
func steady(name string, read func() error) error {
	path := name + ".npy"
	quiet := 0
	for try := 1; ; try++ {
		rows, _ := os.Open(path) // open until the end, so that the system gives its number to no other file
		before, _ := os.Lstat(name + ".ids")
		err := read()
		same := isStill(rows, path)
		if rows != nil {
			_ = rows.Close() // only read
		}
		ids, _ := os.Lstat(name + ".ids")
		if same && before != nil && ids != nil && os.SameFile(before, ids) {
			return err
		}
		writing := onewriter.Free(name) != nil
		if writing || err == nil || ids != nil && rows != nil {
			quiet = 0
		} else if quiet++; quiet == quietTries {
			if _, part := os.Lstat(name + ".ids.part"); part == nil {
				return fmt.Errorf("%w; its writing was interrupted, and the same command again would go on with it", err)
			}
			return err
		}
		if try == steadyTries {
			return fmt.Errorf("%s is just being written anew; read it when that has ended", name)
		}
		time.Sleep(steadyPause)
	}
}

// isStill says whether a path still leads to an open file.
func isStill(f *os.File, path string) bool {
	if f == nil {
		return false
	}
	was, err1 := f.Stat()
	is, err2 := os.Stat(path)
	return err1 == nil && err2 == nil && os.SameFile(was, is)
}

// Free says whether a set can be written now: the error names who writes it, or which file
// is in the way. It is for a program that wants to say so before long preparations; [OpenWriter] takes the set.
func Free(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	w := Writer{name: base(name)}
	if err := onewriter.Free(w.name); err != nil {
		return err
	}
	return w.mayReplace()
}
