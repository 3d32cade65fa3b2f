package replay

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/epochs"
)

// Page is the report as a page.
func (r *Report) Page(title string) chart.Replay {
	p := chart.Replay{Title: title, Notes: r.Notes, BinWidth: 2.0 / DistanceBins, Mapped: r.Mapped}
	runs := "runs"
	if len(r.Runs) == 1 {
		runs = "run"
	}
	p.Subtitle = fmt.Sprintf("%d %s on %s", len(r.Runs), runs, r.Catalog.Dir)
	p.Footer = "Scores are MAR@10 with 95% bootstrap intervals over queries."
	if r.Sample != nil {
		p.Subtitle += " · " + r.describe()
		p.Footer += " In the sample a search finds more than in all of the index, since it is searched in fewer photos. " +
			"The map has the first two principal coordinates of the epoch with the highest score; each epoch is turned onto " +
			"it by the rotation or reflection that fits best (orthogonal Procrustes), so that a photo moves only if it moves " +
			"among the others. It shows a part of all distances: neighbours are those of the whole vectors, kept as float16."
		byID := r.Catalog.ByID()
		for _, s := range r.Sample.Photos {
			photo := byID[s.ID]
			p.Photos = append(p.Photos, chart.Photo{ID: s.ID, Path: r.Catalog.File(photo), Product: photo.Product,
				Category: photo.Category.Leaf(), Title: photo.Title})
		}
	}
	for _, q := range r.Queries {
		p.Queries = append(p.Queries, chart.ReplayQuery{Photo: q, Right: r.Right[q]})
	}
	for _, run := range r.Runs {
		p.Runs = append(p.Runs, run.page())
	}
	return p
}

// describe says what the sample is.
func (r *Report) describe() string {
	if r.Sample.By != epochs.ByTruth {
		return fmt.Sprintf("a sample of %d held-out photos, with each of %d of which those of the same %s are searched for",
			len(r.Sample.Photos), len(r.Queries), r.Sample.By)
	}
	index := 0
	for _, s := range r.Sample.Photos {
		if s.Index {
			index++
		}
	}
	return fmt.Sprintf("a sample of %d queries in %d of its index photos", len(r.Queries), index)
}

// page is a run with its epochs.
func (run *Run) page() chart.ReplayRun {
	p := chart.ReplayRun{Name: run.Name, Parent: run.Parent, From: run.From, Trains: run.Trains, Planned: run.Planned,
		Final: run.Final}
	for _, e := range run.Epochs {
		one := chart.ReplayEpoch{Number: e.Number, Step: e.Step, Loss: e.Loss, ValLoss: e.ValLoss, HeldOut: e.HeldOut,
			All: e.All}
		if s := e.Seen; s != nil {
			one.Sample = score(s.MAR)
			one.Seen = &chart.ReplaySeen{Hits: s.Hits, Points: s.Points, Right: s.Right.Bins[:], Wrong: s.Wrong.Bins[:],
				RightMedian: s.Right.Median, WrongMedian: s.Wrong.Median}
			for _, list := range s.Near {
				var near []chart.ReplayNear
				for _, n := range list {
					near = append(near, chart.ReplayNear{Photo: n.Photo, Cosine: n.Cosine})
				}
				one.Seen.Near = append(one.Seen.Near, near)
			}
		}
		p.Epochs = append(p.Epochs, one)
	}
	return p
}
