package furniture

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// The files that keep the authors' names with a catalogue.
const (
	CreditsFile = "CREDITS"
	CreditsCSV  = "credits.csv"
)

// known are the licences of Debian's packages: SPDX's name and where the text is.
func known(license string) (name, url string) {
	switch {
	case strings.Contains(license, "Public domain"), strings.Contains(license, "CC0"):
		return "CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"
	case strings.Contains(license, "Attribution 3.0 United States"):
		return "CC-BY-3.0-US", "https://creativecommons.org/licenses/by/3.0/us/"
	case strings.Contains(license, "Attribution 3.0"):
		return "CC-BY-3.0", "https://creativecommons.org/licenses/by/3.0/"
	}
	return cmp.Or(tidy(license), "unknown"), ""
}

// Credits are files that name each model's author and licence: a text, and a table by
// product (product, title, creator, license, url, package, model).
func (c *Catalog) Credits() map[string][]byte {
	goods := slices.Clone(c.goods)
	slices.SortFunc(goods, func(a, b good) int { return cmp.Compare(a.product(), b.product()) })
	var text, table bytes.Buffer
	fmt.Fprintln(&text, "The photos of this catalogue show 3D models of the authors below, as collected for Sweet Home 3D")
	fmt.Fprintln(&text, "by Emmanuel Puybaret (eTeks). The models were turned, scaled, lit and put into rooms")
	fmt.Fprintln(&text, "drawn by a program.")
	fmt.Fprintln(&text, "Who passes photos of models under CC-BY on must name their authors and the licence.")
	w := csv.NewWriter(&table)
	_ = w.Write([]string{"product", "title", "creator", "license", "url", "package", "model"}) // a buffer does not fail
	by := map[string][]string{}
	for _, g := range goods {
		name, url := known(g.license)
		creator := cmp.Or(g.creator, "unknown")
		_ = w.Write([]string{g.product(), g.title(), creator, name, url, filepath.Base(g.file), g.model})
		by[name+" "+url] = append(by[name+" "+url], fmt.Sprintf("%s: %q by %s", g.product(), g.name, creator))
	}
	w.Flush()
	for _, license := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(&text, "\n%s\n", strings.TrimSpace(license))
		for _, line := range by[license] {
			fmt.Fprintln(&text, "  "+line)
		}
	}
	return map[string][]byte{CreditsFile: text.Bytes(), CreditsCSV: table.Bytes()}
}
