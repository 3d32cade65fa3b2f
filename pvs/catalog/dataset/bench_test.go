package dataset

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

// BenchmarkImport imports 50,000 rows of eProduct's layout, with quotes in each.
func BenchmarkImport(b *testing.B) {
	const n = 50_000
	files := map[string]string{}
	var list strings.Builder
	list.WriteString("image,level1,level2,leaf,title,product\n")
	for i := range n {
		name := fmt.Sprintf("%032x.jpg", i*7919)
		files["index/"+name] = ""
		fmt.Fprintf(&list, "%s,Department %d,Shelf %d,\"Leaf, no. %d\",\"A title of the usual length, "+
			"with \"\"quotes\"\" and so on %d\",%d\n", name, i%16, i%120, i%1000, i, i/3)
	}
	files["metadata/index.csv"] = list.String()
	src := source(b, files)
	for b.Loop() {
		if s, err := Import(context.Background(), EProduct{}, src, b.TempDir(), Options{}); err != nil || s.Photos != n {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}
