package journey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/leaderboard"
	"github.com/gopvs/product-visual-search/pvs/search"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Score is MAR@10 with its 95% interval.
type Score struct {
	Value   float64 `json:"mar_at_10"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	Key     string  `json:"key"` // of the weights and the photos that were scored
}

// score embeds query and index photos, searches and scores; a score that is there of
// the same weights and photos is taken.
func (j *Journey) score(ctx context.Context, run string, version, versions int, values map[string][]float32) (Score, error) {
	output := embed.OutputOf(values)
	n, err := embed.NewNetwork(j.opts.Inference, j.opts.Config, values, embed.NetworkOptions{Size: j.opts.Scale.Pixels, Output: embed.Features,
		Precision: j.opts.Precision.On(j.opts.Inference)})
	if err != nil {
		return Score{}, err
	}
	defer n.Close()
	var sets [2]*vectors.Set
	var key string
	for i, split := range []catalog.Split{catalog.Index, catalog.Query} {
		name, err := j.features(ctx, split, n)
		if err != nil {
			return Score{}, err
		}
		key += filepath.Base(name) + " "
		if sets[i], err = vectors.Read(name); err != nil {
			return Score{}, err
		}
	}
	key += embed.Fingerprint(j.opts.Config, values, output)
	file := filepath.Join(j.Folder(run), fmt.Sprintf("score-%d.json", version))
	if s, ok := readScore(file); ok && s.Key == key {
		return s, nil
	}
	for i, set := range sets {
		projected, err := embed.Project(j.opts.Training, j.opts.Config, values, set, output)
		if err != nil {
			return Score{}, err
		}
		if err := projected.Normalize(); err != nil {
			return Score{}, err
		}
		sets[i] = projected
	}
	ranked := ""
	if version == versions {
		ranked = filepath.Join(j.Folder(run), "ranked.csv")
	}
	s, err := j.evaluate(ctx, sets[0], sets[1], ranked)
	if err != nil {
		return Score{}, err
	}
	s.Key = key
	return s, wholefile.Write(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(s) })
}

func readScore(file string) (s Score, ok bool) {
	data, err := os.ReadFile(file)
	return s, err == nil && json.Unmarshal(data, &s) == nil
}

// features returns the name of the pooled features of a split, computed once for each
// backbone: Siamese runs share their parent's.
func (j *Journey) features(ctx context.Context, split catalog.Split, n *embed.Network) (string, error) {
	photos := embed.PhotosOf(j.catalog, split)
	sum := sha256.New()
	fmt.Fprintln(sum, n.Key()) // a hash's Write does not fail
	for _, p := range photos {
		fmt.Fprintf(sum, "%q %q\n", p.ID, p.File)
	}
	dir := filepath.Join(j.opts.Out, "features")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", wholefile.Explain(err)
	}
	name := filepath.Join(dir, hex.EncodeToString(sum.Sum(nil)[:8])+"-"+string(split))
	if _, err := os.Stat(name + ".ids"); err == nil { // named last
		return name, nil
	}
	progress := func(done, total int) {
		if j.opts.Progress != nil {
			j.opts.Progress(finetune.Progress{What: "embedding " + string(split), Done: done, Total: total})
		}
	}
	result, err := embed.Run(ctx, n, photos, name, embed.RunOptions{SkipBad: j.opts.SkipBad, Progress: progress})
	for _, line := range result.Skipped {
		j.opts.Log("left out: " + line)
	}
	return name, err
}

// evaluate searches the ten nearest and scores them; ranked names the file that they
// are written to, or "".
func (j *Journey) evaluate(ctx context.Context, index, queries *vectors.Set, ranked string) (Score, error) {
	exact, err := search.NewExact(index.IDs, index.Data, index.Dim, search.ExactOptions{Backend: j.opts.Training})
	if err != nil {
		return Score{}, err
	}
	results, err := leaderboard.Search(ctx, exact, queries, leaderboard.K)
	if err != nil {
		return Score{}, err
	}
	if ranked != "" {
		if err := evaluate.WriteRanked(ranked, results.Each); err != nil {
			return Score{}, err
		}
	}
	truth, err := j.catalog.Truth()
	if err != nil {
		return Score{}, err
	}
	report, err := evaluate.Score(results.Ranked(), truth, evaluate.Options{K: leaderboard.K})
	if err != nil {
		return Score{}, err
	}
	mar := report.MAR()
	return Score{Value: mar.Value, Low: mar.Low, High: mar.High, Queries: report.Queries}, nil
}
