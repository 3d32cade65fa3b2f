package weaviate

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/gopvs/product-visual-search/pvs/serve"
)

// space is the namespace of photos' UUIDs (version 5, RFC 9562): a photo has the same one wherever it is pushed from.
var space = uuid.MustParse("6f1d0d6c-2f0e-5c6a-9b57-5c2f4f3d7a10")

// uuidOf is the key of a photo.
func uuidOf(id string) uuid.UUID { return uuid.NewSHA1(space, []byte(id)) }

// object is a photo as Weaviate keeps it.
type object struct {
	Class      string    `json:"class"`
	ID         uuid.UUID `json:"id"`
	Properties any       `json:"properties"`
	Vector     []float32 `json:"vector,omitempty"`

	name string // in errors
}

// values are a photo's properties.
type values struct {
	Photo    string   `json:"photo"`
	Product  string   `json:"product"`
	Thing    string   `json:"thing"`
	Category string   `json:"category"`
	Within   []string `json:"within"`
	Title    string   `json:"title"`
	Path     string   `json:"path"`
	Digest   string   `json:"digest"`
	Fields   []string `json:"fields"`
	Checksum string   `json:"checksum"`
}

// thingOf is what a photo is of: its product, or itself.
func thingOf(p serve.Photo) string {
	if p.Product != "" {
		return "product " + p.Product
	}
	return "photo " + p.ID
}

// objectOf is a photo with its vector; the checksum tells whether an index has another one.
func (e *Engine) objectOf(p serve.Photo, vector []float32, checksum string) object {
	v := values{Photo: p.ID, Product: p.Product, Thing: thingOf(p), Category: p.Category, Within: []string{},
		Title: p.Title, Path: p.Path, Digest: p.Digest, Fields: []string{}, Checksum: checksum}
	if p.Category != "" {
		names := strings.Split(p.Category, separator)
		for i := range names {
			v.Within = append(v.Within, strings.Join(names[:i+1], separator))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		v.Fields = append(v.Fields, fieldOf(name, p.Fields[name]))
	}
	return object{Class: e.opts.Class, ID: uuidOf(p.ID), Properties: v, Vector: vector,
		name: fmt.Sprintf("the photo %q", p.ID)}
}

// fieldOf is a column and its value as one text.
func fieldOf(name, value string) string { return url.QueryEscape(name) + "=" + value }

// separator stands between the names of a category.
const separator = " > "

// photo is it as a server knows it.
func (v *values) photo() (serve.Photo, error) {
	p := serve.Photo{ID: v.Photo, Product: v.Product, Category: v.Category, Title: v.Title, Path: v.Path, Digest: v.Digest}
	for _, f := range v.Fields {
		escaped, value, ok := strings.Cut(f, "=")
		name, err := url.QueryUnescape(escaped)
		if !ok || err != nil {
			return p, fmt.Errorf("a field of the photo %q is not a name and a value", v.Photo)
		}
		if p.Fields == nil {
			p.Fields = map[string]string{}
		}
		p.Fields[name] = value
	}
	return p, nil
}
