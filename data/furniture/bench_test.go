package furniture

import (
	"context"
	"os"
	"testing"

	"github.com/gopvs/product-visual-search/data/studio"
)

// BenchmarkPhotos takes photos of 24 products of the package that PVS_FURNITURE names.
func BenchmarkPhotos(b *testing.B) {
	from := os.Getenv("PVS_FURNITURE")
	if from == "" {
		b.Skip("PVS_FURNITURE names no package")
	}
	photos := 0
	for b.Loop() {
		c, err := Open(context.Background(), Options{Limit: 24, Seed: 1, From: from}, func(string) {})
		if err != nil {
			b.Fatal(err)
		}
		s, err := studio.Photograph(context.Background(), b.TempDir(), c.Products, studio.Options{Seed: 1, Search: 24}, nil)
		if err != nil {
			b.Fatal(err)
		}
		photos += s.Photos
		c.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(photos), "ms/photo")
}
