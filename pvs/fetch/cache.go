package fetch

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir returns (and makes) a folder of the per-user cache: the folder named
// by PVS_CACHE, or pvs in the system's cache folder.
func CacheDir(sub ...string) (string, error) {
	root := os.Getenv("PVS_CACHE")
	if root == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("finding the cache folder: %w; name one by PVS_CACHE", err)
		}
		root = filepath.Join(base, "pvs")
	}
	dir := filepath.Join(append([]string{root}, sub...)...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w; name a writable one by PVS_CACHE", err)
	}
	return dir, nil
}
