package weaviate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// schemaVersion is that of the class as it is made here.
const schemaVersion = 1

// description is what stands in the description of the class.
type description struct {
	Pvs    int             `json:"pvs"` // version of the schema
	Index  string          `json:"index"`
	Dim    int             `json:"dim"`
	Origin json.RawMessage `json:"origin,omitempty"` // as in NAME.json
}

type property struct {
	Name         string   `json:"name"`
	DataType     []string `json:"dataType"`
	Tokenization string   `json:"tokenization,omitempty"`
	Filterable   bool     `json:"indexFilterable"`
	Searchable   bool     `json:"indexSearchable"`
}

type class struct {
	Class       string         `json:"class"`
	Description string         `json:"description"`
	Vectorizer  string         `json:"vectorizer"`
	Properties  []property     `json:"properties"`
	IndexType   string         `json:"vectorIndexType,omitempty"`
	IndexConfig map[string]any `json:"vectorIndexConfig,omitempty"`
	Replication map[string]any `json:"replicationConfig,omitempty"`
	Sharding    map[string]any `json:"shardingConfig,omitempty"`
}

// properties of a photo. Those that are filtered by are taken as they are (tokenization "field").
var properties = []property{
	{Name: "photo", DataType: []string{"text"}, Tokenization: "field", Filterable: true},
	{Name: "product", DataType: []string{"text"}, Tokenization: "field", Filterable: true},
	// The product, or the photo where it is of none: what results are grouped by.
	{Name: "thing", DataType: []string{"text"}, Tokenization: "field", Filterable: true},
	{Name: "category", DataType: []string{"text"}, Tokenization: "field"},
	// The category and those above it.
	{Name: "within", DataType: []string{"text[]"}, Tokenization: "field", Filterable: true},
	{Name: "title", DataType: []string{"text"}, Tokenization: "field", Filterable: true},
	{Name: "path", DataType: []string{"text"}, Tokenization: "field"},
	{Name: "digest", DataType: []string{"text"}, Tokenization: "field"},
	// Further columns as name=value.
	{Name: "fields", DataType: []string{"text[]"}, Tokenization: "field", Filterable: true},
	{Name: "checksum", DataType: []string{"text"}, Tokenization: "field"},
}

// classOf is the class of photos as it is made.
func (e *Engine) classOf(d description) (*class, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	c := &class{Class: e.opts.Class, Description: string(text), Vectorizer: "none", Properties: properties,
		IndexType: "hnsw", IndexConfig: map[string]any{"distance": "cosine",
			// Bytes instead of float32 in memory (rotational quantisation); the nearest are compared by their float32.
			"rq": map[string]any{"enabled": true, "bits": 8, "rescoreLimit": 100}},
		Replication: map[string]any{"factor": max(1, e.opts.Copies), "asyncEnabled": e.opts.Copies > 1}}
	if e.opts.Parts > 0 {
		c.Sharding = map[string]any{"desiredCount": e.opts.Parts}
	}
	return c, nil
}

// about is the class of the one object that says what the photos are as a whole.
func (e *Engine) about() string { return e.opts.Class + "About" }

// schema reads a class; nil: there is none.
func (e *Engine) schema(ctx context.Context, name string) (*class, error) {
	var c class
	err := e.ask(ctx, e.opts.Timeout, http.MethodGet, "/v1/schema/"+name, nil, nil, &c)
	if isStatus(err, http.StatusNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, e.refused(err)
	}
	return &c, nil
}

// refused is an error of the engine with its name.
func (e *Engine) refused(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		return fmt.Errorf("the engine at %s refuses: %w", e.Name(), err)
	}
	return err
}

// described reads what the class is of. A class that was not made here is an error.
func (e *Engine) described(ctx context.Context) (*description, *vectors.Origin, error) {
	c, err := e.schema(ctx, e.opts.Class)
	if err != nil {
		return nil, nil, err
	}
	if c == nil {
		return nil, nil, tag.Error(fmt.Errorf("the engine at %s holds no class %s: an index must be pushed to it first",
			e.Name(), e.opts.Class), ErrNone)
	}
	var d description
	if json.Unmarshal([]byte(c.Description), &d) != nil || d.Pvs == 0 {
		return nil, nil, tag.Error(fmt.Errorf("the class %s of the engine at %s was not made by this program, and is left "+
			"as it is", e.opts.Class, e.Name()), ErrSchema)
	}
	if d.Pvs != schemaVersion {
		return nil, nil, tag.Error(fmt.Errorf("the class %s of the engine at %s has the schema %d, and this program's is "+
			"%d: push the index anew", e.opts.Class, e.Name(), d.Pvs, schemaVersion), ErrSchema)
	}
	for _, want := range properties {
		same := func(p property) bool { return p.Name == want.Name && slices.Equal(p.DataType, want.DataType) }
		if !slices.ContainsFunc(c.Properties, same) {
			return nil, nil, tag.Error(fmt.Errorf("the class %s of the engine at %s lacks the property %s, or has it of "+
				"another type: push the index anew", e.opts.Class, e.Name(), want.Name), ErrSchema)
		}
	}
	o, err := vectors.UnmarshalOrigin(d.Origin)
	if err != nil {
		return nil, nil, tag.Error(fmt.Errorf("the class %s of the engine at %s: what made its vectors cannot be read: %w",
			e.opts.Class, e.Name(), err), ErrSchema)
	}
	return &d, o, nil
}

// prepare makes the classes if they are not there, and compares what is there with an index.
func (e *Engine) prepare(ctx context.Context, d description, origin *vectors.Origin, anew bool) error {
	if anew {
		if err := e.drop(ctx); err != nil {
			return err
		}
	}
	has, of, err := e.described(ctx)
	if errors.Is(err, ErrNone) {
		return e.make(ctx, d)
	}
	if err != nil {
		return err
	}
	name := fmt.Sprintf("the class %s of the engine at %s", e.opts.Class, e.Name())
	if err := vectors.Compare("the index", origin, name, of); err != nil {
		return tag.Error(err, ErrOther)
	}
	if has.Dim != d.Dim {
		return tag.Error(fmt.Errorf("the index has vectors of %d values, %s of %d", d.Dim, name, has.Dim), ErrOther)
	}
	if has.Index != d.Index {
		return tag.Error(fmt.Errorf("%s holds another index", name), ErrOther)
	}
	return nil
}

// make makes the classes.
func (e *Engine) make(ctx context.Context, d description) error {
	photos, err := e.classOf(d)
	if err != nil {
		return err
	}
	about := &class{Class: e.about(), Description: "What " + e.opts.Class + " holds as a whole", Vectorizer: "none",
		Properties:  []property{{Name: "about", DataType: []string{"text"}, Tokenization: "field"}},
		Replication: photos.Replication}
	for _, c := range []*class{about, photos} {
		had, err := e.schema(ctx, c.Class)
		if err == nil && had == nil {
			err = e.ask(ctx, e.opts.WriteTimeout, http.MethodPost, "/v1/schema", nil, c, nil)
		}
		if err != nil {
			return fmt.Errorf("making the class %s: %w", c.Class, e.refused(err))
		}
	}
	return nil
}

// drop removes the classes with all that they hold. One that was not made by this program is left as it is.
func (e *Engine) drop(ctx context.Context) error {
	c, err := e.schema(ctx, e.opts.Class)
	if err != nil {
		return err
	}
	var d description
	if c != nil && (json.Unmarshal([]byte(c.Description), &d) != nil || d.Pvs == 0) {
		return tag.Error(fmt.Errorf("the class %s of the engine at %s was not made by this program, and is left as it is",
			e.opts.Class, e.Name()), ErrSchema)
	}
	for _, name := range []string{e.opts.Class, e.about()} {
		if err := e.ask(ctx, e.opts.WriteTimeout, http.MethodDelete, "/v1/schema/"+name, nil, nil, nil); err != nil &&
			!isStatus(err, http.StatusNotFound) {
			return fmt.Errorf("removing the class %s: %w", name, e.refused(err))
		}
	}
	return nil
}
