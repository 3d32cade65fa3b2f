package dataset

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Options of [Import].
type Options struct {
	SkipBad bool // leave bad photos out and list them, instead of failing
	// Val is the share of the products in training, or of the photos where no products
	// are known, that go to val when the set has no such part of its own.
	Val float64
	// FollowLinks takes photos that links lead to outside of the folder.
	FollowLinks bool
	// Locked says that the caller holds the catalogue's lock ([catalog.Lock]).
	Locked   bool
	Progress func(photos int) // called now and then
}

// Kind is a layout. Its settings are the type's fields.
type Kind interface {
	// read hands every photo of the source to the import, in an order that does not
	// depend on the machine.
	read(im *importing) error
}

// Summary says what was imported.
type Summary struct {
	catalog.Summary
	Skipped int      `json:"skipped"` // photos and rows left out
	Bad     []string `json:"-"`       // the first of them, a line each
	Kinds   []error  `json:"-"`       // marks of what was left out: ErrLink, ErrNotUTF8
	Notes   []string `json:"-"`       // what the user should know
}

// ProblemsFile lists, a line each, what was bad about a source; it is there if
// something was.
const ProblemsFile = "problems.txt"

// Import reads a source in a kind's layout and writes OUT/photos.csv, which appears
// whole or not at all. Paths in it are relative if the source lies in OUT, else absolute.
// A catalogue that was not imported from the same source is left alone: that is an error.
func Import(ctx context.Context, kind Kind, src, out string, opts Options) (Summary, error) {
	im, err := start(ctx, src, opts)
	if err != nil {
		return Summary{}, err
	}
	prefix, err := prefixOf(im.tree.root, out)
	if err != nil {
		return Summary{}, err
	}
	made := catalog.Made{By: "an import", Of: prefix}
	if info, err := os.Stat(src); err == nil && !info.IsDir() { // one file of the folder
		made.Of = path.Join(prefix, filepath.Base(src))
	}
	if k, ok := kind.(interface{ made() catalog.Made }); ok {
		made = k.made()
	}
	if im.sink, err = openSink(out, prefix, made, opts.Locked); err != nil {
		return Summary{}, err
	}
	return im.finish(kind.read(im))
}

// Read is [Import] into memory: nothing is written.
func Read(ctx context.Context, kind Kind, src string, opts Options) (*catalog.Catalog, Summary, error) {
	im, err := start(ctx, src, opts)
	if err != nil {
		return nil, Summary{}, err
	}
	b := catalog.NewBuilder(im.tree.root)
	im.sink = newSink(b, "")
	summary, err := im.finish(kind.read(im))
	if err != nil {
		return nil, Summary{}, err
	}
	return b.Catalog(), summary, nil
}

// importing is one run of [Import] or [Read].
type importing struct {
	ctx   context.Context
	src   string
	name  string // of the source, for messages
	opts  Options
	tree  *tree // of the source
	sink  *sink
	notes []string
	// Products that have fewer queries than were asked for: of one photo, and of more.
	single, fewer int
}

// start opens the source.
func start(ctx context.Context, src string, opts Options) (*importing, error) {
	if opts.Val < 0 || opts.Val >= 1 {
		return nil, fmt.Errorf("a share of %g for val is not in 0 to 1", opts.Val)
	}
	if err := checkSource(src); err != nil {
		return nil, err
	}
	root := src
	if info, err := os.Stat(root); err == nil && !info.IsDir() {
		root = filepath.Dir(root)
	}
	t, err := openTree(root, opts.FollowLinks)
	return &importing{ctx: ctx, src: src, name: src, opts: opts, tree: t}, err
}

// prefixOf is what leads from the catalogue to the source: relative where the source
// lies within, else absolute.
func prefixOf(root, out string) (string, error) {
	from, err1 := filepath.Abs(out)
	to, err2 := filepath.Abs(root)
	if err := errors.Join(err1, err2); err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(from, to); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel), nil
	}
	return filepath.ToSlash(to), nil
}

// finish completes the catalogue or leaves nothing but the list of what is bad.
func (im *importing) finish(err error) (Summary, error) {
	s := im.sink
	listed := s.problems.close()
	switch {
	case err != nil:
	case listed != nil:
		err = listed
	case s.problems.n > 0 && !im.opts.SkipBad:
		err = tag.Error(errors.New(s.problems.String()), catalog.ErrBad)
		for _, kind := range s.problems.kinds {
			err = tag.Error(err, kind)
		}
	case s.summary.Photos == 0 && s.problems.n > 0:
		err = fmt.Errorf("no photo of %s is left: %s", im.name, s.problems)
	case s.summary.Photos == 0:
		err = fmt.Errorf("there are no photos in %s", im.name)
	}
	if err != nil {
		s.abort()
		return Summary{}, fmt.Errorf("importing %s: %w", im.name, err)
	}
	im.noteQueries()
	im.notes = append(im.notes, s.suspects.Notes()...)
	if n, example := s.leaks(); n > 0 {
		im.note("%d products are both trained on and searched for, %s for one: scores will be too good", n, example)
	}
	if err := s.close(); err != nil {
		return Summary{}, err
	}
	return Summary{Summary: s.summary, Skipped: s.problems.n, Bad: s.problems.first,
		Kinds: s.problems.kinds, Notes: im.notes}, nil
}

// note keeps a line for the user.
func (im *importing) note(format string, args ...any) {
	im.notes = append(im.notes, fmt.Sprintf(format, args...))
}

// bad counts and lists something that cannot be imported.
func (im *importing) bad(where place, err error) {
	im.sink.problems.add(catalog.Problem{Where: where.String(), Err: err})
}

// there checks that a path relative to the source is a photo's file, and returns the path
// as it is on the disk; what is bad is listed under where.
func (im *importing) there(file string, where place) (string, bool) {
	found, err := im.tree.find(file)
	if err != nil {
		im.bad(where, err)
	}
	return found, err == nil
}

// put writes a photo that is there.
func (im *importing) put(p catalog.Photo, where place) error {
	if err := im.ctx.Err(); err != nil {
		return err
	}
	bad, err := im.sink.write(p)
	if bad != nil {
		im.bad(where, bad)
	}
	if n := im.sink.summary.Photos; im.opts.Progress != nil && n%progressEvery == 0 {
		im.opts.Progress(n)
	}
	return err
}

// progressEvery is how many photos there are between two calls of Options.Progress.
const progressEvery = 1 << 14
