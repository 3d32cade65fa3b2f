package finetune

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// inPrecision is the fastest engine of a precision.
func inPrecision(t testing.TB, b compute.Backend, p effnet.Precision) engine.Engine {
	t.Helper()
	return chosen(t, engine.Request{Backend: b, Wish: engine.Fastest, Precision: p, Training: true})
}

// Mixed precision keeps weights, moments and moving statistics in float32, where a step
// of 1e-4 moves a weight of 1; in bfloat16 1 and 0.996 are neighbours and it would be lost.
func TestSmallUpdates(t *testing.T) {
	t.Parallel()
	s := newSessionOn(t, inPrecision(t, goBackend(t), effnet.BFloat16), SessionOptions{DropConnect: 0.2})
	before := weightsOf(t, s)
	p := phase(Full)
	p.BatchNorm, p.LearningRate = true, 1e-4
	if err := s.Begin(p, FromImages); err != nil {
		t.Fatal(err)
	}
	const steps = 3
	for range steps {
		if _, err := s.Step(photos(6, 6)); err != nil {
			t.Fatal(err)
		}
	}
	for v := range s.store.IterVariables() {
		if v.DType() != dtypes.Float32 {
			t.Errorf("%s is %s", v.Path(), v.DType())
		}
	}
	after := weightsOf(t, s)
	for _, name := range s.Trainable() {
		if !strings.HasSuffix(name, "/gamma") {
			continue
		}
		still := 0
		for i, v := range after[name] {
			moved := math.Abs(float64(v - before[name][i]))
			if !(moved <= 1.5*steps*p.LearningRate) {
				t.Errorf("%s moved by %g in %d steps of at most %g", name, moved, steps, p.LearningRate)
			}
			if moved == 0 {
				still++
			}
		}
		if still*10 > len(after[name]) {
			t.Errorf("%d of %d values of %s did not move", still, len(after[name]), name)
		}
	}
}

// withBFloat16 are the backends that have it: pure Go, and XLA where it can be had.
func withBFloat16(t *testing.T) map[string]compute.Backend {
	out := map[string]compute.Backend{"go": goBackend(t)}
	b, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {})
	if err != nil {
		t.Log("not on XLA, whose CPU plugin cannot be had here: ", err)
		return out
	}
	out["xla:cpu"] = b
	return out
}

// The losses of a short training in bfloat16 stay within 5% of those in float32 while it
// trains and within 1% on val photos, and these fall: of the last part on XLA, on pure Go
// of the whole network too.
func TestBFloat16Losses(t *testing.T) {
	t.Parallel()
	for name, b := range withBFloat16(t) {
		for _, c := range []struct {
			trains Trains
			norms  bool
			micro  int
			slow   bool // to compile
		}{{trains: FromBlock7a}, {trains: Full, slow: true}, {trains: Full, micro: 4, slow: true},
			{trains: Full, norms: true, slow: true}} {
			short := name == "go" && c.micro == 0 && c.norms == (c.trains == Full)
			if c.slow && name != "go" || !short && os.Getenv("PVS_SLOW") == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s, %s, BatchNorms trained %t, micro-batches %d", name, c.trains, c.norms, c.micro),
				func(t *testing.T) {
					s := settings(c.trains, 2)
					s.Phase.BatchNorm, s.Phase.LearningRate = c.norms, 3e-4
					run := func(precision effnet.Precision) []Epoch {
						tr := trainer(t)
						tr.Training, tr.MicroBatch, tr.Log = inPrecision(t, b, precision), c.micro, func(string) {}
						tr.Inference = inPrecision(t, goBackend(t), precision)
						check, err := tr.Run(context.Background(), t.TempDir(), s, miniBackbone(t))
						if err != nil {
							t.Fatal(err)
						}
						return check.Epochs
					}
					want, got := run(effnet.Float32), run(effnet.BFloat16)
					for i := range want {
						w, g := want[i], got[i]
						t.Logf("%s; in float32 %s", g.Sentence(s.Phase), w.Sentence(s.Phase))
						near := func(g, w, share float64) bool { return math.Abs(g-w) <= share*w && g != w }
						if !near(g.Train.Loss(), w.Train.Loss(), 0.05) || !near(g.Val.Loss(), w.Val.Loss(), 0.01) {
							t.Errorf("epoch %d: a loss of %g, in float32 %g; val %g and %g", i+1, g.Train.Loss(), w.Train.Loss(),
								g.Val.Loss(), w.Val.Loss())
						}
					}
					if last := len(got) - 1; !(got[last].Val.Loss() < got[0].Val.Loss()) {
						t.Error("the val loss does not fall")
					}
				})
		}
	}
}

// A run's precision is one of its settings: kept, resumed, and another one refused.
func TestRunInBFloat16(t *testing.T) {
	t.Parallel()
	values := miniBackbone(t)
	s := settings(FromBlock7a, 1)
	s.Cache = true
	dir, tr := t.TempDir(), trainer(t)
	tr.Training = inPrecision(t, goBackend(t), effnet.BFloat16)
	tr.Inference = tr.Training
	var said []string
	tr.Log = func(line string) { said = append(said, line) }
	if _, err := tr.Run(context.Background(), dir, s, values); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(said, "\n"), "in bfloat16") {
		t.Errorf("said %q", said)
	}
	text, err := os.ReadFile(filepath.Join(dir, SettingsFile))
	if err != nil {
		t.Fatal(err)
	}
	var kept struct{ Precision string }
	if err := json.Unmarshal(text, &kept); err != nil || kept.Precision != "bfloat16" {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := trainer(t).Run(context.Background(), dir, s, values); err == nil || !strings.Contains(err.Error(),
		"precision bfloat16, not float32") {
		t.Errorf("got %v", err)
	}
	// Cached features in another precision are not taken.
	both := trainer(t)
	for i, p := range []effnet.Precision{effnet.Float32, effnet.BFloat16, effnet.BFloat16} {
		both.Training = inPrecision(t, goBackend(t), p)
		both.Inference = both.Training
		if _, err := both.Run(context.Background(), t.TempDir(), s, values); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(both.CacheDir, "*-A0.ids"))
		if want := 2 * min(i+1, 2); err != nil || len(files) != want { // of train and val
			t.Errorf("%d files are kept of A0, want %d: %v", len(files), want, err)
		}
	}
}

// lacking is a backend that says of itself what ONNX Runtime's says.
type lacking struct{ compute.Backend }

func (lacking) Name() string { return "onnxruntime" }

// Frozen layers run in float32 on a backend without bfloat16.
func TestWithoutBFloat16(t *testing.T) {
	t.Parallel()
	s := settings(NewTop, 1)
	s.Cache = true
	var losses []float64
	for _, precision := range []effnet.Precision{effnet.Float32, effnet.BFloat16} {
		tr := trainer(t)
		tr.Training = inPrecision(t, goBackend(t), precision)
		tr.Inference = chosen(t, engine.Request{Backend: lacking{goBackend(t)}, Wish: engine.Fastest, Precision: precision,
			OrFloat32: true})
		var said []string
		tr.Log = func(line string) { said = append(said, line) }
		c, err := tr.Run(context.Background(), t.TempDir(), s, miniBackbone(t))
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, c.Epochs[0].Train.Loss())
		if all := strings.Join(said, "\n"); strings.Contains(all, "it has no bfloat16") != (precision == effnet.BFloat16) {
			t.Errorf("said %s", all)
		}
	}
	if math.Abs(losses[0]-losses[1]) > 1e-6 { // a head on cached features is float32 in both
		t.Errorf("losses of %v", losses)
	}
}
