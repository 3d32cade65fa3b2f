package check

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Labels says when a label is suspicious; zero values are defaults.
type Labels struct {
	Margin   float64               // log-odds of another category against the photo's own; 0: 10
	Agree    int                   // nearest photos that must all be of one other product; 0: 3
	Progress func(done, total int) // photos judged; may be nil
}

// SuspectLabels finds photos that are classified as another category, or whose neighbours
// are all of one other product. Rows are the photos' embeddings, in the same order, and
// near has their neighbours. Copies of one picture (groups, by row) are no evidence about
// each other and count once.
func SuspectLabels(ctx context.Context, photos []catalog.Photo, rows *vectors.Rows, near *Near, groups []int,
	opts Labels) ([]Finding, error) {
	if opts.Margin == 0 {
		opts.Margin = 10
	}
	if opts.Agree == 0 {
		opts.Agree = 3
	}
	verdicts, err := judgeCategories(ctx, photos, rows, groups, opts.Progress)
	if err != nil {
		return nil, fmt.Errorf("judging categories: %w", err)
	}
	var found []Finding
	for row, p := range photos {
		list, err := near.Of(row)
		if err != nil {
			return nil, err
		}
		list = independent(row, list, groups)
		if f, ok := suspectCategory(p, verdicts[row], list, photos, opts.Margin); ok {
			f.Photo = row
			found = append(found, f)
		} else if f, ok := suspectProduct(p, list, photos, opts.Agree); ok {
			f.Photo = row
			found = append(found, f)
		}
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(b.Score, a.Score) })
	return found, nil
}

// judgeCategories classifies all photos, where there are at least two categories with
// enough members.
func judgeCategories(ctx context.Context, photos []catalog.Photo, rows *vectors.Rows, groups []int,
	progress func(done, total int)) ([]verdict, error) {
	members := map[catalog.Category]int{}
	enough := 0
	for _, p := range photos {
		if members[p.Category]++; p.Category != "" && members[p.Category] == minMembers {
			enough++
		}
	}
	if enough < 2 {
		none := make([]verdict, len(photos))
		for i := range none {
			none[i].margin = math.Inf(-1)
		}
		return none, nil
	}
	c, err := learnClasses(ctx, rows, photos, groups)
	if err != nil {
		return nil, err
	}
	return c.judgeAll(ctx, rows, photos, progress)
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

// voters is how many neighbours vote on a category.
const voters = 10

// suspectCategory turns a verdict into a finding unless the neighbours contradict it.
func suspectCategory(p catalog.Photo, v verdict, list []Neighbour, photos []catalog.Photo, margin float64) (Finding,
	bool) {
	if v.margin < margin {
		return Finding{}, false
	}
	own, theirs, asked, other := 0, 0, 0, None
	for _, n := range list {
		c := photos[n.Row].Category
		if c == "" || asked == voters {
			continue
		}
		asked++
		switch c {
		case p.Category:
			own++
		case v.other:
			theirs++
			if other == None {
				other = n.Row
			}
		}
	}
	if own > theirs {
		return Finding{}, false
	}
	return Finding{Kind: SuspectCategory, Other: other, Score: v.margin,
		Detail: fmt.Sprintf("looks like %s; of its %d nearest, %d are of that and %d of its own category", v.other, asked,
			theirs, own)}, true
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
		Detail: fmt.Sprintf("its %d nearest are photos of %s, and none of its own product is near", count,
			photos[other].Product)}, true
}
