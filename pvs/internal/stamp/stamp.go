package stamp

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Stamp is size, times and digest of a file.
type Stamp struct {
	Size     int64 // bytes
	Modified int64 // when the bytes were changed, Unix nanoseconds; 0: too recently to rely on it
	// Changed is when the file's entry was changed, Unix nanoseconds; 0 where the
	// system does not say. A copy under the same name changes it even where it keeps
	// the time of modification (cp -p, rsync -t).
	Changed int64
	SHA256  [32]byte // of the bytes
}

// Writer takes the bytes of a file as they are read and makes its stamp.
type Writer struct {
	stamp Stamp
	sum   hash.Hash
}

// settled is the age from which on a file that replaces it must have other times: the
// clocks of file systems tick every few milliseconds, some every two seconds.
var settled = 2 * time.Second

// Begin starts a stamp with the file's size and times before it is read: if the file is
// replaced meanwhile, its times will differ. The times of a file that was changed just now
// are left out, since it could be changed again within the same tick; then the digest
// decides.
func Begin(info fs.FileInfo) *Writer {
	s := Quick(info)
	if age := time.Now().UnixNano() - max(s.Modified, s.Changed); age < int64(settled) {
		s.Modified, s.Changed = 0, 0
	}
	return &Writer{s, sha256.New()}
}

func (w *Writer) Write(p []byte) (int, error) { return w.sum.Write(p) }

// Stamp returns the stamp after all bytes were written.
func (w *Writer) Stamp() Stamp {
	w.sum.Sum(w.stamp.SHA256[:0])
	return w.stamp
}

// Quick is a stamp without a digest: size and times, as the system says them.
func Quick(info fs.FileInfo) Stamp {
	return Stamp{Size: info.Size(), Modified: info.ModTime().UnixNano(), Changed: changed(info)}
}

// Of reads a file and returns its stamp.
func Of(file string) (Stamp, error) {
	f, err := os.Open(file)
	if err != nil {
		return Stamp{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Stamp{}, err
	}
	w := Begin(info)
	if _, err := io.Copy(w, f); err != nil {
		return Stamp{}, fmt.Errorf("reading %s: %w", file, err)
	}
	return w.Stamp(), nil
}

// Same says whether the file still has the stamped bytes. Size and times decide where
// they are the stamped ones; another size is another file; else the bytes are read. A
// file that is gone is not the same, and no error.
func (s Stamp) Same(file string) (bool, error) {
	_, same, err := s.Renew(file)
	return same, err
}

// Renew is [Stamp.Same] that also returns the stamp with the times that the file has
// now, so that a file that was only touched is not read again the next time.
func (s Stamp) Renew(file string) (now Stamp, same bool, err error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, false, nil
	}
	if err != nil {
		return s, false, err
	}
	now = Quick(info)
	if now.Size != s.Size {
		return s, false, nil
	}
	if now.Modified == s.Modified && now.Changed == s.Changed {
		return s, true, nil
	}
	now, err = Of(file)
	return now, err == nil && now.SHA256 == s.SHA256, err
}

// String is the stamp as one word for a line of a file; [Parse] reads it.
func (s Stamp) String() string {
	return fmt.Sprintf("%d:%d:%d:%s", s.Size, s.Modified, s.Changed, hex.EncodeToString(s.SHA256[:]))
}

// Parse reads what String wrote.
func Parse(text string) (Stamp, error) {
	var s Stamp
	parts := strings.Split(text, ":")
	if len(parts) != 4 {
		return s, fmt.Errorf("%q is no stamp of a file", text)
	}
	for i, to := range []*int64{&s.Size, &s.Modified, &s.Changed} {
		var err error
		if *to, err = strconv.ParseInt(parts[i], 10, 64); err != nil {
			return s, fmt.Errorf("%q is no stamp of a file", text)
		}
	}
	if len(parts[3]) != 2*len(s.SHA256) {
		return s, fmt.Errorf("%q is no stamp of a file", text)
	}
	if _, err := hex.Decode(s.SHA256[:], []byte(parts[3])); err != nil {
		return s, fmt.Errorf("%q is no stamp of a file", text)
	}
	return s, nil
}
