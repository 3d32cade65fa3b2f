package serve

import (
	"context"
	"errors"
)

// Index is what a [Server] searches and changes: a folder of this machine, or several that look like one.
// All methods are called from many goroutines at once.
type Index interface {
	// Snapshot returns the newest state. It stays as it is, whatever is changed meanwhile, until it is closed.
	Snapshot() (Snapshot, error)
	// Put adds a photo with its vector, of length 1, or replaces the one of the same id, and says which. When it
	// returns without an error the change outlasts a crash, and the next Snapshot has it.
	Put(ctx context.Context, p Photo, vector []float32) (created bool, err error)
	// Remove takes photos out, with the same promise; an id that is not there is [ErrNoPhoto], and nothing is changed.
	Remove(ctx context.Context, ids ...string) error
	// Close lets go of the index. Snapshots are closed before.
	Close() error
}

// Snapshot is one state of an [Index].
type Snapshot interface {
	Info() Info
	// Search returns the nearest products, best first.
	Search(ctx context.Context, q Query) (Found, error)
	// Photo looks a photo up; an id that is not there is [ErrNoPhoto].
	Photo(ctx context.Context, id string) (Photo, error)
	// Vector returns a photo's vector, of length 1; an id that is not there is [ErrNoPhoto].
	Vector(ctx context.Context, id string) ([]float32, error)
	// Product lists the photos of a product, in the order of their ids; none is [ErrNoProduct].
	Product(ctx context.Context, product string) ([]Photo, error)
	// Categories lists all categories that have photos, they themselves or below them, each followed by those below it.
	// The caller does not change the list.
	Categories(ctx context.Context) ([]Category, error)
	Close()
}

// Errors of an index that the server answers with a status of their own (errors.Is).
var (
	ErrNoPhoto    = errors.New("no such photo")                                               // 404
	ErrNoProduct  = errors.New("no such product")                                             // 404
	ErrNoCategory = errors.New("no such category")                                            // 404, on a filter
	ErrNoField    = errors.New("no such field")                                               // 400, on a filter
	ErrBusy       = errors.New("another process is writing the index: try again in a moment") // 503
	ErrReadOnly   = errors.New("photos can be neither added nor removed here")                // 403
	ErrFull       = errors.New("no space is left on the disk: nothing was changed")           // 507
	// ErrUnavailable says that what the index needs on other machines does not answer: 503.
	ErrUnavailable = errors.New("the index cannot be asked now")

	errClosed     = errors.New("the server is being stopped: ask another one, or again in a moment") // 503
	errOverloaded = errors.New("too many photos wait already: try again in a moment")                // 429
	errBudget     = errors.New("too many uploads are under way: try again in a moment")              // 429
)

// Photo is a photo of an index.
type Photo struct {
	ID       string
	Product  string            // "": it is of no product, and stands for itself
	Category string            // names from the root to the leaf, joined by " > "
	Title    string            // for people
	Path     string            // its file, relative to the catalogue's folder or absolute; never shown
	Digest   string            // SHA-256 of the file in hex, as it was indexed; "": not known
	Fields   map[string]string // further columns of the catalogue; nil: none
}

// standsFor names the product, or the photo itself where it is of none: no product's name has a zero byte.
func (p Photo) standsFor() string {
	if p.Product == "" {
		return "\x00" + p.ID
	}
	return p.Product
}

// Query is a search for products.
type Query struct {
	Vector   []float32         // of length 1
	K        int               // products
	Category string            // this category and those below it; "": all
	Fields   map[string]string // columns that must have these values; nil: any
	MinScore *float64          // least cosine; nil: none
	Exclude  []string          // products that are not to be found
	Exact    bool              // compare with all vectors instead of candidates
	Photos   bool              // find photos with their vectors, K of them, instead of products
}

// Found is the answer of an index.
type Found struct {
	Products   []Hit
	Candidates int     // vectors that were compared in full
	Stages     []Stage // of the search, in order
}

// Hit is a product, by its nearest photo.
type Hit struct {
	Photo  Photo     // the nearest
	Score  float64   // cosine of its vector and the query's, -1 to 1
	Vector []float32 // where Query.Photos asks for it
}

// Category is a category with what it holds, categories below it included.
type Category struct {
	Path   string // names joined by " > "
	Photos int
}

// Info says what an index holds.
type Info struct {
	ID               string // tells the index from others, whatever they are called; "": not known
	Name             string // for people, as the folder's
	State            uint64 // number of the snapshot: it grows with every change
	Photos, Products int
	Estimated        bool // Products is an estimate
	Dim              int
	Network          string  // for people
	Cutoff           float64 // least score of what is likely the same product; 0: not known
	Missed           float64 // share of photos, measured, whose own product is there but scores less than the cutoff
	Mistaken         float64 // share of photos whose nearest other product reaches it
	Bounds           bool    // Mistaken is the most that it can be, and Missed was measured in each part by itself
	RecallAt10       float64 // of the candidates against an exact search, as calibrated; 0: not known
}

// likely says whether a score is that of the same product, as far as that is known.
func (i Info) likely(score float64) bool { return i.Cutoff > 0 && score >= i.Cutoff }
