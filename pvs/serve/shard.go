package serve

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
)

// ShardVersion is that of the endpoints under /v1/shard, by which a server asks another one (package shards). A change
// that an older program would misunderstand makes it larger.
const ShardVersion = 1

// Shard is a [Snapshot] of an index that can be one of several.
type Shard interface {
	Snapshot
	// IDs lists the photos' ids behind one, in the order of their bytes, at most limit.
	IDs(ctx context.Context, after string, limit int) ([]string, error)
	// Products sketches the products, photos of none left out.
	Products(ctx context.Context) (Sketch, error)
}

// Partial is a [Snapshot] of which something may be missing.
type Partial interface {
	// Missing names what did not answer so far: what was asked of the snapshot is without it.
	Missing() []string
}

// missingOf names what an answer is without; nil: it is whole.
func missingOf(s Snapshot) []string {
	if p, ok := s.(Partial); ok {
		return p.Missing()
	}
	return nil
}

// Keeper is an [Index] that keeps the photos' files itself, on other machines: its server reads and stores none.
type Keeper interface {
	// PutFile is [Index.Put] with the photo's file, which is kept, too.
	PutFile(ctx context.Context, p Photo, vector []float32, file []byte) (created bool, err error)
	// Picture returns a photo as a JPEG as GET /image answers it. Known is the tag of a picture that the client has.
	Picture(ctx context.Context, id string, side int, known string) (Picture, error)
	// CropVector returns the vector, of length 1, of a part of a photo of the index.
	CropVector(ctx context.Context, id string, crop Crop) ([]float32, error)
}

// Picture is a photo as it is shown.
type Picture struct {
	Tag  string // ETag
	JPEG []byte // nil: it is the one that the client has
}

// ShardOf says what an answer of a shard is of.
type ShardOf struct {
	Index string `json:"index" doc:"Tells indexes and networks apart: another value, and nothing known of it holds"`
	State uint64 `json:"state" doc:"Number of the state that all of the answer is of"`
}

// ShardInfo answers GET /v1/shard.
type ShardInfo struct {
	ShardOf
	Version    int             `json:"version" doc:"Of the endpoints under /v1/shard"`
	Name       string          `json:"name"`
	Photos     int             `json:"photos"`
	Products   int             `json:"products"`
	Sketch     []byte          `json:"product_sketch" doc:"The smallest 64-bit digests of products' names, little-endian"`
	Dim        int             `json:"dim"`
	Network    string          `json:"network"`
	Origin     string          `json:"origin" doc:"What made the vectors, as in NAME.json"`
	Cutoff     float64         `json:"cutoff"`
	Missed     float64         `json:"missed"`
	Mistaken   float64         `json:"mistaken"`
	RecallAt10 float64         `json:"recall_at_10"`
	Categories []ShardCategory `json:"categories" nullable:"false" doc:"Each followed by those below it"`
}

// ShardCategory is a category with what it holds, categories below it included.
type ShardCategory struct {
	Path   string `json:"path"`
	Photos int    `json:"photos"`
}

// ShardQuery is the body of POST /v1/shard/search.
type ShardQuery struct {
	Index    string            `json:"index" maxLength:"100" doc:"As the shard said it; another one is refused"`
	Vector   []byte            `json:"vector" doc:"float32, little-endian, of length 1"`
	K        int               `json:"k" minimum:"1" maximum:"200" doc:"Products"`
	Category string            `json:"category,omitempty" maxLength:"500"`
	Fields   map[string]string `json:"fields,omitempty"`
	MinScore *float64          `json:"min_score,omitempty" minimum:"-1" maximum:"1"`
	Exclude  []string          `json:"exclude,omitempty" maxItems:"100" doc:"Products"`
	Exact    bool              `json:"exact,omitempty"`
}

// ShardFound answers it.
type ShardFound struct {
	ShardOf
	Products   []ShardHit `json:"products" nullable:"false" doc:"Best first; of equal scores by the photos' ids"`
	Candidates int        `json:"candidates"`
	// Unknown tells a filter that fits nothing from one of what the shard does not have, which another may have.
	Unknown []string `json:"unknown,omitempty" doc:"Filters that the shard does not know: category, or field and its name"`
}

// ShardHit is a product by its nearest photo.
type ShardHit struct {
	ShardPhoto
	Score float64 `json:"score"`
}

// ShardPhoto is a photo of a shard.
type ShardPhoto struct {
	ID       string            `json:"photo"`
	Product  string            `json:"product,omitempty"`
	Category string            `json:"category,omitempty"`
	Title    string            `json:"title,omitempty"`
	Fields   map[string]string `json:"fields,omitempty"`
}

// ShardPhotoOf leaves out where the file lies.
func shardPhotoOf(p Photo) ShardPhoto {
	return ShardPhoto{p.ID, p.Product, p.Category, p.Title, p.Fields}
}

// Photo is it as a server knows it.
func (p ShardPhoto) Photo() Photo {
	return Photo{ID: p.ID, Product: p.Product, Category: p.Category, Title: p.Title, Fields: p.Fields}
}

// ShardPhotos answers GET /v1/shard/photos: a photo, or those of a product by their ids.
type ShardPhotos struct {
	ShardOf
	Photos []ShardVector `json:"photos" nullable:"false"`
}

// ShardVector is a photo with its vector.
type ShardVector struct {
	ShardPhoto
	Vector []byte `json:"vector" doc:"float32, little-endian, of length 1"`
}

// ShardIDs answers GET /v1/shard/ids.
type ShardIDs struct {
	ShardOf
	IDs []string `json:"ids" nullable:"false" doc:"In the order of their bytes; fewer than asked for: there are no more"`
}

// ShardCrop answers POST /v1/shard/crop.
type ShardCrop struct {
	ShardOf
	Vector []byte `json:"vector" doc:"float32, little-endian, of length 1"`
}

// MostIDs is how many ids GET /v1/shard/ids gives at a time.
const MostIDs = 100_000

// VectorBytes writes a vector as shards take it.
func VectorBytes(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// lengthTolerance is how far a squared length may be from 1, as in package vectors.
const lengthTolerance = 2e-3

// VectorOf reads a vector of length 1.
func VectorOf(data []byte, dim int) ([]float32, error) {
	if len(data) != 4*dim {
		return nil, fmt.Errorf("a vector has %d bytes, not the %d of %d values", len(data), 4*dim, dim)
	}
	v, sum := make([]float32, dim), 0.0
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		sum += float64(v[i]) * float64(v[i])
	}
	if !(math.Abs(sum-1) <= lengthTolerance) { // NaN, too
		return nil, fmt.Errorf("a vector has the length %.4g, not 1", math.Sqrt(sum))
	}
	return v, nil
}
