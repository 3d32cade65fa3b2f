package journey

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// columns are those of journey.csv.
var columns = []string{"run", "from", "trains", "settings", "leaderboard", "mar_at_10", "low", "high",
	"epochs_mar_at_10", "queries", "steps", "views"}

// ReadTable reads the journey.csv of a [Journey.Report], to be drawn again or compared
// with another.
func ReadTable(path string) ([]chart.JourneyRun, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading a journey's table: %w", err)
	}
	defer f.Close()
	in := csv.NewReader(f)
	if header, err := in.Read(); err != nil || !slices.Equal(header, columns) {
		return nil, fmt.Errorf("%s is no journey's table: its first line must be %s", path, strings.Join(columns, ","))
	}
	var runs []chart.JourneyRun
	for {
		row, err := in.Read()
		if err == io.EOF {
			return runs, nil
		}
		if err == nil {
			var run chart.JourneyRun
			if run, err = readRow(row); err == nil {
				runs = append(runs, run)
				continue
			}
		}
		line, _ := in.FieldPos(0)
		return nil, fmt.Errorf("%s, line %d: %w", path, line, err)
	}
}

// readRow reads a run; a run without a score has empty fields.
func readRow(row []string) (chart.JourneyRun, error) {
	run := chart.JourneyRun{Name: row[0], From: row[1], Trains: row[2], Note: row[3], Final: row[0] == recipe.Final}
	if run.From == "" {
		run.Trains = "ImageNet weights"
	}
	var numbers [4]float64
	for i, text := range row[4:8] {
		if text == "" {
			continue
		}
		var err error
		if numbers[i], err = strconv.ParseFloat(text, 64); err != nil {
			return run, fmt.Errorf("%s of run %s is %q, not a number", columns[4+i], run.Name, text)
		}
	}
	run.Published = numbers[0]
	if row[5] != "" {
		run.Measured = &chart.Score{Value: numbers[1], Low: numbers[2], High: numbers[3]}
	}
	return run, nil
}
