package main

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

type indexExportCommand struct {
	Index string `arg:"" help:"The index's folder." placeholder:"DIR"`
	Out   string `required:"" help:"${index_export}" placeholder:"DIR"`
}

// Run exports an index.
func (c *indexExportCommand) Run(a *app) error {
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	of, err := filepath.Abs(c.Index)
	if err != nil {
		return err
	}
	made := catalog.Made{By: "an index's export", Of: of}
	if err := made.Check(c.Out, catalog.PhotosFile); err != nil {
		return err
	}
	return readIndex(c.Index, func(s *index.Snapshot) error {
		if err := made.Write(c.Out); err != nil {
			return err
		}
		if w, _, err := whiteningOf(c.Index, s.Origin()); err != nil {
			a.log(fmt.Sprintf("exported without their whitening: %v", err)) // the vectors are whole all the same
		} else if w != nil {
			if err := writeWhitening(w, whiteningIn(c.Out)); err != nil { // beside index.npy
				return err
			}
		}
		if err := s.Export(a.ctx, c.Out); err != nil {
			return err
		}
		a.say("%d photos with their vectors are in %s: index.npy, index.ids and photos.csv", s.Photos(), c.Out)
		i, err := s.Info(a.ctx)
		if err != nil {
			return err
		}
		return a.result(i)
	})
}
