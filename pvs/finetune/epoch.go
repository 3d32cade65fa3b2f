package finetune

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Epoch is a line of a run's log.
type Epoch struct {
	Number int  `json:"number"` // from 1
	Train  Step `json:"train"`  // sums over the epoch's batches, while they trained
	Val    Step `json:"val"`    // in inference, after the epoch; no rows without val photos
	// NoTriplets counts the batches that held no two views of one photo.
	NoTriplets      int     `json:"no_triplets"`
	Seconds         float64 `json:"seconds"`
	ImagesPerSecond float64 `json:"images_per_second"`
	Waited          float64 `json:"waited"` // share of the time in which the device waited for batches
}

// LogFile is a run's log in its folder, a CSV line an epoch.
const LogFile = "epochs.csv"

var logColumns = []string{"epoch", "views", "train_loss", "train_accuracy", "val_loss", "val_accuracy",
	"active_triplets", "positive_distance", "negative_distance",
	"val_active_triplets", "val_positive_distance", "val_negative_distance",
	"batches_without_triplets", "seconds", "images_per_second", "waited_share"}

// writeLog writes all lines anew, so that the log and the checkpoint say the same.
func writeLog(dir string, epochs []Epoch, triplets bool) error {
	return wholefile.CSV(filepath.Join(dir, LogFile), logColumns, func(yield func([]string) bool) {
		for _, e := range epochs {
			if !yield(e.line(triplets)) {
				return
			}
		}
	})
}

// LogLine is what a line of the log says of losses; NaN: nothing.
type LogLine struct {
	Epoch         int
	Loss, ValLoss float64
}

// ReadLog reads a run's log.
func ReadLog(dir string) ([]LogLine, error) {
	path := filepath.Join(dir, LogFile)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], logColumns) {
		return nil, fmt.Errorf("%s is not the log of a run: it is cut off, or another program wrote it", path)
	}
	var out []LogLine
	for i, row := range rows[1:] {
		line := LogLine{ValLoss: math.NaN()}
		var failed [3]error
		line.Epoch, failed[0] = strconv.Atoi(row[0])
		line.Loss, failed[1] = strconv.ParseFloat(row[2], 64)
		if row[4] != "" {
			line.ValLoss, failed[2] = strconv.ParseFloat(row[4], 64)
		}
		if err := errors.Join(failed[:]...); err != nil || line.Epoch != i+1 {
			return nil, fmt.Errorf("%s, line %d: it is not the line of epoch %d", path, i+2, i+1)
		}
		out = append(out, line)
	}
	return out, nil
}

func (e Epoch) line(triplets bool) []string {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', 6, 64) }
	// only is empty where a figure has no meaning.
	only := func(there bool, v float64) string {
		if !there {
			return ""
		}
		return number(v)
	}
	val := e.Val.Rows > 0
	return []string{
		strconv.Itoa(e.Number), strconv.Itoa(e.Train.Rows), number(e.Train.Loss()), only(!triplets, e.Train.Accuracy()),
		only(val, e.Val.Loss()), only(val && !triplets, e.Val.Accuracy()),
		only(triplets, e.Train.ActiveShare()), only(triplets, e.Train.MeanPositive()), only(triplets, e.Train.MeanNegative()),
		only(val && triplets, e.Val.ActiveShare()), only(val && triplets, e.Val.MeanPositive()), only(val && triplets,
			e.Val.MeanNegative()),
		only(triplets, float64(e.NoTriplets)), number(e.Seconds), number(e.ImagesPerSecond), number(e.Waited),
	}
}

// Sentence is the epoch in words.
func (e Epoch) Sentence(p Phase) string {
	s := fmt.Sprintf("epoch %d of %d: loss %.4f", e.Number, p.Epochs, e.Train.Loss())
	if p.Siamese() {
		s += fmt.Sprintf(", %.1f%% of triplets active, distance %.4f to positives and %.4f to negatives",
			100*e.Train.ActiveShare(), e.Train.MeanPositive(), e.Train.MeanNegative())
	} else {
		s += fmt.Sprintf(", accuracy %.3f", e.Train.Accuracy())
	}
	if e.Val.Rows > 0 {
		s += fmt.Sprintf("; val loss %.4f", e.Val.Loss())
		if !p.Siamese() {
			s += fmt.Sprintf(", accuracy %.3f", e.Val.Accuracy())
		}
	}
	if e.NoTriplets > 0 {
		s += fmt.Sprintf("; %d batches held no two views of a photo", e.NoTriplets)
	}
	return s + fmt.Sprintf("; %.0f images/s", e.ImagesPerSecond)
}
