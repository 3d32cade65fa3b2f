package teach

import (
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Click is what somebody said of two photos. It is a line of a [Journal].
type Click struct {
	ID    string    `json:"click"` // given by the journal
	Query Side      `json:"query"` // what was searched for
	Found Side      `json:"found"` // a photo of the index
	Same  bool      `json:"same"`  // whether both show the same product
	Who   string    `json:"who,omitempty"`
	When  time.Time `json:"when"`
	Index Made      `json:"index"` // that was searched
}

// Side is a photo of a click: one of the index by its id, or one that was sent, by its vector alone.
type Side struct {
	Photo  string `json:"photo,omitempty"`
	Digest string `json:"digest,omitempty"` // first 16 digits of the SHA-256 of its file; "": not known
	// Vector has a value of 8 bits a dimension, the largest of which is 127, in base64: some digits less than the
	// photo's own vector, at an angle of at most 1.1 degrees (docs/serve.md, of links).
	Vector string `json:"vector,omitempty"`
}

// digits of a digest are kept of a photo.
const digits = 16

// PhotoSide is the side of a photo of the index; digest is the SHA-256 of its file in hex, or "".
func PhotoSide(id, digest string) Side {
	return Side{Photo: id, Digest: digest[:min(len(digest), digits)]}
}

// VectorSide is the side of a photo that is not in the index. The vector is [dim], not 0.
func VectorSide(vector []float32) Side {
	largest := 0.0
	for _, v := range vector {
		largest = max(largest, math.Abs(float64(v)))
	}
	data := make([]byte, len(vector))
	for i, v := range vector {
		data[i] = byte(int8(math.Round(127 * float64(v) / largest)))
	}
	return Side{Vector: base64.RawStdEncoding.EncodeToString(data)}
}

// vector returns the vector of a photo that was sent, [dim], of length 1.
func (s Side) vector(dim int) ([]float32, error) {
	data, err := base64.RawStdEncoding.DecodeString(s.Vector)
	if err != nil || len(data) != dim {
		return nil, fmt.Errorf("the vector of a photo that was sent does not have the %d values of the index's", dim)
	}
	out := make([]float32, dim)
	length := 0.0
	for i, b := range data {
		out[i] = float32(int8(b))
		length += float64(out[i]) * float64(out[i])
	}
	if length == 0 {
		return nil, errors.New("the vector of a photo that was sent is 0")
	}
	for i := range out {
		out[i] /= float32(math.Sqrt(length))
	}
	return out, nil
}

// key is what two sides of the same photo have in common.
func (s Side) key() Side { return Side{Photo: s.Photo, Vector: s.Vector} }

// Made says which vectors a click was made on: a fit takes those of its own index only.
type Made struct {
	Name    string `json:"name,omitempty"`    // of the index, for people; not compared
	Network string `json:"network,omitempty"` // that made the vectors, for people
	Dim     int    `json:"dim"`
	Digest  string `json:"digest,omitempty"` // of what made the vectors ([vectors.Origin.Digest]); "": not known
}

// MadeBy describes an index of a name by what made its vectors; nil: not known.
func MadeBy(name string, o *vectors.Origin, dim int) Made {
	m := Made{Name: name, Dim: dim}
	if o.Known() {
		m.Network, m.Digest = o.String(), o.Digest()
	}
	return m
}

// Fits says whether clicks on one may teach the other. An index of which it is not known what made it fits all of its
// dimension.
func (m Made) Fits(other Made) bool {
	return m.Dim == other.Dim && (m.Digest == other.Digest || m.Digest == "" || other.Digest == "")
}

// String names the network.
func (m Made) String() string {
	name := m.Network
	if name == "" {
		name = "an unknown network"
	}
	return fmt.Sprintf("%s, %d values", name, m.Dim)
}

// Limits of texts, in bytes.
const (
	maxID  = 500
	maxWho = 80
)

// ErrClick says that a click cannot be kept as it is.
var ErrClick = errors.New("the click cannot be kept")

func plain(text string, most int) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl) && len(text) <= most
}

// checkWho says what keeps a name from being noted.
func checkWho(who string) error {
	if !plain(who, maxWho) {
		return fmt.Errorf("the name %.40q is no text of at most %d bytes without control characters", who, maxWho)
	}
	return nil
}

// check says what keeps a click from being kept.
func (c *Click) check() error {
	for _, text := range []string{c.Query.Photo, c.Found.Photo} {
		if !plain(text, maxID) {
			return fmt.Errorf("the id %.40q is no text of at most %d bytes without control characters", text, maxID)
		}
	}
	if err := checkWho(c.Who); err != nil {
		return err
	}
	switch {
	case c.Found.Photo == "" || c.Found.Vector != "":
		return errors.New("the photo that was found has no id")
	case (c.Query.Photo == "") == (c.Query.Vector == ""):
		return errors.New("what was searched for is a photo of the index or a vector")
	case c.Query.Photo == c.Found.Photo:
		return errors.New("both photos are the same one")
	case c.Index.Dim < 1:
		return errors.New("it does not say of which index it is")
	}
	if c.Query.Vector == "" {
		return nil
	}
	_, err := c.Query.vector(c.Index.Dim)
	return err
}

// standing leaves of clicks those that count: of several on the same two photos the last.
func standing(clicks []Click) (list []Click) {
	last := map[[2]Side]int{}
	name := func(c Click) [2]Side {
		a, b := c.Query.key(), c.Found.key()
		if a.Photo > b.Photo {
			a, b = b, a
		}
		return [2]Side{a, b}
	}
	for i, c := range clicks {
		last[name(c)] = i
	}
	for i, c := range clicks {
		if last[name(c)] == i {
			list = append(list, c)
		}
	}
	return list
}
