package studio

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"image/jpeg"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Product is a thing to be photographed. Mesh is called when its photos are taken; it
// must give the same shape each time.
type Product struct {
	ID       string
	Title    string
	Category catalog.Category
	Mesh     func() (*mesh.Mesh, error)
	Home     Home   // where it is photographed; the zero value: on the grounds of Style
	Lamps    []Lamp // of the product, which photos at its home may show lit
}

// Products is a list of products that need not be in memory: a catalogue may have a
// million of them.
type Products interface {
	Len() int
	At(i int) Product
}

// List is products that are in memory.
type List []Product

// Len returns the number of products.
func (l List) Len() int { return len(l) }

// At returns product i.
func (l List) At(i int) Product { return l[i] }

// Options of a catalogue. Splits are by product: the first Search products get one
// query photo and some index photos each; of the others every eighth goes to val and
// the rest to train, with a category but without a product id, as in eProduct.
type Options struct {
	Seed   uint64
	Search int // products of query and index
	Style  Style
	Maker  string // of the products, as in "pvs data synth": another's catalogue is left alone
	// Beside are further files of the folder, by name; they come before photos.csv.
	Beside map[string][]byte
}

// made is what the photos depend on: products may become more or fewer.
func (o Options) made() catalog.Made {
	by := o.Maker
	if by == "" {
		by = "data/studio"
	}
	style := o.Style.withDefaults()
	return catalog.Made{By: by, Of: fmt.Sprintf("seed %d, %d pixels", o.Seed, style.Size),
		Settings: fmt.Sprintf("%+v", style)}
}

// Summary counts what was made.
type Summary struct {
	Photos     int `json:"photos"`
	Products   int `json:"products"`
	Categories int `json:"categories"`
	Drawn      int `json:"drawn"` // the others were there already
}

// plan is one product's photos.
type plan struct {
	product Product
	rows    []catalog.Photo
	shots   []Shot
}

// Photograph makes a catalogue folder of the products. Every photo depends on the
// seed and the product's id alone. Photos that are there already are kept, so an
// interrupted run goes on; photos.csv comes last. The folder has one writer at a time.
// Photos of another maker, seed or style are never mixed in: a folder with them is an error.
func Photograph(ctx context.Context, dir string, products Products, opts Options,
	progress func(done, total int)) (Summary, error) {
	if products.Len() == 0 {
		return Summary{}, errors.New("there are no products to photograph")
	}
	if opts.Search < 0 || opts.Search > products.Len() {
		return Summary{}, fmt.Errorf("%d search products cannot be chosen from %d", opts.Search, products.Len())
	}
	release, err := catalog.Lock(dir)
	if err != nil {
		return Summary{}, err
	}
	defer release()
	made := opts.made()
	if err := made.Check(dir, catalog.PhotosFile, "images"); err != nil {
		return Summary{}, err
	}
	if err := made.Write(dir); err != nil {
		return Summary{}, err
	}
	var summary Summary
	var lock sync.Mutex
	done := 0
	group, running := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range products.Len() {
		if running.Err() != nil {
			break
		}
		group.Go(func() error {
			if running.Err() != nil { // while it waited for a core
				return context.Cause(running)
			}
			p := planFor(products.At(i), i, opts)
			drawn, err := p.shoot(running, dir)
			if err != nil {
				return fmt.Errorf("product %s: %w", p.product.ID, err)
			}
			lock.Lock()
			defer lock.Unlock()
			summary.Drawn += drawn
			done++
			if progress != nil {
				progress(done, products.Len())
			}
			return nil
		})
	}
	if err := cmp.Or(group.Wait(), context.Cause(ctx)); err != nil {
		return Summary{}, err
	}
	return file(dir, products, opts, summary)
}

// file writes photos.csv in the order of the products.
func file(dir string, products Products, opts Options, summary Summary) (Summary, error) {
	for _, name := range slices.Sorted(maps.Keys(opts.Beside)) {
		err := wholefile.Write(filepath.Join(dir, name),
			func(w io.Writer) error { _, err := w.Write(opts.Beside[name]); return err })
		if err != nil {
			return summary, err
		}
	}
	w, err := catalog.Create(dir)
	if err != nil {
		return summary, err
	}
	categories := map[catalog.Category]bool{}
	for i := range products.Len() {
		p := planFor(products.At(i), i, opts)
		for _, row := range p.rows {
			if err := w.Write(row); err != nil {
				w.Abort()
				return summary, err
			}
			summary.Photos++
		}
		summary.Products++
		categories[p.product.Category] = true
	}
	summary.Categories = len(categories)
	return summary, w.Close()
}

// planFor decides a product's photos. The random numbers of each shot are its own, so
// that one shot more does not change the others.
func planFor(p Product, i int, opts Options) plan {
	seed := fnv.New64a()
	seed.Write([]byte(p.ID)) // a hash's Write does not fail
	rng := rand.New(rand.NewPCG(opts.Seed, seed.Sum64()))
	out := plan{product: p}
	add := func(split catalog.Split, product string) {
		k := len(out.rows)
		id := fmt.Sprintf("%s-%d", p.ID, k)
		out.rows = append(out.rows, catalog.Photo{ID: id, Path: "images/" + p.ID + "/" + id + ".jpg", Split: split,
			Product: product, Category: p.Category, Title: p.Title})
		own := rand.New(rand.NewPCG(opts.Seed+uint64(k)+1, seed.Sum64()))
		if p.Home.Place != Backdrop {
			shot := RandomRoomShot(own, opts.Style, p.Home)
			shot.Room.evening(p.Lamps)
			out.shots = append(out.shots, shot)
		} else {
			out.shots = append(out.shots, RandomShot(own, opts.Style))
		}
	}
	if i < opts.Search {
		add(catalog.Query, p.ID)
		for range 3 + rng.IntN(5) { // 5 on average
			add(catalog.Index, p.ID)
		}
		return out
	}
	split := catalog.Train
	if (i-opts.Search)%8 == 7 {
		split = catalog.Val
	}
	for range 2 + rng.IntN(3) {
		add(split, "")
	}
	return out
}

// shoot draws what is missing of a product and returns how many photos it drew.
func (p plan) shoot(ctx context.Context, dir string) (drawn int, err error) {
	var m *mesh.Mesh
	var d *dome
	for k, row := range p.rows {
		path := filepath.Join(dir, filepath.FromSlash(row.Path))
		if info, err := os.Stat(path); err == nil && info.Size() > 0 {
			continue
		}
		if ctx.Err() != nil {
			return drawn, context.Cause(ctx)
		}
		if m == nil {
			if m, err = p.product.Mesh(); err != nil {
				return drawn, err
			}
		}
		photo, err := shoot(m, p.shots[k], &d)
		if err != nil {
			return drawn, err
		}
		var jpg bytes.Buffer
		if err := jpeg.Encode(&jpg, photo, &jpeg.Options{Quality: p.shots[k].Quality}); err != nil {
			return drawn, err
		}
		if err := wholefile.Write(path, func(w io.Writer) error { _, err := w.Write(jpg.Bytes()); return err }); err != nil {
			return drawn, err
		}
		drawn++
	}
	return drawn, nil
}
