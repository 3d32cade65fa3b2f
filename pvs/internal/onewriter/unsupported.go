package onewriter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// lockless says whether an error is that of a file system without locks: some network
// and user-space ones.
func lockless(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// elsewhere is the file of a lock in the folder for temporary files, which is the same
// however the output is spelled.
func elsewhere(path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	sum := sha256.Sum256([]byte(filepath.Join(dir, filepath.Base(path))))
	return filepath.Join(os.TempDir(), ".pvs-"+hex.EncodeToString(sum[:12])+".lock"), err
}
