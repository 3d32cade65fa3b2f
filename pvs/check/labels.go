package check

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Labels says when a label is suspicious.
type Labels struct {
	// Category is the share of the neighbours' votes that another category must have over
	// the photo's own; 0: 0.5.
	Category float64
	// Product is how many of the nearest photos, as many as another product has up to 3,
	// must all be of that product; 0: 3.
	Product int
}

// voters is how many neighbours vote on a category.
const voters = 10

// SuspectLabels finds photos whose nearest neighbours carry another label: photos are in
// the order of near's rows. Copies of one picture (groups, by row) do not vote on each
// other and vote once on others.
func SuspectLabels(photos []catalog.Photo, near *Near, groups []int, opts Labels) ([]Finding, error) {
	if opts.Category == 0 {
		opts.Category = 0.5
	}
	if opts.Product == 0 {
		opts.Product = 3
	}
	var found []Finding
	for row, p := range photos {
		list, err := near.Of(row)
		if err != nil {
			return nil, err
		}
		list = independent(row, list, groups)
		if f, ok := suspectCategory(p, list, photos, opts.Category); ok {
			f.Photo = row
			found = append(found, f)
		} else if f, ok := suspectProduct(p, list, photos, opts.Product); ok {
			f.Photo = row
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Score, a.Score) })
	return found, nil
}

// independent leaves out copies of the photo, and copies of one neighbour but the first.
func independent(row int, list []Neighbour, groups []int) []Neighbour {
	seen := map[int]bool{groups[row]: true}
	var out []Neighbour
	for _, n := range list {
		if g := groups[n.Row]; !seen[g] {
			seen[g] = true
			out = append(out, n)
		}
	}
	return out
}

// suspectCategory lets neighbours that have a category vote, each with the weight that
// its nearness beyond the last voter's gives it (Dudani 1976).
func suspectCategory(p catalog.Photo, list []Neighbour, photos []catalog.Photo, above float64) (Finding, bool) {
	if p.Category == "" {
		return Finding{}, false
	}
	var voting []Neighbour
	for _, n := range list {
		if photos[n.Row].Category != "" && len(voting) < voters {
			voting = append(voting, n)
		}
	}
	if len(voting) < voters/2 {
		return Finding{}, false
	}
	last := float64(voting[len(voting)-1].Score)
	span := math.Max(float64(voting[0].Score)-last, 1e-6)
	votes, all := map[catalog.Category]float64{}, 0.0
	nearest := map[catalog.Category]int{}
	for _, n := range voting {
		c := photos[n.Row].Category
		weight := 0.5 + 0.5*(float64(n.Score)-last)/span
		votes[c] += weight
		all += weight
		if _, ok := nearest[c]; !ok {
			nearest[c] = n.Row
		}
	}
	var other catalog.Category
	for c, v := range votes {
		if c != p.Category && (v > votes[other] || v == votes[other] && c < other) {
			other = c
		}
	}
	margin := (votes[other] - votes[p.Category]) / all
	if other == "" || margin < above {
		return Finding{}, false
	}
	return Finding{Kind: SuspectCategory, Other: nearest[other], Score: margin,
		Detail: fmt.Sprintf("its neighbours say %s: %.0f%% of the votes, %.0f%% for its own category", other, 100*votes[other]/all, 100*votes[p.Category]/all)}, true
}

// suspectProduct looks at the nearest photos that have a product: all of one other
// product, and none of the photo's own anywhere among its neighbours.
func suspectProduct(p catalog.Photo, list []Neighbour, photos []catalog.Photo, agree int) (Finding, bool) {
	if p.Product == "" {
		return Finding{}, false
	}
	other, count, leading := -1, 0, true
	score := 0.0
	for _, n := range list {
		switch product := photos[n.Row].Product; {
		case product == "":
		case product == p.Product:
			return Finding{}, false
		case other < 0:
			other, count, score = n.Row, 1, float64(n.Score)
		case leading && product == photos[other].Product:
			count++
		default:
			leading = false
		}
	}
	if count < agree {
		return Finding{}, false
	}
	return Finding{Kind: SuspectProduct, Other: other, Score: score,
		Detail: fmt.Sprintf("its %d nearest are photos of %s, and none of its own product is near", count, photos[other].Product)}, true
}
