package journey

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// The recorded journeys have all runs, in order, with their published scores.
func TestRecordedTables(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"parts", "drawn", "furniture"} {
		runs, err := ReadTable("../../docs/journey-" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		want := recipe.Journey()
		if len(runs) != len(want) {
			t.Fatalf("%s: %d runs", name, len(runs))
		}
		for i, r := range want {
			got := runs[i]
			if got.Name != r.Name || got.From != r.From || got.Published != r.Leaderboard || got.Measured == nil ||
				got.Measured.Value <= 0 {
				t.Errorf("%s, run %s: %+v", name, r.Name, got)
			}
			if r.Phase != nil && got.Note != note(*r.Phase) {
				t.Errorf("%s, run %s: settings %q, want %q", name, r.Name, got.Note, note(*r.Phase))
			}
		}
		if err := (chart.Journey{Title: name, Runs: runs}).PNG(filepath.Join(t.TempDir(), "j.png")); err != nil {
			t.Error(err)
		}
	}
}

func TestReadTableErrors(t *testing.T) {
	t.Parallel()
	header := strings.Join(columns, ",") + "\n"
	for want, text := range map[string]string{
		"no journey's table":                              "run,score\n",
		"line 2: leaderboard of run 0 is":                 header + "0,,,,x,,,,,,,\n",
		"line 3: record on line 3: wrong number of field": header + "0,,,,,,,,,,,\n1,0\n",
	} {
		path := filepath.Join(t.TempDir(), "journey.csv")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTable(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := ReadTable(filepath.Join(t.TempDir(), "none.csv")); err == nil {
		t.Error("a table that is not there was read")
	}
}
