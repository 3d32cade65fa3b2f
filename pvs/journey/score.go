package journey

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Score is MAR@10 with its 95% interval.
type Score struct {
	Value   float64 `json:"mar_at_10"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
	Queries int     `json:"queries"`
	Key     string  `json:"key"` // of the weights, the photos and the truth that were scored
}

// score embeds query and index photos, searches and scores; a score that is there of
// the same weights, photos and truth is taken.
func (j *Journey) score(ctx context.Context, run string, version, versions int,
	values map[string][]float32) (Score, error) {
	output := embed.OutputOf(values)
	n, err := embed.New(j.opts.Inference, j.opts.Config, values,
		embed.NetworkOptions{Size: j.opts.Scale.Pixels, Output: embed.Features})
	if err != nil {
		return Score{}, err
	}
	defer n.Close()
	truth, err := j.catalog.Truth()
	if err != nil {
		return Score{}, err
	}
	var sets [2]*vectors.Set
	var names [2]string
	key := sha256.New()
	for i, split := range []catalog.Split{catalog.Index, catalog.Query} {
		if names[i], err = j.features(ctx, split, n); err != nil {
			return Score{}, err
		}
		if sets[i], err = vectors.Read(names[i]); err != nil {
			return Score{}, err
		}
		// A hash's Write does not fail.
		fmt.Fprintln(key, n.Key(), vectors.DigestIDs(sets[i].IDs), sets[i].Origin.Photos)
	}
	fmt.Fprintln(key, embed.Digest(j.opts.Config, values, output))
	for _, q := range slices.Sorted(maps.Keys(truth)) {
		fmt.Fprintf(key, "%q %q\n", q, truth[q])
	}
	s := Score{Key: hex.EncodeToString(key.Sum(nil))}
	file := scoreFile(j.Folder(run), version)
	if had, ok := readScore(file); ok && had.Key == s.Key {
		return had, nil
	}
	for i, set := range sets {
		projected, err := embed.Project(j.opts.Training.Backend, j.opts.Config, values, set, output)
		if err != nil {
			return Score{}, err
		}
		if err := projected.Normalize(); err != nil {
			return Score{}, err
		}
		sets[i] = projected
		sets[i].Origin.Run = run
	}
	results, err := j.search(ctx, sets[0], sets[1])
	if err != nil {
		return Score{}, err
	}
	if version == versions {
		ranking := retrieval.RankingOf(sets[0], names[0], sets[1], names[1])
		if err := retrieval.WriteRanked(filepath.Join(j.Folder(run), "ranked.csv"), results, ranking); err != nil {
			return Score{}, err
		}
	}
	report, err := evaluate.Score(results.Ranked(), truth, evaluate.Options{K: retrieval.K})
	if err != nil {
		return Score{}, err
	}
	mar := report.MAR()
	s.Value, s.Low, s.High, s.Queries = mar.Value, mar.Low, mar.High, report.Queries
	return s, wholefile.Write(file, func(w io.Writer) error { return json.NewEncoder(w).Encode(s) })
}

func scoreFile(dir string, version int) string {
	return filepath.Join(dir, fmt.Sprintf("score-%d.json", version))
}

// ReadScores reads the scores in a run's folder by their numbers: the epochs of a Siamese run, 1 for the end of others.
func ReadScores(dir string) (map[int]Score, error) {
	scores := map[int]Score{}
	for n := 1; ; n++ {
		file := scoreFile(dir, n)
		s, ok := readScore(file)
		if ok {
			scores[n] = s
			continue
		}
		if _, err := os.Stat(file); err == nil {
			return nil, fmt.Errorf("%s is no score that a journey wrote; remove it, and the same journey scores again", file)
		}
		return scores, nil
	}
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
	progress := func(done, total int) {
		if j.opts.Progress != nil {
			j.opts.Progress(finetune.Progress{What: "embedding " + string(split), Done: done, Total: total})
		}
	}
	if j.embedded[name] {
		return name, nil
	}
	// Complete features are taken as they are, but for photos whose files were replaced.
	result, err := embed.Run(ctx, n, photos, name, embed.RunOptions{SkipBad: j.opts.SkipBad, Progress: progress,
		Log:     j.opts.Log,
		Catalog: j.catalog.Dir, Split: split})
	for _, line := range result.Skipped {
		j.opts.Log("left out: " + line)
	}
	j.embedded[name] = err == nil
	return name, err
}

// search finds the ten nearest.
func (j *Journey) search(ctx context.Context, index, queries *vectors.Set) (retrieval.Results, error) {
	exact, err := retrieval.NewIndexOn(j.opts.Training.Backend, index)
	if err != nil {
		return nil, err
	}
	return retrieval.Search(ctx, exact, queries, retrieval.K)
}
