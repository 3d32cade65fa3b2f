package catalog

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// Part is one of several parts of a list of photos, on which machines work at once. In which part a photo is depends on
// its id alone, whatever else is in the catalogue. The zero value is all of it.
type Part struct {
	Number int // from 1
	Of     int
}

// mostParts bounds how finely photos are divided.
const mostParts = 100_000

// ParsePart reads "3/16", the third of sixteen parts.
func ParsePart(text string) (Part, error) {
	number, of, _ := strings.Cut(text, "/")
	n, err := strconv.Atoi(number)
	m, errOf := strconv.Atoi(of)
	if err != nil || errOf != nil || n < 1 || n > m || m > mostParts {
		return Part{}, fmt.Errorf("%q is no part: write 3/16 for the third of sixteen, of at most %d", text, mostParts)
	}
	return Part{n, m}, nil
}

// UnmarshalText is [ParsePart].
func (p *Part) UnmarshalText(text []byte) (err error) {
	*p, err = ParsePart(string(text))
	return err
}

// Has says whether a photo is in the part.
func (p Part) Has(id string) bool { return p.Of == 0 || PartOf(id, p.Of).Number == p.Number }

// PartOf is the part that a photo is in: the first 8 bytes of its id's SHA-256, as a number, modulo the parts.
func PartOf(id string, of int) Part {
	sum := sha256.Sum256([]byte(id))
	return Part{1 + int(binary.BigEndian.Uint64(sum[:])%uint64(of)), of}
}

// String is as [ParsePart] reads it; "" of the zero value.
func (p Part) String() string {
	if p.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", p.Number, p.Of)
}
