package main

import (
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/combine"
)

type vectorsJoinCommand struct {
	Vectors []string  `arg:"" help:"Names of vectors of the same photos by two networks or more."`
	Out     string    `required:"" help:"${vectors_out}" placeholder:"NAME"`
	Weights []float64 `help:"${vectors_weights}" placeholder:"W"`
}

// Validate refuses weights of other vectors than are named.
func (c *vectorsJoinCommand) Validate() error {
	if len(c.Weights) > 0 && len(c.Weights) != len(c.Vectors) {
		return fmt.Errorf("--weights has %d numbers for %d names of vectors: it needs one for each", len(c.Weights),
			len(c.Vectors))
	}
	return nil
}

// Run joins vectors.
func (c *vectorsJoinCommand) Run(a *app) error {
	if err := checkOut(c.Out, c.Vectors...); err != nil {
		return err
	}
	key := "joined"
	var parts []combine.Part
	var first *vectorSource
	for i, name := range c.Vectors {
		source, err := a.readSource(name)
		if err != nil {
			return err
		}
		weight := 1.0
		if len(c.Weights) > 0 {
			weight = c.Weights[i]
		}
		if first == nil {
			first = source
		} else if err := source.samePhotos(first); err != nil {
			return err
		}
		parts = append(parts, combine.Part{Set: source.Set, Weight: weight})
		key += fmt.Sprintf(" %g of %s", weight, source.digest())
	}
	set, err := combine.Join(parts...)
	if err != nil {
		return err
	}
	made := &madeVectors{out: c.Out, key: key, of: first, origin: set.Origin, dim: set.Dim, rows: rowsOfSet(set)}
	if err := made.write(a); err != nil {
		return err
	}
	return made.report(a, strings.Join(c.Vectors, " and ")+", joined", nil)
}

// samePhotos refuses vectors of a photo whose file was another one.
func (s *vectorSource) samePhotos(first *vectorSource) error {
	if s.stamps == nil || first.stamps == nil {
		return nil
	}
	row := make(map[string]int, first.Len())
	for i, id := range first.IDs {
		row[id] = i
	}
	for i, id := range s.IDs {
		if at, ok := row[id]; ok && first.stamps[at].SHA256 != s.stamps[i].SHA256 {
			return fmt.Errorf("%s and %s were made of other photos %s, which was replaced in between: embed both again",
				first.name, s.name, id)
		}
	}
	return nil
}
