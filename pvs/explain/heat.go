package explain

import (
	"context"
	"fmt"
	"math"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
)

// HeatSide is the number of places of a [Heat] along a side, HeatPatch the side of the patch in the same unit: patches
// overlap, so that what lies between two places is seen by both.
const (
	HeatSide  = 8
	HeatPatch = 2
)

// Heat is where in a photo its cosine with another one comes from: by how much the cosine falls when a patch there has
// the photo's mean colour, [HeatSide, HeatSide] row by row, over the square that the photo is padded to. Below 0 the
// patch hid a difference. (Occlusion, Zeiler & Fergus 2014, section 4.2, of a similarity instead of a class: it takes
// any embedder.)
type Heat []float32

// Map is a query and one of its results with where they are alike.
type Map struct {
	Query, Photo        string
	OfQuery, OfPhoto    Heat
	QuerySize, PictSize [2]int // width and height of the photos in pixels
}

// Occlude makes the heat of a photo whose cosine is taken with a vector of unit length.
func Occlude(ctx context.Context, e embed.Embedder, photo *imageprep.RGB, with []float32) (Heat, error) {
	square := imageprep.PadSquare(photo)
	mean := meanColour(square)
	n := HeatSide * HeatSide
	cosines := make([]float32, n+1) // the last one is of the whole photo
	inputs := make([]float32, e.Batch()*e.InputLen())
	out := make([]float32, e.Batch()*e.Dim())
	for done := 0; done <= n; done += e.Batch() {
		count := min(e.Batch(), n+1-done)
		err := cores.Each(ctx, count, func(i int) error {
			p := square
			if at := done + i; at < n {
				p = patched(square, at%HeatSide, at/HeatSide, mean)
			}
			e.Prepare(p, inputs[i*e.InputLen():(i+1)*e.InputLen()])
			return nil
		})
		if err != nil {
			return nil, err
		}
		if err := e.Embed(inputs, count, out); err != nil {
			return nil, err
		}
		for i := range count {
			v := out[i*e.Dim() : (i+1)*e.Dim()]
			cosines[done+i] = dot(v, with) / float32(max(1e-12, math.Sqrt(float64(dot(v, v)))))
		}
	}
	heat := make(Heat, n)
	for i := range heat {
		heat[i] = cosines[n] - cosines[i]
	}
	return heat, nil
}

func meanColour(p *imageprep.RGB) (mean [3]uint8) {
	var sum [3]int
	for i, v := range p.Pix {
		sum[i%3] += int(v)
	}
	for c := range mean {
		mean[c] = uint8(sum[c] / max(1, p.Width*p.Height))
	}
	return mean
}

// patched is a square with a patch around the middle of a place.
func patched(p *imageprep.RGB, x, y int, colour [3]uint8) *imageprep.RGB {
	out := imageprep.NewRGB(p.Width, p.Height)
	copy(out.Pix, p.Pix)
	edge := func(at, side int) (from, to int) {
		middle := (float64(at) + 0.5) / HeatSide * float64(side)
		half := HeatPatch / 2.0 / HeatSide * float64(side)
		return max(0, int(middle-half)), min(side, int(math.Ceil(middle+half)))
	}
	x0, x1 := edge(x, p.Width)
	y0, y1 := edge(y, p.Height)
	for v := y0; v < y1; v++ {
		for u := x0; u < x1; u++ {
			copy(out.Pix[3*(v*p.Width+u):][:3], colour[:])
		}
	}
	return out
}

// maps makes heat maps of the first cases of each cause in turn: of a query and the photo that is evidence.
func (e *examination) maps(ctx context.Context, a *Autopsy, n int) error {
	if n == 0 {
		return nil
	}
	chosen := a.spread(n)
	update, finish := e.opts.Progress("looking where photos are alike")
	defer finish()
	for i, c := range chosen {
		update(i, len(chosen))
		photo := c.Evidence()
		row, ok := e.exact.Row(photo)
		if !ok {
			continue
		}
		m := Map{Query: c.Query, Photo: photo}
		for _, side := range []struct {
			id   string
			with []float32
			heat *Heat
			size *[2]int
		}{{c.Query, e.Index.Row(row), &m.OfQuery, &m.QuerySize}, {photo, e.Queries.Row(c.query), &m.OfPhoto, &m.PictSize}} {
			p, err := e.workshop.open(side.id)
			if err != nil {
				return err
			}
			*side.size = [2]int{p.Width, p.Height}
			if *side.heat, err = Occlude(ctx, e.opts.Embedder, p, side.with); err != nil {
				return fmt.Errorf("looking where photo %s is like %s: %w", side.id, m.Query, err)
			}
		}
		a.Maps = append(a.Maps, m)
	}
	update(len(chosen), len(chosen))
	return nil
}

// Evidence is the photo to look at beside the query: that of the main cause, else the first wrong result; "": none.
func (c *Case) Evidence() string {
	if f := c.Causes[0]; f.Photo != "" {
		return f.Photo
	}
	for _, r := range c.Results {
		if !r.Right {
			return r.Photo
		}
	}
	return ""
}

// spread picks cases of all main causes in turn.
func (a *Autopsy) spread(n int) []*Case {
	by := map[Cause][]*Case{}
	for i := range a.Missed {
		c := &a.Missed[i]
		by[c.Main()] = append(by[c.Main()], c)
	}
	var out []*Case
	for k := 0; len(out) < min(n, len(a.Missed)); k++ {
		for _, cause := range Causes {
			if k < len(by[cause]) && len(out) < n {
				out = append(out, by[cause][k])
			}
		}
	}
	return out
}
