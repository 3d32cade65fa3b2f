package recipe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// The table is the seed's, row by row.
func TestJourney(t *testing.T) {
	runs := Journey()
	if len(runs) != 17 {
		t.Fatalf("%d runs", len(runs))
	}
	for name, want := range map[string]string{
		"0":    "",
		"1.1":  "new top, BatchNorms frozen, dropout 0.2, Adam 0.01, 1 epoch of batches of 128, A0 A1 A2 A3 A4 A5",
		"1.5":  "full, BatchNorms trained, dropout 0.2, Adam 0.0001, 1 epoch of batches of 128, A0 A1 A2 A3 A4 A5",
		"1.6":  "full, BatchNorms frozen, dropout 0.2, Adam 0.0001, 1 epoch of batches of 128, A0 A6 A7",
		"1.10": "siamese head, angular margin 0.75, Adam 1e-5, 1 epoch of batches of 512, A0 A1 A2 A3 A4 A5",
		"2.3": "from block7a, BatchNorms trained, dropout 0.2, Adam 1e-5, 10 epochs of batches of 128, A0 A2 A3 A4 A5 A8 " +
			"A9 A10",
	} {
		run, err := Find(runs, name)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if run.Phase != nil {
			got = run.Phase.String()
		}
		if got != want {
			t.Errorf("run %s: %s, want %s", name, got, want)
		}
	}
	line, err := Lineage(runs, Final)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range line {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, " "); got != "0 1.1 1.2 1.8 1.9 1.10 1.11" {
		t.Errorf("the final run's lineage is %s", got)
	}
	if line[len(line)-1].Leaderboard != 0.463 || line[0].Leaderboard != 0.342 {
		t.Error("the leaderboard's scores are not those of the table")
	}
}

func TestSeedTable(t *testing.T) {
	want, err := os.ReadFile("../../../shared/seed/journey.csv")
	if err != nil {
		t.Skip("the seed is not beside the project: ", err)
	}
	if string(want) != table {
		t.Error("journey.csv differs from the seed's")
	}
}

func TestBadTable(t *testing.T) {
	for change, say := range map[string]string{
		"1.1,0,A0|1.1,7,A0":            "no run \"7\"",
		"new top,frozen|top,frozen":    "nothing that can train",
		"frozen,0.2|thawed,0.2":        "batch_norm",
		"Adam,1e-2|SGD,1e-2":           "optimizer",
		"A0 A1 A2|A0 A1 A99":           "no view is called",
		"run,from|run,of":              "columns",
		"Adam,1e-2,1|Adam,quick,1":     "quick",
		"semi-hard triplet,0.5|hinge,": "loss",
	} {
		from, to, _ := strings.Cut(change, "|")
		if _, err := parse(strings.Replace(table, from, to, 1)); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%s: got %v", change, err)
		}
	}
}

// The scales differ in sizes, and in a factor on the backbone's learning rates.
func TestScales(t *testing.T) {
	for _, run := range Journey()[1:] {
		var first finetune.Phase
		for i, s := range Scales() {
			got := s.Settings(run, true)
			if err := got.Validate(); err != nil {
				t.Errorf("run %s at %s: %v", run.Name, s, err)
			}
			p := got.Phase
			if s.LearningRate > 0 && (p.Trains == finetune.Full || p.Trains == finetune.FromBlock7a) {
				if p.LearningRate != run.Phase.LearningRate*s.LearningRate {
					t.Errorf("run %s at %s: a learning rate of %g", run.Name, s, p.LearningRate)
				}
				p.LearningRate = run.Phase.LearningRate
			}
			if p.Batch = 1; i == 0 {
				first = p
			} else if first.String() != p.String() {
				t.Errorf("run %s is %s at scale %s and %s at smoke", run.Name, p, s.Name, first)
			}
		}
	}
	mine := Journey()[3]
	mine.Name = "mine"
	if p := Small.Settings(mine, true).Phase; p.LearningRate != mine.Phase.LearningRate {
		t.Errorf("a run of one's own has the learning rate %g, not %g", p.LearningRate, mine.Phase.LearningRate)
	}
	if _, err := ScaleNamed("huge"); err == nil || !strings.Contains(err.Error(), "smoke, small, medium, full") {
		t.Errorf("got %v", err)
	}
}

// An epoch of a classifier has as many photos as the scale says, in all views of the run.
func TestEpochPhotos(t *testing.T) {
	s := Scale{Name: "s", Pixels: 64, ClassifyBatch: 32, SiameseBatch: 64, ClassifyEpoch: 1, SiameseEpoch: 1,
		EpochPhotos: 320}
	for _, c := range []struct {
		run          string
		limit, steps int
	}{
		{"1.8", 0, 2 * 60},   // 2 epochs, 320 photos in 6 views
		{"1.6", 0, 30},       // 3 views
		{"2.2", 0, 10 * 80},  // 8 views
		{"2.2", 500, 500},    // the run's own limit is lower
		{"1.8", 500, 2 * 60}, // or not
		{"1.9", 500, 0},      // all photos in an epoch of the Siamese head
	} {
		s.ClassifySteps = c.limit
		run, err := Find(Journey(), c.run)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Settings(run, true).MaxSteps; got != c.steps {
			t.Errorf("run %s, %s: at most %d steps, not %d", c.run, s, got, c.steps)
		}
	}
}

func TestReadPhases(t *testing.T) {
	good := "# mine\n[[phase]]\nname = \"top\"\ntrains = \"new top\"\nlearning_rate = 1e-2\nepochs = 2\n\n" +
		"[[phase]]\nname = \"head\"\nfrom = \"top\"\ntrains = \"siamese head\"\nmargin = 0.5\nmetric = " +
		"\"L2\"\nlearning_rate = 1e-3\nepochs = 1\nbatch = 64\n"
	for _, c := range []struct{ name, text, say string }{
		{"good", good, ""},
		{"no batch", strings.Replace(good, "batch = 64", "batch = 0", 1), "line 16: a batch of 0"},
		{"no views", strings.Replace(good, "epochs = 2", "epochs = 2\nviews = \"\"", 1), "line 7"},
		{"no run to build on", strings.Replace(good, "from = \"top\"", "from = \"\"", 1), "line 10"},
		{"a mark before it", "\ufeff" + good, ""},
		{"unknown key", strings.Replace(good, "epochs = 2", "epoch = 2", 1), "line 6: nothing is called phase.epoch"},
		{"syntax", strings.Replace(good, "epochs = 2", "epochs = ", 1), "line 6"},
		{"a text for a number", strings.Replace(good, "epochs = 2", "epochs = \"two\"", 1), "line 6"},
		{"nothing that trains", strings.Replace(good, "new top", "block9", 1), "line 4: \"block9\" is nothing"},
		{"unknown run", strings.Replace(good, "from = \"top\"", "from = \"nowhere\"", 1),
			"line 10: there is no run \"nowhere\""},
		{"taken name", strings.Replace(good, "\"top\"", "\"1.1\"", 1), "line 3: the name \"1.1\" is taken"},
		{"cycle", strings.Replace(good, "name = \"top\"", "name = \"top\"\nfrom = \"head\"", 1),
			"line 4: the run \"top\" starts from itself"},
		{"negative rate", strings.Replace(good, "1e-2", "-1", 1), "line 5: a learning rate of -1"},
		{"no margin", strings.Replace(good, "margin = 0.5\n", "", 1), "line 8: a siamese head needs the margin"},
		{"margin of a classifier", strings.Replace(good, "epochs = 2", "epochs = 2\nmargin = 1.0", 1),
			"line 7: margin and metric"},
		{"bad view", strings.Replace(good, "epochs = 2", "epochs = 2\nviews = \"A0 B1\"", 1), "line 7: no view is called"},
		{"no epochs", strings.Replace(good, "epochs = 2\n", "", 1), "line 2: a phase needs its epochs"},
		{"zero epochs", strings.Replace(good, "epochs = 2", "epochs = 0", 1), "line 6: 0 epochs"},
		{"no rate", strings.Replace(good, "learning_rate = 1e-2\n", "", 1), "line 2: a phase needs its learning rate"},
		{"no name", strings.Replace(good, "name = \"top\"\n", "", 1), "line 2: a phase needs a name"},
		{"path as a name", strings.Replace(good, "\"top\"", "\"../x\"", 1), "line 3: a phase needs a name"},
		{"empty", "", "no [[phase]]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "phases.toml")
			if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			runs, err := ReadPhases(path)
			if c.say != "" {
				if err == nil || !strings.Contains(err.Error(), c.say) || !strings.Contains(err.Error(), path) {
					t.Errorf("got %v, want %s", err, c.say)
				}
				return
			}
			if err != nil || len(runs) != 19 {
				t.Fatalf("%d runs, %v", len(runs), err)
			}
			if got := runs[18].Phase.String(); got != "siamese head, L2 margin 0.5, Adam 0.001, 1 epoch of batches of 64, A0 "+
				"A1 A2 A3 A4 A5" {
				t.Error(got)
			}
		})
	}
}

func FuzzReadPhases(f *testing.F) {
	f.Add("[[phase]]\nname = \"x\"\ntrains = \"full\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(t.TempDir(), "phases.toml")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, _ = ReadPhases(path)
	})
}

func ExampleJourney() {
	for _, run := range Journey()[:3] {
		fmt.Println(run.Name, run.From, run.Phase != nil, run.Leaderboard)
	}
	// Output:
	// 0  false 0.342
	// 1.1 0 true 0
	// 1.2 1.1 true 0.388
}
