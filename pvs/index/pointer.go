package index

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The folder of what is derived from the database, and in it the file that says which segments are current.
const (
	codesFolder = "codes"
	pointerFile = "current"
)

// pointer says which segments the codes consist of. It is written anew as a whole; what it names does not change.
type pointer struct {
	Version int    `json:"version"`
	Index   string `json:"index"` // the database's own name, so that no other's codes are taken
	// Generation counts pointers. The database says from which generation on its list of removed photos is complete.
	Generation  int64         `json:"generation"`
	Changes     uint64        `json:"changes"` // of the database when the last segment was made
	Segments    []segmentName `json:"segments"`
	Calibration Calibration   `json:"calibration"`
	Calibrated  int           `json:"calibrated"` // photos that there were when it was calibrated
	SHA256      string        `json:"sha256"`     // of this object, with "" here
}

// segmentName names a segment: the photos with keys up to To, from behind those of the one before.
type segmentName struct {
	Name string `json:"name"`
	To   int64  `json:"to"`
	Rows int    `json:"rows"`
	Head string `json:"head_sha256"` // of its head.json
}

// covered is the last key that codes hold.
func (p *pointer) covered() int64 {
	if len(p.Segments) == 0 {
		return 0
	}
	return p.Segments[len(p.Segments)-1].To
}

func (p *pointer) sum() string {
	c := *p
	c.SHA256 = ""
	text, err := json.Marshal(&c)
	if err != nil {
		return ""
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

func pointerPath(dir string) string { return filepath.Join(dir, codesFolder, pointerFile) }

// damaged is an error of files that can be made again.
func damaged(format string, args ...any) error {
	return tag.Error(fmt.Errorf(format+"; nothing is lost: compacting the index makes such files again from %s",
		append(args, databaseFile)...), ErrCodes)
}

// readPointer reads the pointer of an index's folder, whose database has the name.
func readPointer(dir, name string) (*pointer, error) {
	path := pointerPath(dir)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, damaged("there is no %s", path)
	}
	if err != nil {
		return nil, err
	}
	var p pointer
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, damaged("%s is damaged (%w)", path, err)
	}
	switch {
	case p.Version > formatVersion:
		return nil, tag.Error(fmt.Errorf("%s has the format %d of a newer version of this program, which knows up to %d: "+
			"take that version", path, p.Version, formatVersion), ErrNewer)
	case p.SHA256 != p.sum():
		return nil, damaged("%s was changed since it was written", path)
	case p.Index != name:
		return nil, damaged("%s is of another index", path)
	}
	return &p, nil
}

// write makes a pointer the current one.
func (p *pointer) write(dir string) error {
	p.Version = formatVersion
	p.SHA256 = p.sum()
	path := pointerPath(dir)
	err := wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(p)
	})
	if err != nil {
		return err
	}
	return syncFile(filepath.Dir(path))
}
