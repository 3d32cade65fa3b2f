package fetch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Cache is the folder of downloads and installations; "": pvs in the user's cache folder
// (os.UserCacheDir). The program that owns the process may set it at its start.
var Cache string

// ErrCache marks errors about that folder, for [errors.Is]: naming another is a way out.
var ErrCache = errors.New("the cache folder")

// CacheDir returns (and makes) a folder of [Cache].
func CacheDir(sub ...string) (string, error) {
	root := Cache
	if root == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding %w: %w", ErrCache, err)
		}
		root = filepath.Join(base, "pvs")
	}
	dir := filepath.Join(append([]string{root}, sub...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making %w: %w", ErrCache, err)
	}
	return dir, nil
}
