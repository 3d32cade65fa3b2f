package index

import (
	"context"
	"io/fs"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Info is what is known of an index as a whole.
type Info struct {
	Photos     int    `json:"photos"`
	Products   int    `json:"products"`   // with a name; photos without one are not counted
	Categories int    `json:"categories"` // that photos have
	Dim        int    `json:"dim"`
	Network    string `json:"network"` // in words; "" where it is not known
	State      uint64 `json:"state"`   // number of changes
	Bytes      int64  `json:"bytes"`   // of all files
	Removed    int    `json:"removed"` // photos that are masked, until compaction
	Tail       int    `json:"tail"`    // photos that are in no codes yet, and compared exactly

	Calibration
	Origin *vectors.Origin `json:"-"`
}

// Calibration is what was measured on a sample of the index's own photos, each searched for among all the others.
type Calibration struct {
	Sample     int     `json:"sample"`     // photos searched for; 0: not measured
	Candidates int     `json:"candidates"` // photos that a search compares exactly
	Recall     float64 `json:"recall_at_10"`
	CutOff     CutOff  `json:"cut_off"`
}

// CutOff is a score that tells photos of products that the index has from others, as well as one score can: the one at
// which as many would be missed as mistaken, or a larger one at which a tenth would be mistaken.
type CutOff struct {
	Score float32 `json:"score"` // 0: there are not enough products to say
	// Missed is the share of photos whose nearest photo of the same product has a smaller score: whose product is there
	// but would not be called a match.
	Missed float64 `json:"missed"`
	// Mistaken is the share of photos whose nearest photo of another product has at least this score: which would be
	// called a match with a wrong product, if their own were not there.
	Mistaken float64 `json:"mistaken"`
	Photos   int     `json:"photos"` // of products with two photos or more, on which it was measured
}

// Info counts and sums up.
func (s *Snapshot) Info(ctx context.Context) (*Info, error) {
	i := &Info{Photos: s.photos, Dim: s.ix.dim, State: s.state, Origin: s.ix.origin, Calibration: s.codes.Calibration}
	if s.ix.origin.Known() {
		i.Network = s.ix.origin.String()
	}
	err := s.ask(func(q queryer) error {
		return q.QueryRowContext(ctx, "SELECT (SELECT count(DISTINCT product) FROM photos WHERE product <> 0), "+
			"(SELECT count(DISTINCT category) FROM photos WHERE category <> 0)").Scan(&i.Products, &i.Categories)
	})
	if err != nil {
		return nil, err
	}
	for _, p := range s.parts {
		i.Removed += p.n - p.alive()
	}
	i.Tail = s.parts[len(s.parts)-1].n
	i.Bytes, err = bytesIn(s.ix.dir)
	return i, err
}

// bytesIn sums up the files of a folder.
func bytesIn(dir string) (sum int64, err error) {
	return sum, filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what a writer removes meanwhile
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
}

// info is the Info of the index as it is now.
func (w *Writer) info(ctx context.Context) (*Info, error) {
	ix, err := Open(w.dir)
	if err != nil {
		return nil, err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	return s.Info(ctx)
}
