package evaluate

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/table"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

var rankedColumns = []string{"query", "rank", "index", "score"}

// Result is one row of a ranked list: an index photo found for a query.
type Result struct {
	Query string
	Rank  int // from 1
	Index string
	Score float32 // inner product of unit vectors, higher is nearer
}

// WriteRanked writes ranked lists as a CSV with the columns query, rank, index and
// score; the file appears whole or not at all.
func WriteRanked(path string, results func(yield func(Result) bool)) error {
	err := wholefile.Write(path, func(file io.Writer) error { return EncodeRanked(file, results) })
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// EncodeRanked writes the same CSV to w. A score that is no finite number, which
// [ReadRanked] would refuse, is an error.
func EncodeRanked(w io.Writer, results func(yield func(Result) bool)) error {
	buf := bufio.NewWriter(w)
	c := csv.NewWriter(buf)
	err := c.Write(rankedColumns)
	results(func(r Result) bool {
		if s := float64(r.Score); math.IsNaN(s) || math.IsInf(s, 0) {
			err = fmt.Errorf("the score of %s for query %s is %g", r.Index, r.Query, s)
			return false
		}
		score := strconv.FormatFloat(float64(r.Score), 'g', -1, 32)
		err = c.Write([]string{r.Query, strconv.Itoa(r.Rank), r.Index, score})
		return err == nil
	})
	c.Flush()
	return errors.Join(err, c.Error(), buf.Flush())
}

// Ranked are the results of a search by query, best first.
type Ranked struct {
	IDs    map[string][]string  // index ids
	Scores map[string][]float32 // one for each id, higher is nearer; nil where they are not known
}

// ErrNone marks errors about results that are not there, for [errors.Is].
var ErrNone = errors.New("there are no results")

// ReadRanked reads what [WriteRanked] writes. A row that is broken, a rank that does
// not follow the one before, and a score that is not a finite number are errors with their line.
func ReadRanked(path string) (*Ranked, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, tag.Error(fmt.Errorf("there are no results at %s", path), ErrNone)
		}
		return nil, err
	}
	defer f.Close()
	ranked, err := readRanked(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return ranked, nil
}

func readRanked(r io.Reader) (*Ranked, error) {
	t, err := table.Open(r, "the file")
	if errors.Is(err, table.ErrEmpty) {
		return nil, fmt.Errorf("it is empty: its first line should be %s", strings.Join(rankedColumns, ","))
	}
	if err != nil {
		return nil, err
	}
	if missing := t.Select(rankedColumns); missing != nil {
		return nil, fmt.Errorf("it lacks the column %s: its first line should be %s", strings.Join(missing, " and "),
			strings.Join(rankedColumns, ","))
	}
	if twice := t.Twice(); twice != "" {
		return nil, fmt.Errorf("it has two columns %s: rename the one that is not meant", twice)
	}
	ranked := &Ranked{IDs: map[string][]string{}, Scores: map[string][]float32{}}
	row := make([]string, len(rankedColumns))
	for {
		err := t.Read(row)
		if errors.Is(err, io.EOF) {
			return ranked, nil
		}
		if err == nil {
			err = table.CheckUTF8(row...)
		}
		if err == nil {
			err = ranked.add(row[0], row[1], row[2], row[3])
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", t.Line(), err)
		}
	}
}

// add appends a row to the results of its query.
func (r *Ranked) add(query, rank, index, score string) error {
	n, err := strconv.Atoi(strings.TrimSpace(rank))
	if want := len(r.IDs[query]) + 1; err != nil || n != want {
		return fmt.Errorf("the rank of query %s is %q where %d should follow", query, rank, want)
	}
	// A spreadsheet may have saved the score with a comma for the point.
	s, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(score), ",", ".", 1), 32)
	if err != nil || math.IsNaN(s) || math.IsInf(s, 0) {
		return fmt.Errorf("the score %q is no finite number", score)
	}
	if query == "" || index == "" {
		return errors.New("a query or index id is empty")
	}
	query = strings.Clone(query)
	r.IDs[query] = append(r.IDs[query], strings.Clone(index))
	r.Scores[query] = append(r.Scores[query], float32(s))
	return nil
}
