package fetch

import (
	"fmt"
	"os"
	"path/filepath"
)

// Cache is the folder of downloads and installations; "": pvs in the user's cache folder
// (os.UserCacheDir). The program that owns the process may set it at its start.
var Cache string

// CacheDir returns (and makes) a folder of [Cache].
func CacheDir(sub ...string) (string, error) {
	root := Cache
	if root == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding the cache folder: %w; name one (PVS_CACHE of the command pvs)", err)
		}
		root = filepath.Join(base, "pvs")
	}
	dir := filepath.Join(append([]string{root}, sub...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w; name a writable one (PVS_CACHE of the command pvs)", err)
	}
	return dir, nil
}
