package journey

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/recipe"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Report is what a journey came to.
type Report struct {
	Chart string `json:"chart"` // the PNG; .svg, .html, .csv and .md lie beside it
	// Correlation is Spearman's rank correlation of published and measured scores over
	// the Compared runs that have both; 0 for fewer than three.
	Correlation float64 `json:"rank_correlation"`
	Compared    int     `json:"compared"`
	// Beaten says that the final run's interval lies above run 0's.
	Beaten bool `json:"final_beats_run_0"`
}

// Report writes chart and tables of what was reached so far.
func (j *Journey) Report(results []Result) (Report, error) {
	r := Report{Chart: filepath.Join(j.opts.Out, "journey.png")}
	picture := chart.Journey{
		Title: "The journey: published leaderboard scores and what was measured here",
		Subtitle: fmt.Sprintf("%s, %d index photos · %s with ImageNet weights · scale %s", filepath.Base(j.catalog.Dir),
			len(j.catalog.Split(catalog.Index)), j.opts.Config.Title, j.opts.Scale),
	}
	measured := map[string]Result{}
	for _, result := range results {
		measured[result.Run.Name] = result
	}
	var published, ours []float64
	for _, run := range j.opts.Runs {
		row := chart.JourneyRun{Name: run.Name, From: run.From, Trains: "ImageNet weights", Published: run.Leaderboard,
			Final: run.Name == recipe.Final}
		if run.Phase != nil {
			row.Trains, row.Note = string(run.Phase.Trains), note(*run.Phase)
		}
		if m, ok := measured[run.Name]; ok {
			row.Measured = &chart.Score{Value: m.Final.Value, Low: m.Final.Low, High: m.Final.High}
			for _, e := range m.Epochs {
				row.Epochs = append(row.Epochs, chart.Score{Value: e.Value, Low: e.Low, High: e.High})
			}
			if run.Leaderboard > 0 {
				published, ours = append(published, run.Leaderboard), append(ours, m.Final.Value)
			}
		}
		picture.Runs = append(picture.Runs, row)
	}
	picture.Runs = append(picture.Runs, j.opts.Beside...)
	r.Compared = len(ours)
	if rho, err := evaluate.RankCorrelation(published, ours); err == nil {
		r.Correlation = rho
		picture.Correlation = fmt.Sprintf("Spearman's rank correlation of published and measured scores over %d runs: %.2f.",
			len(ours), rho)
	}
	first, ok1 := measured["0"]
	final, ok2 := measured[recipe.Final]
	if ok1 && ok2 {
		r.Beaten = final.Final.Low > first.Final.High
		verb := "do not overlap: the final run is better"
		if !r.Beaten {
			verb = "overlap"
		}
		picture.Correlation = strings.TrimSpace(fmt.Sprintf("%s The intervals of run 0 and run %s %s.", picture.Correlation,
			recipe.Final, verb))
	}
	base := strings.TrimSuffix(r.Chart, ".png")
	if err := picture.PNG(r.Chart); err != nil {
		return r, err
	}
	if err := picture.SVG(base + ".svg"); err != nil {
		return r, err
	}
	if err := picture.HTML(base + ".html"); err != nil {
		return r, err
	}
	err := wholefile.Write(base+".md", func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "# %s\n\n%s\n\n%s\n%s\n", picture.Title, picture.Subtitle, picture.Markdown(),
			picture.Correlation)
		return err
	})
	if err != nil {
		return r, err
	}
	return r, j.csv(base+".csv", measured)
}

// csv writes the runs with what was measured, in the columns of the recipe's table
// and some more.
func (j *Journey) csv(path string, measured map[string]Result) error {
	return wholefile.CSV(path, columns, func(yield func([]string) bool) {
		number := func(v float64) string {
			if v == 0 {
				return ""
			}
			return strconv.FormatFloat(v, 'f', 4, 64)
		}
		for _, run := range j.opts.Runs {
			line := []string{run.Name, run.From, "", "", number(run.Leaderboard), "", "", "", "", "", "", ""}
			if run.Phase != nil {
				line[2], line[3] = string(run.Phase.Trains), note(*run.Phase)
			}
			if m, ok := measured[run.Name]; ok {
				var epochs []string
				for _, e := range m.Epochs {
					epochs = append(epochs, number(e.Value))
				}
				copy(line[5:], []string{number(m.Final.Value), number(m.Final.Low), number(m.Final.High), strings.Join(epochs, " "),
					strconv.Itoa(m.Final.Queries), strconv.Itoa(m.Steps), strconv.Itoa(m.Views)})
			}
			if !yield(line) {
				return
			}
		}
	})
}

// note lists a phase's settings, between commas.
func note(p finetune.Phase) string {
	parts := []string{string(p.Trains)}
	if p.Siamese() {
		parts = append(parts, fmt.Sprintf("margin %g", p.Margin))
	} else {
		norms := "BatchNorms frozen"
		if p.BatchNorm {
			norms = "BatchNorms trained"
		}
		parts = append(parts, norms, fmt.Sprintf("dropout %g", p.Dropout))
	}
	epochs := "1 epoch"
	if p.Epochs > 1 {
		epochs = fmt.Sprintf("%d epochs", p.Epochs)
	}
	learningRate := strings.Replace(strconv.FormatFloat(p.LearningRate, 'e', -1, 64), "e-0", "e-", 1)
	return strings.Join(append(parts, "Adam "+learningRate, epochs, views(p.Views)), ", ")
}

// views joins neighbours: "A0-A5 A8".
func views(list []imageprep.View) string {
	var parts []string
	for i := 0; i < len(list); {
		k := i
		for k+1 < len(list) && list[k+1] == list[k]+1 {
			k++
		}
		if k > i {
			parts = append(parts, fmt.Sprintf("%s-%s", list[i], list[k]))
		} else {
			parts = append(parts, list[i].String())
		}
		i = k + 1
	}
	return strings.Join(parts, " ")
}
