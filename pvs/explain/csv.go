package explain

import (
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

var columns = []string{"query", "recall", "relevant", "hits", "main", "causes", "gain", "at_most", "photo", "detail",
	"ranks"}

// WriteCSV writes a row for each query that misses, the worst first; the file appears whole or not at all. Causes are
// divided by spaces, the main one first; gain, at_most, photo and detail are the main one's; ranks are those of the
// right photos, divided by spaces, 0 beyond 100.
func (a *Autopsy) WriteCSV(path string) error {
	return wholefile.CSV(path, columns, func(yield func([]string) bool) {
		for i := range a.Missed {
			if !yield(a.Missed[i].row()) {
				return
			}
		}
	})
}

func (c *Case) row() []string {
	var causes, ranks []string
	for _, f := range c.Causes {
		causes = append(causes, string(f.Cause))
	}
	for _, r := range c.Ranks {
		ranks = append(ranks, strconv.Itoa(r))
	}
	main := c.Causes[0]
	return []string{c.Query, strconv.FormatFloat(c.Recall, 'f', 4, 64), strconv.Itoa(c.Relevant), strconv.Itoa(c.Hits),
		string(main.Cause), strings.Join(causes, " "), strconv.FormatFloat(main.Gain, 'f', 4, 64),
		strconv.FormatBool(main.AtMost), main.Photo, main.Detail, strings.Join(ranks, " ")}
}
