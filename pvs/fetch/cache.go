package fetch

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
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

// Check is what is known of a file before it is fetched; empty fields are not checked.
type Check struct {
	Size   int64
	SHA256 string // hexadecimal
	MD5    string // hexadecimal, for files whose publisher gives no better
}

// File says whether the file at path is the expected one.
func (c Check) File(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sha, md := sha256.New(), md5.New()
	n, err := io.Copy(io.MultiWriter(sha, md), f)
	if err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if c.Size > 0 && n != c.Size {
		return fmt.Errorf("%s has %d bytes, not the expected %d", filepath.Base(path), n, c.Size)
	}
	for _, sum := range []struct {
		name, want string
		hash       hash.Hash
	}{{"SHA-256", c.SHA256, sha}, {"MD5", c.MD5, md}} {
		if got := hex.EncodeToString(sum.hash.Sum(nil)); sum.want != "" && got != sum.want {
			return fmt.Errorf("%s has the %s %s, not the expected %s", filepath.Base(path), sum.name, got, sum.want)
		}
	}
	return nil
}
