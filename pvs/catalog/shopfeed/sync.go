package shopfeed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
	"github.com/gopvs/product-visual-search/pvs/download"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Update is what a feed says now beside what its catalogue holds.
type Update struct {
	Before, After *catalog.Catalog
	Digests       map[string]string // of the files of After, SHA-256 in hex, by the photos' ids
}

// Sync reads a newer state of a feed than the one that dir holds the catalogue of, downloads what is new or has
// changed, calls apply, in which an index is brought to the same state, and, where that has no error, writes the
// catalogue. A photo that does not come is left as it was, and so are those of its product that the feed has no more:
// they may be what it replaces. Interrupted between any two steps, it is called again.
func Sync(ctx context.Context, src, dir string, opts Options, apply func(*Update) error) (*Summary, error) {
	p := &pull{opts: opts, dir: dir, src: sourceOf(src)}
	return p.syncAll(ctx, apply)
}

func (p *pull) syncAll(ctx context.Context, apply func(*Update) error) (s *Summary, err error) {
	kind, was, err := noted(p.dir)
	if err != nil {
		return nil, err
	}
	release, err := catalog.Lock(p.dir)
	if err != nil {
		return nil, err
	}
	defer release()
	p.opts = p.opts.with(kind, was)
	if p.made, err = made(p.src, kind, was); err != nil {
		return nil, err
	}
	before, err := openBefore(p.dir)
	if err == nil && before == nil {
		err = errors.New("importing the feed has not come to its end: import it again first")
	}
	if err != nil {
		return nil, err
	}
	if err := p.read(ctx); err != nil {
		return nil, err
	}
	if len(p.feed.Bad) > 0 && !p.opts.SkipBad {
		return nil, p.refuse(ctx)
	}
	if err := p.checkRemovals(before); err != nil {
		return nil, err
	}
	o := p.opts.photos()
	o.Stale = lastNight
	if p.store, err = download.Open(p.dir, o); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.store.Close()) }()
	if err := p.download(ctx); err != nil {
		return nil, err
	}
	if n := len(p.failed); n > 0 && len(p.came) == 0 {
		first := p.feed.Photos[0]
		return nil, p.marked(fmt.Errorf("none of the %d photos came (%s: %w); nothing was changed", n, p.where(first),
			p.failed[first.Address]))
	}
	photos := p.merge(before)
	p.opts.SkipBad = true // what is bad from here on is in the lists
	listed := p.listed(photos, p.bad())
	after, _, err := dataset.Read(ctx, listed, p.dir, dataset.Options{SkipBad: true, Val: p.opts.Val})
	if err != nil {
		return nil, err
	}
	u := &Update{before, after, map[string]string{}}
	for _, photo := range after.Photos {
		u.Digests[photo.ID] = download.Digest(photo.Path)
	}
	if err := apply(u); err != nil {
		return nil, err
	}
	if err := p.made.Write(p.dir); err != nil {
		return nil, err
	}
	if err := p.write(ctx, photos, p.bad()); err != nil {
		return nil, err
	}
	return &p.summary, p.clean(before, after)
}

// lastNight is the age from which on an interrupted Sync says nothing of the photos now.
const lastNight = 12 * time.Hour

// bad is all that is left out.
func (p *pull) bad() []catalog.Problem {
	return append(p.feed.Bad[:len(p.feed.Bad):len(p.feed.Bad)], p.summary.Failures...)
}

// merge is the catalogue's photos now: those of the feed that came, and of those before what a failure keeps.
func (p *pull) merge(before *catalog.Catalog) (photos []catalog.Photo) {
	had := before.ByID()
	listed, failing := map[string]bool{}, map[string]bool{}
	for _, photo := range p.feed.Photos {
		listed[photo.ID] = true
		f, ok := p.came[photo.Address]
		if ok {
			photos = append(photos, row(photo, f.Path))
			continue
		}
		failing[photo.Product] = photo.Product != ""
		problem := catalog.Problem{Where: p.where(photo), Err: p.failed[photo.Address]}
		if old, ok := had[photo.ID]; ok {
			photos = append(photos, row(photo, old.Path))
			problem.Err = fmt.Errorf("%w; the one that was there is kept", problem.Err)
			p.summary.Kept++
		}
		p.summary.Failures = append(p.summary.Failures, problem)
	}
	for _, old := range before.Photos {
		if !listed[old.ID] && failing[old.Product] {
			old.Line = 0 // it is not of the feed's
			photos = append(photos, old)
			p.summary.Kept++
		}
	}
	return photos
}

// A feed may lack few products, or a quarter of them, before it looks cut off.
const (
	fewRemovals  = 3
	mostRemovals = 0.25
)

// checkRemovals refuses a feed that lacks many of the catalogue's products. Photos without one are taken for products.
func (p *pull) checkRemovals(before *catalog.Catalog) error {
	name := func(product, id string) string {
		if product == "" {
			return "\x00" + id
		}
		return product
	}
	has := map[string]bool{}
	for _, photo := range p.feed.Photos {
		has[name(photo.Product, photo.ID)] = true
	}
	all, gone := map[string]bool{}, 0
	for _, photo := range before.Photos {
		n := name(photo.Product, photo.ID)
		if !all[n] && !has[n] {
			gone++
		}
		all[n] = true
	}
	if gone <= fewRemovals || float64(gone) <= mostRemovals*float64(len(all)) || p.opts.AllowRemovals {
		return nil
	}
	return tag.Error(fmt.Errorf("the feed lacks %d of the catalogue's %d products, as if it were cut off; "+
		"nothing was changed", gone, len(all)), ErrRemovals)
}
