package evaluate

import "fmt"

// outcome is one query's ranked list compared with the truth: all that metrics need.
type outcome struct {
	right    []bool // for each of the k best results, whether it is relevant
	relevant int    // R, index photos that show the same product; at least 1
	rightAtR int    // relevant results among the R best of the whole list
}

func (o outcome) hits() int {
	n := 0
	for _, r := range o.right {
		if r {
			n++
		}
	}
	return n
}

// definition is a metric: its key, its full name and its value for one query.
type definition struct {
	key, title string
	value      func(o outcome, k int) float64
}

// definitions are all metrics in the order they are shown; %d is k. The first is the
// leaderboard's, as far as it is known (RECIPE: the denominator is not published).
var definitions = []definition{
	{"mar_at_%d", "macro-average recall at %d (MAR@%[1]d), denominator R", func(o outcome, k int) float64 {
		return float64(o.hits()) / float64(o.relevant)
	}},
	{"mar_at_%d_capped", "macro-average recall at %d, denominator min(R, %[1]d)", func(o outcome, k int) float64 {
		return float64(o.hits()) / float64(min(o.relevant, k))
	}},
	{"any_hit_at_%d", "any-hit recall at %d (share of queries with a right result)", func(o outcome, k int) float64 {
		if o.hits() > 0 {
			return 1
		}
		return 0
	}},
	{"any_hit_at_1", "any-hit recall at 1 (share of queries whose first result is right)", func(o outcome, k int) float64 {
		if len(o.right) > 0 && o.right[0] {
			return 1
		}
		return 0
	}},
	{"map_at_%d", "mean average precision at %d (mAP@%[1]d), denominator min(R, %[1]d)", func(o outcome, k int) float64 {
		sum, hits := 0.0, 0
		for i, r := range o.right {
			if r {
				hits++
				sum += float64(hits) / float64(i+1)
			}
		}
		return sum / float64(min(o.relevant, k))
	}},
	// Of a list that is shorter than R this is a lower bound: what would follow is unknown.
	{"r_precision", "R-precision (precision among the R best)", func(o outcome, k int) float64 {
		return float64(o.rightAtR) / float64(o.relevant)
	}},
	{"precision_at_%d", "precision at %d", func(o outcome, k int) float64 {
		return float64(o.hits()) / float64(k)
	}},
	{"mrr_at_%d", "mean reciprocal rank at %d", func(o outcome, k int) float64 {
		for i, r := range o.right {
			if r {
				return 1 / float64(i+1)
			}
		}
		return 0
	}},
}

// definitionsAt returns the definitions without duplicates: at k = 1 the two any-hit
// recalls are the same metric.
func definitionsAt(k int) []definition {
	var out []definition
	keys := map[string]bool{}
	for _, d := range definitions {
		if key := formatK(d.key, k); !keys[key] {
			keys[key] = true
			out = append(out, d)
		}
	}
	return out
}

// formatK formats a key or title with k, if it has a verb for it.
func formatK(format string, k int) string {
	for i := range len(format) - 1 {
		if format[i] == '%' {
			return fmt.Sprintf(format, k)
		}
	}
	return format
}
