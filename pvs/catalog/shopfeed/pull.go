package shopfeed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/download"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// pull is a feed that is being brought into a folder.
type pull struct {
	opts    Options
	dir     string
	src     source
	feed    *Feed
	made    catalog.Made
	store   *download.Store
	came    map[string]download.File // by address
	failed  map[string]error         // by address
	summary Summary
}

// read reads the feed.
func (p *pull) read(ctx context.Context) error {
	data, err := p.src.read(ctx, p.dir, p.opts.Download)
	if err != nil {
		return err
	}
	p.feed, err = Read(data, p.src.name(), ReadOptions{p.opts.Kind, p.opts.Variants, p.opts.Latin1})
	if err != nil {
		return err
	}
	if p.summary.Bare = p.feed.Bare; p.feed.Bare > 0 {
		p.opts.log(fmt.Sprintf("%d products of %s have no photo", p.feed.Bare, p.src.name()))
	}
	return nil
}

// download downloads the feed's photos.
func (p *pull) download(ctx context.Context) error {
	p.came, p.failed = map[string]download.File{}, map[string]error{}
	addresses := p.addresses()
	progress := func() {
		if p.opts.Progress != nil {
			p.opts.Progress(len(p.came)+len(p.failed), len(addresses))
		}
	}
	progress()
	err := p.store.Get(ctx, addresses, func(address string, f download.File, err error) {
		if err != nil {
			p.failed[address] = err
		} else {
			p.came[address] = f
			if f.New {
				p.summary.Downloaded++
			} else {
				p.summary.Unchanged++
			}
		}
		progress()
	})
	p.summary.Failed = len(p.failed)
	return err
}

// addresses are the feed's, each once.
func (p *pull) addresses() (all []string) {
	seen := map[string]bool{}
	for _, photo := range p.feed.Photos {
		if !seen[photo.Address] {
			seen[photo.Address] = true
			all = append(all, photo.Address)
		}
	}
	return all
}

// where names a photo's place.
func (p *pull) where(photo Photo) string {
	return fmt.Sprintf("%s line %d (photo %s)", p.src.name(), photo.Line, photo.ID)
}

// row is a photo as the catalogue has it; its file is known.
func row(photo Photo, path string) catalog.Photo {
	return catalog.Photo{ID: photo.ID, Path: path, Product: photo.Product, Category: photo.Category, Title: photo.Title,
		Line: photo.Line}
}

// listed is the catalogue to be written.
func (p *pull) listed(photos []catalog.Photo, bad []catalog.Problem) dataset.Listed {
	queries := p.opts.Queries
	if queries == 0 {
		queries = dataset.NoQueries
	}
	return dataset.Listed{Photos: photos, Bad: bad, List: p.src.name(), Queries: queries, Train: p.opts.Train,
		Made: p.made}
}

// write writes the catalogue.
func (p *pull) write(ctx context.Context, photos []catalog.Photo, bad []catalog.Problem) (err error) {
	p.summary.Summary, err = dataset.Import(ctx, p.listed(photos, bad), p.dir, p.dir,
		dataset.Options{SkipBad: p.opts.SkipBad, Val: p.opts.Val, Locked: true})
	return err
}

// refuse lists what is bad about the feed, before anything is downloaded.
func (p *pull) refuse(ctx context.Context) error {
	had, err := catalog.ReadMade(p.dir)
	if err != nil {
		return err
	}
	if had != (catalog.Made{}) { // the catalogue that is there stays what it is
		p.made = had
	}
	return p.write(ctx, nil, p.feed.Bad)
}

// marked gives an error the marks of the failures where an option is a way out.
func (p *pull) marked(err error) error {
	for _, mark := range []error{download.ErrPrivate, download.ErrTooLarge} {
		for _, failure := range p.failed {
			if errors.Is(failure, mark) {
				err = tag.Error(err, mark)
				break
			}
		}
	}
	return err
}

// clean ends the run of downloads and removes files that none of the catalogues has, with the ids that they had
// before and have now: pages that show the earlier one go on until the next time.
func (p *pull) clean(catalogs ...*catalog.Catalog) error {
	if err := p.store.Finish(p.addresses()); err != nil {
		return err
	}
	used := map[string]bool{}
	for _, c := range catalogs {
		if c == nil {
			continue
		}
		for _, photo := range c.Photos {
			used[photo.Path] = true
		}
	}
	_, err := p.store.Remove(used)
	return err
}

// openBefore reads the catalogue that a folder has; nil if it has none.
func openBefore(dir string) (*catalog.Catalog, error) {
	if _, err := os.Stat(filepath.Join(dir, catalog.PhotosFile)); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return catalog.Open(dir, catalog.Options{SkipBad: true})
}
