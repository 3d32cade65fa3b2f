package shopfeed

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/download"
)

// Import reads a feed, a file or an address, downloads its photos into the folder out and writes out/photos.csv, which
// appears whole or not at all. Interrupted, or failed for some photos, it goes on at its next start and asks for what
// has not come. After one that came to its end the next one asks for all photos again, whether they have changed.
func Import(ctx context.Context, src, out string, opts Options) (*Summary, error) {
	p := &pull{opts: opts, dir: out, src: sourceOf(src)}
	return p.importAll(ctx)
}

func (p *pull) importAll(ctx context.Context) (s *Summary, err error) {
	release, err := catalog.Lock(p.dir)
	if err != nil {
		return nil, err
	}
	defer release()
	if p.made, err = made(p.src, p.opts.Kind, p.opts.settings()); err != nil {
		return nil, err
	}
	if err := checkImport(p.made, p.dir); err != nil {
		return nil, err
	}
	before, err := openBefore(p.dir)
	if err != nil {
		return nil, err
	}
	if err := p.read(ctx); err != nil {
		return nil, err
	}
	if len(p.feed.Bad) > 0 && !p.opts.SkipBad {
		return nil, p.refuse(ctx)
	}
	if p.store, err = download.Open(p.dir, p.opts.photos()); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.store.Close()) }()
	if err := p.made.Write(p.dir); err != nil {
		return nil, err
	}
	if err := p.download(ctx); err != nil {
		return nil, err
	}
	var photos []catalog.Photo
	bad := p.feed.Bad
	for _, photo := range p.feed.Photos {
		if f, ok := p.came[photo.Address]; ok {
			photos = append(photos, row(photo, f.Path))
			continue
		}
		problem := catalog.Problem{Where: p.where(photo), Err: p.failed[photo.Address]}
		bad, p.summary.Failures = append(bad, problem), append(p.summary.Failures, problem)
	}
	if err := p.write(ctx, photos, bad); err != nil {
		if len(p.summary.Failures) > 0 {
			err = fmt.Errorf("%w; the photos that came are kept, and only the others are asked for the next time", err)
		}
		return nil, p.marked(err)
	}
	now, err := catalog.Open(p.dir, catalog.Options{})
	if err != nil {
		return nil, err
	}
	return &p.summary, p.clean(before, now)
}
