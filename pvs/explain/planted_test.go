package explain_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/data/planted"
	"github.com/gopvs/product-visual-search/data/studio"
	"github.com/gopvs/product-visual-search/data/synth"
	"github.com/gopvs/product-visual-search/kernels/variables"
	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/explain"
)

// named is how the plants of a kind were found.
type named struct {
	kind                     planted.Kind
	made, broke, named, main int
	way                      string
	atMost                   bool
	// Gains of MAR@10: what the autopsy predicts for all queries and for those planted, which is nothing where the cause
	// is not named; what those planted gain when they are cured, by a crop, or by the photo, the label or the index as it
	// was; and what all queries gain without the plants, photos that were added to the index for them included.
	predicted, ofPlanted, cured, undone float64
	missed                              []string
	accused                             int // queries that no plant broke and that miss, with another kind as main cause
}

// run plants all kinds, explains, and undoes each kind.
func (tr *trial) run(t *testing.T, c *catalog.Catalog, each int, seed uint64) (*explain.Autopsy, []named) {
	t.Helper()
	dir := t.TempDir()
	made, err := planted.Spoil(context.Background(), c, dir, planted.Options{Seed: seed, Each: each})
	if err != nil {
		t.Fatal(err)
	}
	spoiled, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sound, _ := tr.score(t, c)
	search, all := tr.score(t, spoiled)
	report, err := explain.Explain(context.Background(), search, explain.Options{Embedder: tr.embedder, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]*explain.Case{}
	for i := range report.Missed {
		cases[report.Missed[i].Query] = &report.Missed[i]
	}
	now := recalls(all)
	n := float64(len(now))
	var table []named
	broken := map[string]bool{}
	for _, kind := range planted.Kinds {
		without := undone(t, search, sound, made, kind, true)
		was := recalls(without)
		cured := was
		switch kind {
		case planted.Ground: // its cure is another ground for the query; the others stay in the index
			cured = recalls(undone(t, search, sound, made, kind, false))
		case planted.Little: // its cure fills the frame, which the photo as it was does not
			cured = recalls(tr.cropped(t, search, made))
		}
		row := named{kind: kind, undone: without.MAR().Value - all.MAR().Value}
		gains := map[string]float64{}
		for _, s := range report.Causes {
			if s.Cause == explain.Cause(kind) {
				row.predicted, row.way, row.atMost = s.Best().Gain, s.Best().Way, s.Best().AtMost
				gains = s.Best().Queries
			}
		}
		for _, p := range made {
			if p.Kind != kind {
				continue
			}
			row.made++
			c := cases[p.Query]
			row.ofPlanted += gains[p.Query] / n
			row.cured += (cured[p.Query] - now[p.Query]) / n
			if was[p.Query] <= now[p.Query] {
				continue
			}
			row.broke++
			broken[p.Query] = true
			switch {
			case c == nil || !c.Has(explain.Cause(kind)):
				row.missed = append(row.missed, fmt.Sprintf("%s %.2f->%.2f", p.Query, was[p.Query], now[p.Query]))
			case c.Main() == explain.Cause(kind):
				row.main++
				row.named++
			default:
				row.named++
			}
		}
		table = append(table, row)
	}
	spoiledBy := map[string]planted.Kind{}
	for _, p := range made {
		spoiledBy[p.Query] = p.Kind
	}
	for i, kind := range planted.Kinds {
		for _, c := range report.Missed {
			if c.Main() == explain.Cause(kind) && !broken[c.Query] && spoiledBy[c.Query] != kind {
				table[i].accused++
			}
		}
	}
	return report, table
}

// recalls are those of queries.
func recalls(r *evaluate.Report) map[string]float64 {
	out := map[string]float64{}
	for _, q := range r.PerQuery {
		out[q.Query] = q.Values[0]
	}
	return out
}

func show(t *testing.T, table []named) (broke, found, main int) {
	for _, r := range table {
		most := ""
		if r.atMost {
			most = "at most "
		}
		t.Logf("%-8s made %2d broke %2d named %2d main %2d, of %2d others main; predicted %s%+.4f, of those planted %+.4f, "+
			"cured %+.4f, all undone %+.4f (%s) %v", r.kind, r.made, r.broke, r.named, r.main, r.accused, most, r.predicted,
			r.ofPlanted, r.cured, r.undone, r.way, r.missed)
		broke, found, main = broke+r.broke, found+r.named, main+r.main
	}
	t.Logf("all: broke %d, named %d, main %d", broke, found, main)
	return broke, found, main
}

// Planted causes are named, on toys that a toy embeds.
func TestToysPlanted(t *testing.T) {
	t.Parallel()
	tr := &trial{toy{}, map[[32]byte][]float32{}}
	report, table := tr.run(t, toyCatalog(t, 30, 42), 3, 1)
	broke, found, _ := show(t, table)
	if broke < 20 || 10*found < 9*broke {
		t.Errorf("of %d queries that were broken the cause of %d is named", broke, found)
	}
	for i := range report.Missed {
		if c := &report.Missed[i]; len(c.Causes) == 0 || c.Recall >= 1 {
			t.Errorf("query %s with recall %g has the causes %v", c.Query, c.Recall, c.Causes)
		}
	}
}

// unseen are seeds of queries that are not those by which thresholds were chosen (docs/explain.md says how far). One
// spoils 15 queries of a kind, too few to compare gains: a query that finds all or nothing is 0.003 of 300.
var unseen = []uint64{4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// seeds are those of PVS_SEED, between commas, or the unseen ones.
func seeds(t *testing.T) []uint64 {
	said := os.Getenv("PVS_SEED")
	if said == "" {
		return unseen
	}
	var out []uint64
	for _, s := range strings.Split(said, ",") {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, seed)
	}
	return out
}

// pooled sums up what was found with several seeds: counts are sums, gains means.
func pooled(tables [][]named) []named {
	out := slices.Clone(tables[0])
	for _, table := range tables[1:] {
		for i, r := range table {
			o := &out[i]
			o.made, o.broke, o.named, o.main, o.accused = o.made+r.made, o.broke+r.broke, o.named+r.named, o.main+r.main,
				o.accused+r.accused
			o.predicted, o.ofPlanted, o.cured, o.undone = o.predicted+r.predicted, o.ofPlanted+r.ofPlanted,
				o.cured+r.cured, o.undone+r.undone
			o.missed = append(o.missed, r.missed...)
		}
	}
	n := float64(len(tables))
	for i := range out {
		o := &out[i]
		o.predicted, o.ofPlanted, o.cured, o.undone = o.predicted/n, o.ofPlanted/n, o.cured/n, o.undone/n
	}
	return out
}

// At least 90% of the planted causes are named, and the gains that are predicted for the queries of the three kinds
// that cost most are within 20% of what these gain when they are cured, or, where it is a gain at most, not below: of
// drawn products, or of the catalogue PVS_PLANTED. What is predicted for other queries is left out: these have the
// cause by themselves, and undoing plants does not cure them.
func TestPlanted(t *testing.T) {
	t.Parallel()
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("takes minutes; PVS_SLOW=1 runs it")
	}
	variables.Apply()
	ctx := context.Background()
	dir := os.Getenv("PVS_PLANTED")
	if dir == "" {
		dir = filepath.Join(t.TempDir(), "catalogue")
		if _, err := studio.Photograph(ctx, dir, synth.Catalog(1, 900), studio.Options{Seed: 1, Search: 300, Maker: "a test",
			Style: studio.Style{Size: 320}}, nil); err != nil {
			t.Fatal(err)
		}
	}
	c, err := catalog.Open(dir, catalog.Options{})
	if err != nil {
		t.Fatal(err)
	}
	config, path, err := weights.Find(ctx, "lite0", "", func(string) {})
	if err != nil {
		t.Skip("no weights: ", err)
	}
	w, err := weights.Load(path, config)
	if err != nil {
		t.Fatal(err)
	}
	b, info, err := backend.Open(ctx, backend.Inference, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	e, err := engine.Choose(engine.Request{Backend: b, Name: info.String()})
	if err != nil {
		t.Fatal(err)
	}
	network, err := embed.New(e, config, w.Values, embed.NetworkOptions{Size: 112})
	if err != nil {
		t.Fatal(err)
	}
	tr := &trial{network, map[[32]byte][]float32{}}
	var tables [][]named
	for _, seed := range seeds(t) {
		_, table := tr.run(t, c, 15, seed)
		t.Log("seed ", seed)
		show(t, table)
		tables = append(tables, table)
	}
	table := pooled(tables)
	t.Log("all seeds")
	broke, found, _ := show(t, table)
	if 10*found < 9*broke {
		t.Errorf("of %d queries that were broken the cause of %d is named", broke, found)
	}
	slices.SortFunc(table, func(a, b named) int { return cmp.Compare(b.cured, a.cured) })
	for _, r := range table[:3] {
		if r.ofPlanted < 0.8*r.cured || r.ofPlanted > 1.2*r.cured && !r.atMost {
			t.Errorf("%s: %.4f is predicted for the queries planted, and their cure brings %.4f", r.kind, r.ofPlanted, r.cured)
		}
	}
}
