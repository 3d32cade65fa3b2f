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
		err = c.Write([]string{r.Query, strconv.Itoa(r.Rank), r.Index, strconv.FormatFloat(float64(r.Score), 'g', -1, 32)})
		return err == nil
	})
	c.Flush()
	return errors.Join(err, c.Error(), buf.Flush())
}

// ReadRanked reads what [WriteRanked] writes. A row that is broken, a rank that does
// not follow the one before, and a score that is no number are errors with their line.
func ReadRanked(path string) (map[string][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there are no results at %s; write them with pvs search", path)
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

func readRanked(r io.Reader) (map[string][]string, error) {
	c := csv.NewReader(bufio.NewReader(r))
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("its first line should be %s", strings.Join(rankedColumns, ","))
	}
	place := map[string]int{}
	for i, h := range header {
		place[strings.TrimPrefix(h, "\ufeff")] = i
	}
	for _, want := range rankedColumns {
		if _, ok := place[want]; !ok {
			return nil, fmt.Errorf("it lacks the column %s: its first line should be %s", want, strings.Join(rankedColumns, ","))
		}
	}
	ranked := map[string][]string{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return ranked, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		query, index := row[place["query"]], row[place["index"]]
		rank, err := strconv.Atoi(row[place["rank"]])
		if want := len(ranked[query]) + 1; err != nil || rank != want {
			return nil, fmt.Errorf("line %d: the rank of query %s is %q where %d should follow", line, query, row[place["rank"]], want)
		}
		if s, err := strconv.ParseFloat(row[place["score"]], 32); err != nil || math.IsNaN(s) || math.IsInf(s, 0) {
			return nil, fmt.Errorf("line %d: the score %q is no finite number", line, row[place["score"]])
		}
		if query == "" || index == "" {
			return nil, fmt.Errorf("line %d: a query or index id is empty", line)
		}
		ranked[strings.Clone(query)] = append(ranked[query], strings.Clone(index))
	}
}
