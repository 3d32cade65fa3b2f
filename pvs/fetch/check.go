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

// Check is what is known of a file before it is fetched; empty fields are not checked.
type Check struct {
	Size   int64
	SHA256 string // hexadecimal
	MD5    string // hexadecimal, for files whose publisher has no other digest
}

// File says whether the file at path is the expected one.
func (c Check) File(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	s := c.verifier()
	if _, err := io.Copy(s, f); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	if err := s.verify(); err != nil {
		return fmt.Errorf("%s %w", filepath.Base(path), err)
	}
	return nil
}

// verifier is a writer that computes the size and digests that a Check compares.
type verifier struct {
	Check
	n       int64
	digests []digest
}

type digest struct {
	name, want string
	hash.Hash
}

// verifier returns a writer for the file's bytes.
func (c Check) verifier() *verifier {
	s := &verifier{Check: c}
	if c.SHA256 != "" {
		s.digests = append(s.digests, digest{"SHA-256", c.SHA256, sha256.New()})
	}
	if c.MD5 != "" {
		s.digests = append(s.digests, digest{"MD5", c.MD5, md5.New()})
	}
	return s
}

func (s *verifier) Write(p []byte) (int, error) {
	s.n += int64(len(p))
	for _, h := range s.digests {
		h.Write(p) // a hash never returns an error
	}
	return len(p), nil
}

// verify says what differs, once all bytes are written.
func (s *verifier) verify() error {
	if s.Size > 0 && s.n != s.Size {
		return fmt.Errorf("has %d bytes, not the expected %d", s.n, s.Size)
	}
	for _, h := range s.digests {
		if got := hex.EncodeToString(h.Hash.Sum(nil)); got != h.want {
			return fmt.Errorf("has the %s %s, not the expected %s", h.name, got, h.want)
		}
	}
	return nil
}
