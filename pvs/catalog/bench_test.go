package catalog

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkOpen reads a catalogue of 100,000 rows.
func BenchmarkOpen(b *testing.B) {
	const rows = 100_000
	dir := b.TempDir()
	f, err := os.Create(filepath.Join(dir, PhotosFile))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprint(w, header)
	for i := range rows {
		fmt.Fprintf(w, "photo-%d,images/%d.jpg,index,product-%d,Department %d > Shelf %d > Leaf %d,\"A title, "+
			"with a comma, number %d\"\n", i, i, i/5, i%16, i%100, i%1000, i)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		c, err := Open(dir, Options{})
		if err != nil || len(c.Photos) != rows {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
