package evaluate

import (
	"fmt"
	"math"
	"strings"
)

// The libraries whose names a passport gives.
const (
	sklearn      = "scikit-learn"
	torchmetrics = "torchmetrics"
	pml          = "pytorch-metric-learning"
	ranx         = "ranx"
	trecEval     = "trec_eval"
)

// definition is a metric: its key, its full name, its formula, its names in other libraries and its value for one
// query. %d in a text is k.
type definition struct {
	key, title, formula string
	also                map[string]string
	scored              bool // part of every Report
	ties                bool // needs scores: it takes results with equal scores together
	value               func(o outcome, k int) float64
}

// definitions are all metrics in the order they are shown. The first is the leaderboard's, as far as it is known
// (RECIPE: the denominator is not published). In formulas h is how many of the k best results are right, R how many
// photos are, P(i) the share of right ones among the i best, n the length of the list.
//
// Of a list that is shorter than what a metric looks at, its value is a lower bound: what would follow is unknown.
var definitions = []definition{
	{key: "mar_at_%d", title: "macro-average recall at %d (MAR@%[1]d), denominator R", formula: "h / R", scored: true,
		also:  map[string]string{torchmetrics: "RetrievalRecall(top_k=%d)", ranx: "recall@%d", trecEval: "recall_%d"},
		value: func(o outcome, k int) float64 { return float64(o.hits(k)) / float64(o.relevant) }},
	{key: "mar_at_%d_capped", title: "macro-average recall at %d, denominator min(R, %[1]d)",
		formula: "h / min(R, %d)", scored: true,
		value: func(o outcome, k int) float64 { return float64(o.hits(k)) / float64(min(o.relevant, k)) }},
	{key: "any_hit_at_%d", title: "any-hit recall at %d (share of queries with a right result)",
		formula: "1 if h > 0, else 0", scored: true,
		also:  map[string]string{torchmetrics: "RetrievalHitRate(top_k=%d)", ranx: "hit_rate@%d", trecEval: "success_%d"},
		value: func(o outcome, k int) float64 { return float64(min(1, o.hits(k))) }},
	{key: "any_hit_at_1", title: "any-hit recall at 1 (share of queries whose first result is right)",
		formula: "1 if the first result is right, else 0", scored: true,
		also: map[string]string{torchmetrics: "RetrievalHitRate(top_k=1)", pml: "precision_at_1", ranx: "hit_rate@1",
			trecEval: "success_1"},
		value: func(o outcome, k int) float64 { return float64(o.hits(1)) }},
	{key: "map_at_%d", title: "mean average precision at %d (mAP@%[1]d), denominator min(R, %[1]d)",
		formula: "sum of P(i) over right i <= %d / min(R, %[1]d)", scored: true,
		value: func(o outcome, k int) float64 { return o.precisions(k) / float64(min(o.relevant, k)) }},
	{key: "map_at_%d_by_r", title: "mean average precision at %d, denominator R",
		formula: "sum of P(i) over right i <= %d / R",
		also: map[string]string{pml: "mean_average_precision, k=%d", ranx: "map@%d",
			trecEval: "map_cut_%d"},
		value: func(o outcome, k int) float64 { return o.precisions(k) / float64(o.relevant) }},
	{key: "map_at_%d_by_hits", title: "mean average precision at %d, denominator: right results found",
		formula: "sum of P(i) over right i <= %d / h, 0 if h = 0",
		also:    map[string]string{torchmetrics: "RetrievalMAP(top_k=%d)"},
		value:   func(o outcome, k int) float64 { return o.precisions(k) / float64(max(1, o.hits(k))) }},
	{key: "map", title: "mean average precision of the whole list, denominator R",
		formula: "sum of P(i) over right i / R",
		also:    map[string]string{ranx: "map", trecEval: "map"},
		value:   func(o outcome, k int) float64 { return o.precisions(len(o.right)) / float64(o.relevant) }},
	{key: "map_tied", title: "mean average precision of the whole list, equal scores taken together",
		formula: "as map, P at the last result of a score", ties: true,
		also:  map[string]string{sklearn: "average_precision_score, label_ranking_average_precision_score"},
		value: outcome.tiedPrecision},
	{key: "map_at_r", title: "mean average precision at R (mAP@R)", formula: "sum of P(i) over right i <= R / R",
		also:  map[string]string{pml: "mean_average_precision_at_r"},
		value: func(o outcome, k int) float64 { return o.precisions(o.relevant) / float64(o.relevant) }},
	{key: "r_precision", title: "R-precision (precision among the R best)", formula: "right ones among the R best / R",
		scored: true,
		also: map[string]string{torchmetrics: "RetrievalRPrecision()", pml: "r_precision", ranx: "r-precision",
			trecEval: "Rprec"},
		value: func(o outcome, k int) float64 { return float64(o.hits(o.relevant)) / float64(o.relevant) }},
	{key: "precision_at_%d", title: "precision at %d", formula: "h / %d", scored: true,
		also:  map[string]string{torchmetrics: "RetrievalPrecision(top_k=%d)", ranx: "precision@%d", trecEval: "P_%d"},
		value: func(o outcome, k int) float64 { return float64(o.hits(k)) / float64(k) }},
	{key: "precision_at_%d_found", title: "precision at %d of lists that may be shorter",
		formula: "h / min(n, %d), 0 if n = 0",
		also:    map[string]string{torchmetrics: "RetrievalPrecision(top_k=%d, adaptive_k=True)"},
		value:   func(o outcome, k int) float64 { return float64(o.hits(k)) / float64(max(1, min(len(o.right), k))) }},
	{key: "mrr_at_%d", title: "mean reciprocal rank at %d", formula: "1 / rank of the first right one, 0 beyond %d",
		scored: true,
		also: map[string]string{torchmetrics: "RetrievalMRR(top_k=%d)", ranx: "mrr@%d",
			trecEval: "recip_rank, with -M %d"},
		value: func(o outcome, k int) float64 { return o.reciprocal(k) }},
	{key: "mrr", title: "mean reciprocal rank in the whole list", formula: "1 / rank of the first right one",
		also: map[string]string{torchmetrics: "RetrievalMRR()", pml: "mean_reciprocal_rank", ranx: "mrr",
			trecEval: "recip_rank"},
		value: func(o outcome, k int) float64 { return o.reciprocal(len(o.right)) }},
	{key: "ndcg_at_%d", title: "normalised discounted cumulative gain at %d (nDCG@%[1]d)",
		formula: "sum of 1/log2(i+1) over right i <= %d / the same of i <= min(R, %[1]d)",
		also: map[string]string{sklearn: "ndcg_score(k=%d, ignore_ties=True)", ranx: "ndcg@%d, ndcg_burges@%[1]d",
			trecEval: "ndcg_cut_%d"},
		value: func(o outcome, k int) float64 { return o.gain(k) / discounts(0, min(o.relevant, k)) }},
	{key: "ndcg_at_%d_tied", title: "nDCG at %d, averaged over the orders of equal scores",
		formula: "as ndcg_at_%d, a result's gain the share of right ones with its score", ties: true,
		also:  map[string]string{sklearn: "ndcg_score(k=%d)", torchmetrics: "RetrievalNormalizedDCG(top_k=%d)"},
		value: func(o outcome, k int) float64 { return o.tiedGain(k) / discounts(0, min(o.relevant, k)) }},
	{key: "ndcg", title: "nDCG of the whole list", formula: "as ndcg_at_%d, without a limit",
		also: map[string]string{sklearn: "ndcg_score(ignore_ties=True)", ranx: "ndcg, ndcg_burges", trecEval: "ndcg"},
		value: func(o outcome, k int) float64 {
			return o.gain(len(o.right)) / discounts(0, o.relevant)
		}},
}

// discounts sums nDCG's discounts of ranks from+1 to to: 1 / log2(rank + 1) (Burges et al. 2005, and all libraries of
// the table; Järvelin & Kekäläinen 2002 have 1 / log2(rank) from rank 2 on).
func discounts(from, to int) float64 {
	sum := 0.0
	for i := from; i < to; i++ {
		sum += 1 / math.Log2(float64(i+2))
	}
	return sum
}

// gain is the discounted cumulative gain of the n best, a right result's gain being 1.
func (o outcome) gain(n int) float64 {
	sum := 0.0
	for i, r := range o.right[:min(n, len(o.right))] {
		if r {
			sum += discounts(i, i+1)
		}
	}
	return sum
}

// tiedGain is the mean of gain over all orders of results with equal scores (McSherry & Najork 2008).
func (o outcome) tiedGain(n int) float64 {
	sum := 0.0
	for from := 0; from < min(n, len(o.right)); from = o.end[from] {
		to := o.end[from]
		share := float64(o.hits(to)-o.hits(from)) / float64(to-from)
		sum += share * discounts(from, min(to, n))
	}
	return sum
}

// tiedPrecision is average precision where a right result has the precision down to the last result of its score.
func (o outcome) tiedPrecision(int) float64 {
	sum := 0.0
	for from := 0; from < len(o.right); from = o.end[from] {
		to := o.end[from]
		all := o.hits(to)
		sum += float64(all-o.hits(from)) * float64(all) / float64(to)
	}
	return sum / float64(o.relevant)
}

// definitionsAt returns the definitions that choose takes, without duplicates: at k = 1 the two any-hit recalls are the
// same metric, of which the second says more.
func definitionsAt(k int, choose func(definition) bool) []definition {
	var out []definition
	at := map[string]int{}
	for _, d := range definitions {
		key := formatK(d.key, k)
		i, twice := at[key]
		switch {
		case !choose(d):
		case twice:
			out[i] = d
		default:
			at[key] = len(out)
			out = append(out, d)
		}
	}
	return out
}

// formatK formats a text with k, if it has a verb for it.
func formatK(format string, k int) string {
	if !strings.Contains(format, "%") {
		return format
	}
	return fmt.Sprintf(format, k)
}
