package check

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/internal/stamp"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// ScanOptions of [Scan]; zero values are defaults.
type ScanOptions struct {
	Limits   imageprep.Limits
	Progress func(done, total int) // may be nil
}

// Scan reads every file once, on all cores, and returns the facts in the order of the
// files. A file that cannot be read has a Problem in its facts and is no error. The facts
// are written to NAME.csv, until the scan is done to NAME.csv.part: a later start reads
// only files whose size has changed, or whose times and then digest have, and those that
// could not be read.
func Scan(ctx context.Context, files []string, name string, opts ScanOptions) ([]Facts, error) {
	held, err := onewriter.Lock(name + ".csv")
	if err != nil {
		return nil, err
	}
	defer held.Release()
	facts := make([]Facts, len(files))
	indices := make(map[string][]int, len(files))
	for i, f := range files {
		indices[f] = append(indices[f], i)
	}
	known := make([]bool, len(files))
	for _, path := range []string{name + ".csv", name + ".csv.part"} {
		if err := readFacts(path, func(file string, f Facts) {
			for _, i := range indices[file] {
				facts[i], known[i] = f, true
			}
		}); err != nil {
			return nil, fmt.Errorf("reading the kept facts %s: %w; remove it and start again", path, err)
		}
	}
	indices = nil // frees its memory
	log, err := appendFacts(name + ".csv.part")
	if err != nil {
		return nil, fmt.Errorf("keeping what the scan finds: %w", wholefile.Explain(err))
	}
	err = scanAll(ctx, files, facts, known, log, opts)
	if err = errors.Join(err, log.close()); err != nil {
		return nil, err
	}
	if err := writeFacts(name+".csv", files, facts); err != nil {
		return nil, fmt.Errorf("keeping what the scan found: %w", err)
	}
	return facts, os.Remove(name + ".csv.part")
}

// scanAll reads the files on all cores and appends new facts to the log.
func scanAll(ctx context.Context, files []string, facts []Facts, known []bool, log *factLog, opts ScanOptions) error {
	var lock sync.Mutex
	done := 0
	return cores.Each(ctx, len(files), func(i int) error {
		fresh := readPhoto(files[i], &facts[i], known[i], opts.Limits)
		lock.Lock()
		defer lock.Unlock()
		if fresh && facts[i].Problem == "" {
			if err := log.add(facts[i].row(files[i])); err != nil {
				return fmt.Errorf("keeping what the scan finds: %w", wholefile.Explain(err))
			}
		}
		done++
		if opts.Progress != nil {
			opts.Progress(done, len(files))
		}
		return nil
	})
}

// readPhoto reads a file unless its facts are known; fresh says whether there are new
// facts. A known file with other times is read for its digest first.
func readPhoto(file string, f *Facts, known bool, limits imageprep.Limits) (fresh bool) {
	if known {
		had := f.stamp()
		if now, same, err := had.Renew(file); same && err == nil {
			f.setStamp(now)
			return now != had
		}
	}
	*f = Facts{}
	info, err := os.Stat(file)
	if err != nil {
		if _, opened := imageprep.Open(file, limits); opened != nil {
			err = opened // in a sentence
		}
		f.Problem = err.Error()
		return true
	}
	s := stamp.Begin(info)
	photo, err := imageprep.OpenThrough(file, limits, s)
	if err != nil {
		f.Problem = err.Error()
		return true
	}
	f.setStamp(s.Stamp())
	f.Width, f.Height = photo.Width, photo.Height
	f.Prints, f.Deviation = fingerprints(photo)
	return true
}

// factLog appends to the part file and flushes every line, so that a kill costs at most
// a line.
type factLog struct {
	file *os.File
	csv  *csv.Writer
}

func appendFacts(path string) (*factLog, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	l := &factLog{f, csv.NewWriter(f)}
	// A line that a kill cut off ends here; it has too few fields to be taken for one.
	_, err = f.WriteString("\n")
	return l, err
}

func (l *factLog) add(row []string) error {
	if err := l.csv.Write(row); err != nil {
		return err
	}
	l.csv.Flush()
	return l.csv.Error()
}

func (l *factLog) close() error { return l.file.Close() }

// writeFacts writes the facts of all readable photos.
func writeFacts(path string, files []string, facts []Facts) error {
	return wholefile.CSV(path, factColumns, func(yield func([]string) bool) {
		for i := range facts {
			if facts[i].Problem == "" && !yield(facts[i].row(files[i])) {
				return
			}
		}
	})
}

// readFacts calls use for each complete line; a file that does not exist has none.
func readFacts(path string, use func(file string, f Facts)) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	r.LazyQuotes = true // a cut-off quote is a bad line, not a bad file
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if file, facts, err := parseFacts(row); err == nil {
			use(file, facts)
		}
	}
}
