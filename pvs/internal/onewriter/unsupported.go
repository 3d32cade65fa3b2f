package onewriter

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// unsupported says whether an error is that of a file system without locks: some network
// and user-space file systems.
func unsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// tempLockFile is the path of a lock's file in the folder for temporary files, which is
// the same for all spellings of the output's path.
func tempLockFile(path string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(path))
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	sum := sha256.Sum256([]byte(filepath.Join(dir, filepath.Base(path))))
	return filepath.Join(os.TempDir(), ".pvs-"+hex.EncodeToString(sum[:12])+".lock"), err
}
