package index

import "testing"

func BenchmarkLook(b *testing.B) {
	entries := shop(300, 24, 1)
	ix := made(b, entries)
	var total, look int64
	for b.Loop() {
		a, err := ix.Search(b.Context(), Query{Vector: entries[5].Vector, K: 10})
		if err != nil {
			b.Fatal(err)
		}
		total += int64(a.Timing.Total)
		look += int64(a.Timing.Look)
	}
	b.ReportMetric(float64(look)/float64(b.N), "look-ns/op")
}
func BenchmarkRefresh(b *testing.B) {
	ix := made(b, shop(300, 24, 1))
	for b.Loop() {
		if _, err := ix.Refresh(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
