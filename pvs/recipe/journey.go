package recipe

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// table is the leaderboard chart of the original entry.
//
//go:embed journey.csv
var table string

// The batches of the original (RECIPE.md).
const (
	classifyBatch = 128
	siameseBatch  = 512
)

// Seed is the original's.
const Seed = 100

// Final is the run that the journey ends with.
const Final = "1.11"

// Run is a row of the table.
type Run struct {
	Name string
	From string // the run whose weights it starts from; "" for run 0
	// Phase is what it trains, at the original's sizes; nil for run 0, which is the
	// network with its ImageNet weights.
	Phase       *finetune.Phase
	Leaderboard float64 // published MAR@10 on eProduct; 0 where none was
}

// Journey returns the table's runs in its order: a run comes after the one that it
// starts from.
func Journey() []Run { return journey() }

var journey = sync.OnceValue(func() []Run {
	runs, err := parse(table)
	if err != nil {
		panic(err) // the table is part of the program, and tested
	}
	return runs
})

var columns = "run,from,augmentations,trained_layers,batch_norm,dropout,loss,margin,optimizer,learning_rate,epochs," +
	"leaderboard"

func parse(text string) ([]Run, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != columns {
		return nil, fmt.Errorf("the journey's table must have the columns %s", columns)
	}
	var runs []Run
	for i, row := range rows[1:] {
		run, err := parseRow(row)
		if err != nil {
			return nil, fmt.Errorf("the journey's table, line %d: %w", i+2, err)
		}
		if _, err := Find(runs, run.From); run.From != "" && err != nil {
			return nil, fmt.Errorf("the journey's table, line %d: %w", i+2, err)
		}
		runs = append(runs, run)
	}
	return runs, nil
}

func parseRow(row []string) (Run, error) {
	run := Run{Name: row[0], From: row[1]}
	var failed error
	number := func(text string) float64 {
		if text == "" {
			return 0
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			failed = err
		}
		return v
	}
	run.Leaderboard = number(row[11])
	if row[3] == "none" {
		return run, failed
	}
	trains, err := finetune.ParseTrains(row[3])
	if err != nil {
		return run, err
	}
	views, err := imageprep.ParseViews(row[2])
	if err != nil {
		return run, err
	}
	p := &finetune.Phase{Trains: trains, Views: views, Dropout: number(row[5]), Margin: number(row[7]),
		LearningRate: number(row[9]), Epochs: int(number(row[10])), Batch: classifyBatch}
	switch row[4] {
	case "frozen":
	case "trained":
		p.BatchNorm = true
	default:
		return run, fmt.Errorf("batch_norm is %q, not frozen or trained", row[4])
	}
	loss := "cross-entropy"
	if p.Siamese() {
		loss, p.Batch = "semi-hard triplet", siameseBatch
	}
	if row[6] != loss || row[8] != "Adam" {
		return run, fmt.Errorf("%s with the loss %q and the optimizer %q", trains, row[6], row[8])
	}
	run.Phase = p
	if failed == nil {
		failed = p.Validate()
	}
	return run, failed
}

// Find returns the run of a name.
func Find(runs []Run, name string) (Run, error) {
	var names []string
	for _, r := range runs {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	return Run{}, fmt.Errorf("there is no run %q: there are %s", name, strings.Join(names, ", "))
}

// Lineage returns a run and all that it builds on, the first one first.
func Lineage(runs []Run, name string) ([]Run, error) {
	var line []Run
	for name != "" {
		run, err := Find(runs, name)
		if err != nil {
			return nil, err
		}
		for _, r := range line {
			if r.Name == name {
				return nil, fmt.Errorf("the run %q starts from itself, by way of others; let one of them start from run 0", name)
			}
		}
		line = append([]Run{run}, line...)
		name = run.From
	}
	return line, nil
}
