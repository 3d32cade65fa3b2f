package finetune

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// stopped trains in a folder until what is under way begins with a word, for so many steps of it.
func stopped(t *testing.T, tr *Trainer, dir string, s Settings, what string, after int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tr.Progress = func(p Progress) {
		if strings.HasPrefix(p.What, what) {
			if after--; after == 0 {
				cancel()
			}
		}
	}
	if _, err := tr.Run(ctx, dir, s, miniBackbone(t)); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not stopped: %v", err)
	}
	tr.Progress = nil
}

// resumed resumes the run in the folder.
func resumed(t *testing.T, tr *Trainer, dir string, s Settings) *Checkpoint {
	t.Helper()
	c, err := tr.Run(context.Background(), dir, s, miniBackbone(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A run that is stopped while it validates, in its last epoch too, has kept the epoch's steps, and
// ends as an unbroken one.
func TestStoppedValidating(t *testing.T) {
	t.Parallel()
	const perEpoch = 4
	for _, c := range []struct {
		trains        Trains
		epoch, photos int // of several batches, and of one
	}{{FromBlock7a, 1, 20}, {SiameseHead, 2, 4}} {
		s, val := settings(c.trains, 2), noisy{n: c.photos, classes: 3}
		of := func() *Trainer {
			tr := trainer(t)
			tr.Val = val
			return tr
		}
		whole := resumed(t, of(), t.TempDir(), s)
		dir := t.TempDir()
		stopped(t, of(), dir, s, "validating", c.epoch)
		kept, err := ReadCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		if kept.Steps != c.epoch*perEpoch || len(kept.Epochs) != c.epoch-1 || kept.Running.Rows != 42 || kept.Done {
			t.Errorf("%+v: %d steps and %d epochs are kept", c, kept.Steps, len(kept.Epochs))
		}
		got := resumed(t, of(), dir, s)
		if name := differing(whole.Values, got.Values, 0); name != "" || !got.Done {
			t.Errorf("%+v: %q differs", c, name)
		}
		for i, e := range whole.Epochs {
			if g := got.Epochs[i]; g.Train != e.Train || g.Val != e.Val {
				t.Errorf("%+v: epoch %d is %+v, want %+v", c, i+1, g, e)
			}
		}
	}
}

// A val photo that cannot be read costs no epoch: its steps are kept.
func TestBrokenVal(t *testing.T) {
	t.Parallel()
	dir, s, tr := t.TempDir(), settings(NewTop, 1), trainer(t)
	tr.Val = noisy{n: 4, classes: 3, failing: 2}
	if _, err := tr.Run(context.Background(), dir, s, miniBackbone(t)); err == nil || !strings.Contains(err.Error(),
		"is damaged") {
		t.Fatalf("got %v", err)
	}
	c, err := ReadCheckpoint(dir)
	if err != nil || c.Steps != 4 || len(c.Epochs) != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	tr.Val = noisy{n: 4, classes: 3}
	if c = resumed(t, tr, dir, s); !c.Done || c.Epochs[0].Val.Rows == 0 {
		t.Errorf("%+v", c.Epochs)
	}
}

// A NaN as the loss on val photos, or as a weight, says that the training broke down, and
// the checkpoint before stays.
func TestBrokenDown(t *testing.T) {
	t.Parallel()
	for _, val := range []bool{true, false} {
		dir, s, tr := t.TempDir(), settings(NewTop, 1), trainer(t)
		s.MaxSteps, s.Phase.LearningRate = 1, 1e30 // the only step's loss is of before it
		if !val {
			tr.Val, s.Phase.LearningRate = nil, 1e39 // above float32's largest
		}
		_, err := tr.Run(context.Background(), dir, s, miniBackbone(t))
		if err == nil || !strings.Contains(err.Error(), "has broken down; lower the learning rate") ||
			strings.Contains(err.Error(), "json") {
			t.Errorf("val %t: %v", val, err)
		}
		if c, err := ReadCheckpoint(dir); err != nil || c.Steps != 0 {
			t.Errorf("val %t: the checkpoint is %+v, %v", val, c, err)
		}
	}
	values := miniBackbone(t)
	nan := append([]float32(nil), values["stem_conv/kernel"]...)
	nan[3] /= 0 * nan[3]
	values["stem_conv/kernel"] = nan
	if _, err := trainer(t).Run(context.Background(), t.TempDir(), settings(NewTop, 1), values); err == nil ||
		!strings.Contains(err.Error(), "stem_conv/kernel") {
		t.Errorf("first weights that are NaN: %v", err)
	}
}

// A run resumes in the micro-batches and parts in which it began, whatever memory and cores are
// there, to the same bits; asked for others, it says what would differ.
func TestPlanIsSaved(t *testing.T) {
	s := settings(Full, 2)
	s.Phase.BatchNorm = true // whose statistics are those of micro-batches
	of := func(micro int) *Trainer {
		tr := trainer(t)
		tr.MicroBatch = micro
		return tr
	}
	whole := resumed(t, of(5), t.TempDir(), s)
	first := t.TempDir()
	stopped(t, of(5), first, s, "training", 3)
	begun := func() string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(first)); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	kept, err := ReadCheckpoint(begun())
	if err != nil || kept.Plan == nil || kept.Plan.MicroBatch != 5 || kept.Plan.Devices != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, cores := range []int{1, 3} {
		dir := begun()
		runtime.GOMAXPROCS(cores)
		if name := differing(whole.Values, resumed(t, of(0), dir, s).Values, 0); name != "" {
			t.Errorf("resumed on %d cores, %s differs", cores, name)
		}
		runtime.GOMAXPROCS(max(2, kept.Plan.Parts))
	}
	for _, c := range []struct {
		name   string
		change func(*Trainer)
		say    string
	}{
		{"micro-batches", func(tr *Trainer) { tr.MicroBatch = 4 },
			"it trained in micro-batches of 5, and here it would in micro-batches of 4"},
		{"whole batches", func(tr *Trainer) { tr.MicroBatch = 12 }, "and here it would in whole batches"},
		{"engine", func(tr *Trainer) { tr.Training = asGraph(t, tr.Training.Backend) },
			"its layers trained on fused CPU kernels, and here they would on Go Backend"},
	} {
		if c.name == "engine" && kept.Plan.Parts == 0 {
			continue
		}
		dir, tr := begun(), of(0)
		c.change(tr)
		if _, err := tr.Run(context.Background(), dir, s, miniBackbone(t)); err == nil || !strings.Contains(err.Error(),
			c.say) || !errors.Is(err, ErrAnotherWay) {
			t.Errorf("%s: got %v", c.name, err)
		}
		if c.name == "engine" { // its steps are long, and resume as the others do
			continue
		}
		tr.AnotherWay = true
		if got := resumed(t, tr, dir, s); !got.Done {
			t.Errorf("%s: asked for, it does not resume", c.name)
		}
	}
	// A checkpoint with the old name of the fused CPU kernels is one of theirs.
	if kept.Plan.Parts > 0 {
		dir := begun()
		file := filepath.Join(dir, CheckpointFile)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		now, old := `\"engine\":\"fused CPU kernels\"`, `\"engine\":\"own kernels\"      `
		if !strings.Contains(string(data), now) {
			t.Fatal("the checkpoint does not name its engine")
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(data), now, old, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if name := differing(whole.Values, resumed(t, of(0), dir, s).Values, 0); name != "" {
			t.Errorf("a resumed checkpoint with the old name of the engine: %s differs", name)
		}
	}
	// A graph can be had where the fused CPU kernels would be taken.
	s = settings(FromBlock7a, 1)
	s.Phase.BatchNorm = true
	dir, tr := t.TempDir(), of(5)
	tr.Training = asGraph(t, tr.Training.Backend)
	graph := resumed(t, tr, t.TempDir(), s)
	stopped(t, tr, dir, s, "training", 3)
	if name := differing(graph.Values, resumed(t, of(0), dir, s).Values, 0); name != "" {
		t.Errorf("a resumed run on a graph: %s differs", name)
	}
}

// On any number of cores the same comes out, given the parts of the fused CPU kernels: of all phases, of
// the frozen backbone's features, and on a graph.
func TestCores(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, graph := range []bool{false, true} {
		if !graph && !cpu.Supports(effnet.Float32) {
			continue
		}
		for _, c := range []struct {
			trains Trains
			norms  bool
		}{{NewTop, false}, {FromBlock7a, false}, {Full, true}} {
			p := phase(c.trains)
			p.BatchNorm, p.Dropout, p.Batch = c.norms, 0.3, 11
			var first map[string][]float32
			for _, n := range []int{1, 2, 5} {
				runtime.GOMAXPROCS(n)
				e := onGo(t, graph)
				opts := SessionOptions{DropConnect: 0.3, Inference: e, Parts: 3}
				_, values := trained(t, newSessionOn(t, e, opts), p, FromImages, 2, photos(10, 11))
				if first == nil {
					first = values
				} else if name := differing(first, values, 0); name != "" {
					t.Errorf("%s, BatchNorms trained %t, as a graph %t: on %d cores %s differs", c.trains, c.norms, graph, n, name)
				}
			}
		}
	}
}

// The revision is that of this module's build: its commit, or its version in another program.
func TestRevision(t *testing.T) {
	t.Parallel()
	const ours = "example.com/pvs"
	commit := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}}
	for i, c := range []struct {
		info debug.BuildInfo
		want string
	}{
		{debug.BuildInfo{Main: debug.Module{Path: ours, Version: "(devel)"}, Settings: commit}, "abc (modified)"},
		{debug.BuildInfo{Main: debug.Module{Path: ours, Version: "(devel)"}}, unknownRevision},
		{debug.BuildInfo{Main: debug.Module{Path: ours, Version: "v1.2.3"}}, "v1.2.3"},
		// Another program's commit says nothing of this source.
		{debug.BuildInfo{Main: debug.Module{Path: "example.com/shop"}, Settings: commit,
			Deps: []*debug.Module{{Path: ours, Version: "v1.0.0"}}}, "v1.0.0"},
		{debug.BuildInfo{Main: debug.Module{Path: "example.com/shop"}, Settings: commit,
			Deps: []*debug.Module{{Path: ours, Version: "v1.0.0", Replace: &debug.Module{Path: "../pvs"}}}}, unknownRevision},
		{debug.BuildInfo{Main: debug.Module{Path: "example.com/shop"}, Settings: commit}, unknownRevision},
	} {
		if got := revisionOf(&c.info, ours); got != c.want {
			t.Errorf("%d: %q, want %q", i, got, c.want)
		}
	}
	if revision() == "" {
		t.Error("no revision")
	}
}
