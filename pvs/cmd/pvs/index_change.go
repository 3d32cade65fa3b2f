package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type indexRemoveCommand struct {
	Index string   `arg:"" help:"The index's folder." placeholder:"DIR"`
	IDs   []string `arg:"" name:"id" optional:"" help:"The photos' ids." placeholder:"ID"`
	List  string   `help:"A file of ids, one a line." placeholder:"FILE"`
}

// Run removes photos.
func (c *indexRemoveCommand) Run(a *app) error {
	ids := slices.Clone(c.IDs)
	if c.List != "" {
		more, err := vectors.ReadIDs(c.List)
		if err != nil {
			return err
		}
		ids = append(ids, more...)
	}
	if len(ids) == 0 {
		return misuse{errors.New("name the photos to be removed by their ids, or a file of ids by --list")}
	}
	var done *index.Changed
	err := a.changeIndex(c.Index, func(w *index.Writer) (err error) {
		done, err = w.Apply(a.ctx, index.Change{Remove: ids})
		return err
	})
	if err != nil {
		return err
	}
	if n := len(done.Missing); n > 0 {
		a.log(fmt.Sprintf("%d of the ids are not in the index, %s the first", n, done.Missing[0]))
	}
	a.say("%d photos were removed from %s", done.Removed, c.Index)
	return a.indexCounts(c.Index, map[string]any{"removed": done.Removed, "missing": len(done.Missing)})
}

type indexInfoCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run shows what an index holds.
func (c *indexInfoCommand) Run(a *app) error {
	return readIndex(c.Index, func(s *index.Snapshot) error {
		i, err := s.Info(a.ctx)
		if err != nil {
			return err
		}
		return a.indexInfo(c.Index, i)
	})
}

type indexVerifyCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run checks an index.
func (c *indexVerifyCommand) Run(a *app) error {
	update, finish := a.progress("verifying")
	v, err := index.Verify(a.ctx, c.Index, update)
	finish()
	if err != nil {
		return err
	}
	a.say("%s is whole: %d photos, %d of them with codes in %d segments, %d removed ones masked", c.Index,
		v.Photos, v.Rows, v.Segments, v.Removed)
	return a.result(v)
}

type indexCompactCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
}

// Run compacts an index.
func (c *indexCompactCommand) Run(a *app) error {
	if err := a.changeIndex(c.Index, func(w *index.Writer) error { return w.Compact(a.ctx) }); err != nil {
		return err
	}
	info := indexInfoCommand(*c)
	return info.Run(a)
}
