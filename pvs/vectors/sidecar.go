package vectors

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// The format of NAME.json. The version grows when the meaning of a key changes or one is
// added.
const (
	sidecarFormat  = "pvs vectors"
	sidecarVersion = 1
	maxSidecar     = 1 << 20 // bytes
)

// sidecar is NAME.json: where the vectors are from, and which files it is about.
type sidecar struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Origin
	Dim    int    `json:"dim,omitempty"`
	Rows   int    `json:"rows"`
	IDs    string `json:"ids_sha256,omitempty"`    // see DigestIDs
	Values string `json:"values_crc32c,omitempty"` // of the bytes behind the header of NAME.npy
	Key    string `json:"key,omitempty"`           // the writer's
	Sum    string `json:"sha256,omitempty"`        // of this object without this field
}

// errOtherJSON says that a NAME.json is no description of vectors at all.
var errOtherJSON = errors.New("it does not describe vectors")

// origin returns what is known, or nil.
func (s *sidecar) origin() *Origin {
	if s == nil || !s.Known() {
		return nil
	}
	o := s.Origin
	if o.Engine == "own kernels" { // their first name, which some sidecars have
		o.Engine = "fused CPU kernels"
	}
	return &o
}

// parseSidecar reads one strictly: unknown keys, more than one object, another format or
// a later version are errors. A manifest of TFRecord shards, which may have the same
// name, is [errOtherJSON].
func parseSidecar(data []byte) (*sidecar, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errors.New("it is empty")
	}
	if len(data) > maxSidecar {
		return nil, fmt.Errorf("it has over %d KiB", maxSidecar>>10)
	}
	var head struct {
		Format  string
		Version int
		Shards  json.RawMessage
	}
	if err := json.Unmarshal(data, &head); err != nil {
		if other := (*json.UnmarshalTypeError)(nil); errors.As(err, &other) {
			return nil, errors.New("it is another program's JSON")
		}
		return nil, fmt.Errorf("it is cut off or damaged (%w)", err)
	}
	switch {
	case head.Format == "" && head.Shards != nil:
		return nil, errOtherJSON
	case head.Format != sidecarFormat:
		return nil, fmt.Errorf("its format is %q, not %q", cleanText(head.Format), sidecarFormat)
	case head.Version > sidecarVersion:
		return nil, fmt.Errorf("it has the format's version %d, and this pvs reads %d: use the pvs that wrote "+
			"it, or a later one", head.Version, sidecarVersion)
	case head.Version < 1:
		return nil, fmt.Errorf("its format has no version %d", head.Version)
	}
	s := &sidecar{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("it was changed or damaged (%w)", err)
	}
	return s, nil
}

// readSidecar reads NAME.json; nil where there is none, or one of TFRecord shards.
func readSidecar(name string) (*sidecar, error) {
	path := name + ".json"
	s, err := loadSidecar(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errOtherJSON) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s should say how %s.npy was made, but %w; remove both and embed again, or "+
			"remove %s alone if the vectors are another program's", path, name, err, path)
	}
	return s, nil
}

func loadSidecar(path string) (*sidecar, error) {
	data, err := wholefile.Start(path, maxSidecar+1)
	if err != nil {
		return nil, err
	}
	s, err := parseSidecar(data)
	if err != nil {
		return nil, err
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("it was changed or damaged: %w", err)
	}
	if s.Sum != s.sum() {
		return nil, errors.New("it was changed since it was written: its sha256 is another")
	}
	return s, nil
}

// check says what no program of this format writes.
func (s *sidecar) check() error {
	if s.Dim < 1 || s.Dim > 1<<24 || s.Rows < 0 || int64(s.Rows) > 1<<40 {
		return fmt.Errorf("%d rows of dimension %d are not possible", s.Rows, s.Dim)
	}
	if !isSHA256(s.IDs) || len(s.Values) != 8 || len(s.Key) > maxText {
		return errors.New("its digests or its key are no such")
	}
	return s.Origin.check()
}

// sum is the digest of the object without its Sum.
func (s *sidecar) sum() string {
	c := *s
	c.Sum = ""
	text, err := json.Marshal(&c)
	if err != nil {
		return ""
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:])
}

func (s *sidecar) write(path string) error {
	s.Format, s.Version = sidecarFormat, sidecarVersion
	s.Origin = *s.Origin.clean()
	s.Sum = s.sum()
	if s.Sum == "" {
		return fmt.Errorf("what is known of the vectors cannot be written to %s", path)
	}
	return wholefile.Write(path, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		return e.Encode(s)
	})
}

// fits says in what a set differs from what NAME.json says of it. The values are looked
// at where their checksum is given.
func (s *sidecar) fits(name string, rows, dim int, ids []string, values string) error {
	what := ""
	switch {
	case s == nil:
		return nil
	case s.Rows != rows || s.Dim != dim:
		what = fmt.Sprintf("it speaks of %d vectors of dimension %d, and there are %d of %d", s.Rows, s.Dim, rows, dim)
	case s.IDs != DigestIDs(ids):
		what = "the ids are others"
	case values != "" && s.Values != values:
		what = "the values are others"
	default:
		return nil
	}
	return fmt.Errorf("%s.json is not about these %s.npy and %s.ids: %s; another program, or a run that was "+
		"cut short, wrote them: embed again, or remove %s.json if the vectors are another program's",
		name, name, name, what, name)
}

// DigestIDs is the SHA-256, in hex, of ids one a line: of an .ids file.
func DigestIDs(ids []string) string {
	h := sha256.New()
	for _, id := range ids {
		_, _ = io.WriteString(h, id) // a hash's Write does not fail
		_, _ = h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// castagnoli's polynomial is the one that processors have an instruction for: values
// are checked at the speed of memory.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(data, castagnoli)) }

// checksumOf reads values to their end.
func checksumOf(r io.Reader) (string, error) {
	sum := crc32.New(castagnoli)
	_, err := io.CopyBuffer(sum, struct{ io.Reader }{r}, make([]byte, 1<<20))
	return fmt.Sprintf("%08x", sum.Sum32()), err
}

// program names this program's version, as far as its build knows it.
func program() string {
	text := "pvs"
	info, ok := debug.ReadBuildInfo()
	if ok && info.Main.Version != "" {
		text += " " + info.Main.Version
	}
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				text += fmt.Sprintf(" %.12s", s.Value)
			}
		}
	}
	return strings.Join([]string{text, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}, ", ")
}

// made fills in by what and when, where an origin does not say.
func (o *Origin) made() {
	if o.Program == "" {
		o.Program = program()
	}
	if o.Date.IsZero() {
		o.Date = time.Now()
	}
}
