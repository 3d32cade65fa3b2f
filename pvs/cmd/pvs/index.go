package main

import (
	"github.com/gopvs/product-visual-search/pvs/index"
)

// indexCommand are the verbs of an index on disk.
type indexCommand struct {
	Create  indexCreateCommand  `cmd:"" help:"Make an index of the photos of a split."`
	Add     indexAddCommand     `cmd:"" help:"Add the photos of a split, or what changed of them."`
	Remove  indexRemoveCommand  `cmd:"" help:"Remove photos by their ids."`
	Info    indexInfoCommand    `cmd:"" help:"What an index holds, and how well its search was measured to find."`
	Verify  indexVerifyCommand  `cmd:"" help:"Read all of an index and check it."`
	Compact indexCompactCommand `cmd:"" help:"${index_compact}"`
	Export  indexExportCommand  `cmd:"" help:"Write an index's vectors and photos for other programs."`
	Push    indexPushCommand    `cmd:"" help:"${index_push}"`
}

// indexInfo shows what is known of an index.
func (a *app) indexInfo(dir string, i *index.Info) error {
	network := i.Network
	if network == "" {
		network = "an unknown maker's vectors"
	}
	a.say("%s: %d photos of %d products in %d categories, %d values each of %s, %.1f MB", dir, i.Photos, i.Products,
		i.Categories, i.Dim, network, float64(i.Bytes)/1e6)
	if i.Sample > 0 {
		a.say("recall at 10: %.4f of what an exact search finds, with %d candidates, for %d of its photos", i.Recall,
			i.Candidates, i.Sample)
	}
	if c := i.CutOff; c.Photos > 0 {
		a.say("a score of %.3f or more is called a match: of %d photos, %.1f%% have their nearest photo of the same product "+
			"below, %.1f%% their nearest one of another product above", c.Score, c.Photos, 100*c.Missed, 100*c.Mistaken)
	}
	if i.Removed+i.Tail > 0 {
		a.say("%d photos are removed and masked, %d have no codes yet", i.Removed, i.Tail)
	}
	return a.result(i)
}

// indexCounts is the JSON of a change.
func (a *app) indexCounts(dir string, more map[string]any) error {
	return readIndex(dir, func(s *index.Snapshot) error {
		i, err := s.Info(a.ctx)
		if err != nil {
			return err
		}
		more["photos"], more["products"], more["dim"], more["network"] = i.Photos, i.Products, i.Dim, i.Network
		return a.result(more)
	})
}

// readIndex calls f with the newest state of an index.
func readIndex(dir string, f func(s *index.Snapshot) error) error {
	ix, err := index.Open(dir)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	return f(s)
}

// changeIndex calls f with an index's writer.
func (a *app) changeIndex(dir string, f func(w *index.Writer) error) error {
	w, err := a.indexWriter(dir)
	if err != nil {
		return err
	}
	err = f(w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	return err
}
