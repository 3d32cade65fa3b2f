package journey

import (
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// curves draws how the loss went with the epochs, of a run with several.
func (j *Journey) curves(run recipe.Run, epochs []finetune.Epoch) error {
	if len(epochs) < 2 {
		return nil
	}
	train, val := chart.Curve{Name: "train, while training"}, chart.Curve{Name: "val, after the epoch"}
	for _, e := range epochs {
		train.Points = append(train.Points, chart.Point{X: float64(e.Number), Y: e.Train.Loss()})
		if e.Val.Rows > 0 {
			val.Points = append(val.Points, chart.Point{X: float64(e.Number), Y: e.Val.Loss()})
		}
	}
	c := chart.Curves{Title: fmt.Sprintf("Run %s: %s", run.Name, note(*run.Phase)), XLabel: "epoch", YLabel: "loss",
		Lines: []chart.Curve{train}}
	if len(val.Points) > 0 {
		c.Lines = append(c.Lines, val)
	}
	return c.PNG(filepath.Join(j.Folder(run.Name), "curves.png"))
}
