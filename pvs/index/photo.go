package index

import (
	"fmt"
	"hash/crc32"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Photo is what an index knows of a photo beside its vector.
type Photo struct {
	ID       string            `json:"photo"`
	Product  string            `json:"product,omitempty"`  // "": not known; then the photo is a product of its own
	Category catalog.Category  `json:"category,omitempty"` // path of names, as in photos.csv
	Title    string            `json:"title,omitempty"`
	Path     string            `json:"path,omitempty"`   // of the file; absolute where made from a catalogue
	Digest   string            `json:"digest,omitempty"` // SHA-256 of the file's bytes in hex; "": not known
	Fields   map[string]string `json:"fields,omitempty"` // the catalogue's other columns
}

// checksum is the CRC-32C of what index.db keeps of a photo beside its vector, each text with a zero byte behind it;
// fields are the JSON of Fields, or "".
func (p *Photo) checksum(fields string) int64 {
	sum := uint32(0)
	for _, text := range []string{p.ID, p.Product, string(p.Category), p.Title, p.Path, p.Digest, fields} {
		sum = crc32.Update(sum, castagnoli, append([]byte(text), 0))
	}
	return int64(sum)
}

// Entry is a photo with its vector.
type Entry struct {
	Photo
	Vector []float32 // [Dim], of Euclidean length 1
}

// unitTolerance is how far a squared length may be from 1, as in package vectors.
const unitTolerance = 2e-3

// check says what keeps an entry out of an index of the dimension.
func (e *Entry) check(dim int) error {
	err := e.problem(dim)
	if err == nil {
		return nil
	}
	return tag.Error(fmt.Errorf("photo %s: %w", e.ID, err), ErrPhoto)
}

func (e *Entry) problem(dim int) error {
	if e.ID == "" {
		return fmt.Errorf("it has no id")
	}
	texts := []string{e.ID, e.Product, string(e.Category), e.Title, e.Path, e.Digest}
	for name, value := range e.Fields {
		texts = append(texts, name, value)
	}
	for _, text := range texts {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("%q is no UTF-8 text, or has a zero byte", text)
		}
	}
	if strings.ContainsAny(e.ID, "\r\n") {
		return fmt.Errorf("its id has a line break")
	}
	if len(e.Vector) != dim {
		return fmt.Errorf("its vector has the dimension %d, not the index's %d", len(e.Vector), dim)
	}
	sum := 0.0
	for _, v := range e.Vector {
		sum += float64(v) * float64(v)
	}
	if !(math.Abs(sum-1) <= unitTolerance) { // NaN, too
		return fmt.Errorf("its vector has the length %.4g, not 1", math.Sqrt(sum))
	}
	return nil
}
