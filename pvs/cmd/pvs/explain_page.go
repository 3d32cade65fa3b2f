package main

import (
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/explain"
)

// causeNames are the causes in words.
var causeNames = map[explain.Cause]string{
	explain.Copies:      "copies of one picture",
	explain.Turned:      "turned or upside down",
	explain.Dark:        "too dark",
	explain.Small:       "too few pixels",
	explain.Blurred:     "blurred",
	explain.Little:      "lost in its frame",
	explain.Cut:         "cut at the edge",
	explain.Label:       "doubtful label",
	explain.Approximate: "the approximate index",
	explain.Hub:         "a hub",
	explain.Ground:      "the same ground",
	explain.Twin:        "another colour of the same",
	explain.Pose:        "the same pose",
	explain.Unlike:      "its photos do not look alike",
	explain.Near:        "right at rank 11 to 50",
	explain.Kin:         "its own category is nearer",
	explain.Others:      "other categories are nearer",
}

// causeTests say how a cause is decided, in a sentence.
var causeTests = map[explain.Cause]string{
	explain.Copies:      "Results are one picture with a right photo or with each other; without them more is found.",
	explain.Turned:      "Turned by 90, 180 or 270 degrees it comes nearer to its right photos than chance brings.",
	explain.Dark:        "It has less than half of the light of the index's photos, and less than 99 of 100 of them.",
	explain.Small:       "The network enlarges it twice or more.",
	explain.Blurred:     "It is less sharp than 99 of 100 photos of the index, as the network sees them.",
	explain.Little:      "The product is small in the photo, and cropped to it the photo comes nearer to its right ones.",
	explain.Cut:         "The product touches the edge, and a part of a right photo is nearer than any whole one.",
	explain.Label:       "It agrees with all photos of another product more than chance brings: see pvs check.",
	explain.Approximate: "The exact search has more right photos among its ten.",
	explain.Hub:         "A photo that is wrongly among the ten of very many queries takes a place.",
	explain.Ground:      "On a plain ground the wrong results fall behind the right ones, more than chance brings.",
	explain.Twin:        "Without colours a wrong result is as near as its own photos, and its colours are others.",
	explain.Pose:        "Most wrong results have its outline, and no right photo has.",
	explain.Unlike:      "The product's photos do not find each other either.",
	explain.Near:        "Right photos stand just behind the ten.",
	explain.Kin:         "At least half of the wrong results are other products of its category.",
	explain.Others:      "At least half of the wrong results are of other categories.",
}

// command is what a user can do about a cause; "" where it is not pvs that does it.
func (c *explainCommand) command(cause explain.Cause) string {
	switch cause {
	case explain.Copies, explain.Label:
		return "pvs check " + c.Catalog
	case explain.Approximate:
		return fmt.Sprintf("pvs search --index %s --exact --queries NAME --out ranked.csv", c.Index)
	case explain.Hub:
		if c.Index != "" {
			return fmt.Sprintf("pvs index remove %s PHOTO", c.Index)
		}
		return "pvs check " + c.Catalog
	case explain.Near:
		if c.Index != "" {
			return fmt.Sprintf("pvs search --index %s --rerank --queries NAME --out ranked.csv", c.Index)
		}
		return "pvs search --rerank --index NAME --queries NAME --out ranked.csv"
	case explain.Twin, explain.Pose, explain.Unlike, explain.Kin, explain.Others, explain.Ground:
		return fmt.Sprintf("pvs fit %s --out fitted", c.Catalog)
	}
	return ""
}

// shownMissed is how many right photos a card shows beside the results.
const shownMissed = 5

// page shows causes and cases.
func (c *explainCommand) page(cat *catalog.Catalog, s explain.Search, r *explain.Autopsy) chart.Autopsy {
	of := c.Folder + c.Ranked + c.Index
	page := chart.Autopsy{Title: "Why queries miss",
		Subtitle: fmt.Sprintf("%s in %s · MAR@10 %.3f [%.3f, %.3f] over %d queries, of which %d miss right photos that ten "+
			"results have room for", c.Catalog, of, r.MAR.Value, r.MAR.Low, r.MAR.High, r.Queries, len(r.Missed)),
		Footer: "Gains are counted: just that is mended, searched again and scored, with 95% bootstrap intervals over " +
			"queries. Where nothing is known that mends it, the gain is what could be reached at most. A query may have " +
			"several causes; gains do not add up. autopsy.csv has a row for each query.",
	}
	for _, sum := range r.Causes {
		best := sum.Best()
		cause := chart.AutopsyCause{Key: string(sum.Cause), Name: causeNames[sum.Cause], Explain: causeTests[sum.Cause],
			Queries: sum.Queries, Main: sum.Main, Gain: best.Gain, Low: best.Low, High: best.High, AtMost: best.AtMost,
			Cure: best.Way, Command: c.command(sum.Cause)}
		var more []string
		for _, cure := range sum.Cures[1:] {
			most := ""
			if cure.AtMost {
				most = "at most "
			}
			more = append(more, fmt.Sprintf("%s: %s%+.3f", cure.Way, most, cure.Gain))
		}
		cause.Note = strings.Join(more, "; ")
		page.Causes = append(page.Causes, cause)
	}
	byID := cat.ByID()
	photo := func(id string) chart.Photo {
		p := byID[id]
		return chart.Photo{ID: id, Path: cat.File(p), Product: p.Product, Category: p.Category.Leaf(), Title: p.Title}
	}
	maps := map[string]*explain.Map{}
	for i := range r.Maps {
		maps[r.Maps[i].Query] = &r.Maps[i]
	}
	for i := range r.Missed {
		m := &r.Missed[i]
		one := chart.AutopsyCase{Query: photo(m.Query), Score: fmt.Sprintf("%d of %d found", m.Hits, m.Relevant)}
		for _, f := range m.Causes {
			one.Causes = append(one.Causes, chart.AutopsyFinding{Key: string(f.Cause), Detail: f.Detail})
		}
		for k, result := range m.Results {
			one.Results = append(one.Results, chart.Result{Photo: photo(result.Photo), Rank: k + 1, Score: result.Score,
				Right: result.Right})
		}
		for k, id := range m.Right {
			if rank := m.Ranks[k]; (rank == 0 || rank > len(m.Results)) && len(one.Missed) < shownMissed {
				at := fmt.Sprintf("rank %d", rank)
				if rank == 0 {
					at = "beyond 100"
				}
				one.Missed = append(one.Missed, chart.Missed{Photo: photo(id), Rank: at})
			}
		}
		if h := maps[m.Query]; h != nil {
			one.Heat = &chart.AutopsyHeat{Other: photo(h.Photo), Side: explain.HeatSide, InQuery: h.OfQuery, InItem: h.OfPhoto}
		}
		page.Cases = append(page.Cases, one)
	}
	return page
}
