package chart

import (
	"fmt"
	"strings"
)

// Markdown is the journey as a table; the final run is set in bold.
func (j Journey) Markdown() string {
	var b strings.Builder
	b.WriteString("| run | from | trains | settings | published | measured, 95% interval | after each epoch |\n")
	b.WriteString("|---|---|---|---|--:|---|---|\n")
	for _, r := range j.Runs {
		var epochs []string
		for _, s := range r.Epochs {
			epochs = append(epochs, fmt.Sprintf("%.3f", s.Value))
		}
		cells := []string{r.Name, r.From, r.Trains, strings.Join(r.settings(), ", "), r.published(), r.measured(),
			strings.Join(epochs, ", ")}
		for i, cell := range cells {
			cell = strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell)
			if r.Final && cell != "" {
				cell = "**" + cell + "**"
			}
			cells[i] = cell
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}
