package finetune

import (
	"context"
	"maps"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/engine"
)

// several is XLA on a CPU, whose client shows four devices.
func several(t testing.TB) compute.Backend {
	t.Helper()
	b, _, err := backend.OpenNamed(context.Background(), "xla:cpu", func(string) {})
	if err != nil {
		t.Skip("XLA's CPU plugin cannot be had here: ", err)
	}
	if b.NumDevices() < 4 {
		t.Skipf("XLA's CPU client shows %d devices, not 4", b.NumDevices())
	}
	return b
}

// Devices that share a batch give the losses and weights of one - of the pure-Go backend,
// which compiles nothing - with dropout, with stochastic depth and when a batch is short.
func TestDevices(t *testing.T) {
	t.Parallel()
	const rows, steps = 8, 3
	b := several(t)
	for _, c := range []struct {
		name            string
		trains          Trains
		norms           bool
		micro, devices  int
		slow, evaluates bool
	}{
		{name: "new top", trains: NewTop, devices: 2, evaluates: true},
		{name: "block7a", trains: FromBlock7a, devices: 2, slow: true},
		{name: "block7a in micro-batches", trains: FromBlock7a, micro: 4, devices: 4, slow: true},
		{name: "full", trains: Full, devices: 2, slow: true},
		{name: "full in micro-batches", trains: Full, micro: 4, devices: 2, slow: true},
		// Not in micro-batches: the variances of four photos make much of rounding, between
		// one device and pure Go as between two devices and one.
		{name: "full, BatchNorms trained", trains: Full, norms: true, devices: 2, slow: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.slow && os.Getenv("PVS_SLOW") == "" {
				t.Skip("XLA takes long to compile it; PVS_SLOW=1 runs it")
			}
			p := phase(c.trains)
			p.BatchNorm, p.Batch, p.Dropout = c.norms, rows, 0.3
			p.LearningRate = 1e-4 // Adam's first steps are as large as the rate whatever the gradient
			opts := SessionOptions{DropConnect: 0.3, MicroBatch: c.micro}
			parallel := engine.Request{Backend: b, Wish: engine.Fastest, Devices: c.devices}
			batch := photos(rows-1, rows)
			alone := newSession(t, opts)
			shared := newSessionOn(t, chosen(t, parallel), opts)
			for _, s := range []*Session{alone, shared} {
				if err := s.Begin(p, FromImages); err != nil {
					t.Fatal(err)
				}
			}
			for i := range steps {
				want, err := alone.Step(batch)
				if err != nil {
					t.Fatal(err)
				}
				got, err := shared.Step(batch)
				if err != nil {
					t.Fatal(err)
				}
				if !(math.Abs(got.Loss()-want.Loss()) <= 1e-4*want.Loss()) {
					t.Errorf("step %d: a loss of %g on %d devices, %g on one", i, got.Loss(), c.devices, want.Loss())
				}
				if i > 0 {
					continue
				}
				if name := astray(gradients(t, alone), gradients(t, shared)); name != "" {
					t.Errorf("the gradient of %s differs", name)
				}
				if name := astray(statistics(t, alone), statistics(t, shared)); name != "" {
					t.Errorf("%s differs", name)
				}
			}
			if !c.norms { // else Adam makes steps of the rounding that some gradients are
				if name := differing(weightsOf(t, alone), weightsOf(t, shared), 2e-3); name != "" {
					t.Errorf("%s differs", name)
				}
			}
			if !c.evaluates {
				return
			}
			want, err := alone.Evaluate(batch)
			if err != nil {
				t.Fatal(err)
			}
			step, err := shared.Evaluate(batch)
			if err != nil {
				t.Fatal(err)
			}
			if !(math.Abs(step.LossSum-want.LossSum) <= 1e-4*want.LossSum) || step.Correct != want.Correct ||
				step.Rows != want.Rows {
				t.Errorf("evaluated to %+v, want %+v", step, want)
			}
			if _, err := shared.Step(photos(5, 5)); err == nil || !strings.Contains(err.Error(),
				"a batch of 5 images does not divide among 2 devices") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func weightsOf(t testing.TB, s *Session) map[string][]float32 {
	t.Helper()
	values, err := s.Values()
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// statistics are the moving ones of all BatchNorms.
func statistics(t testing.TB, s *Session) map[string][]float32 {
	t.Helper()
	values := weightsOf(t, s)
	maps.DeleteFunc(values, func(name string, _ []float32) bool { return !strings.Contains(name, "/moving_") })
	return values
}

// gradients are those of a phase's first step, to which Adam's first moments are proportional.
func gradients(t testing.TB, s *Session) map[string][]float32 {
	t.Helper()
	_, kept, err := s.Optimizer()
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(kept, func(name string, _ []float32) bool { return !strings.HasPrefix(name, "adam_m/") })
	return kept
}

// astray returns the name of a tensor that differs by more than a thousandth of its length, and
// by more than a millionth of the longest one's: what a BatchNorm takes out again, as the
// shift of the one before it, has a gradient of 0, which is rounding.
func astray(want, got map[string][]float32) string {
	length := func(a, b []float32) float64 {
		sum := 0.0
		for i, v := range a {
			d := float64(v)
			if b != nil {
				d -= float64(b[i])
			}
			sum += d * d
		}
		return math.Sqrt(sum)
	}
	longest := 0.0
	for _, v := range want {
		longest = max(longest, length(v, nil))
	}
	for name, v := range want {
		if !(length(v, got[name]) <= 1e-3*length(v, nil)+1e-6*longest) {
			return name
		}
	}
	return ""
}

// A run on several devices ends as on one, and resumes to the bit where it was stopped;
// a run of a Siamese head follows it in the same trainer.
func TestRunOnDevices(t *testing.T) {
	t.Parallel()
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("XLA takes long to compile it; PVS_SLOW=1 runs it")
	}
	b := several(t)
	values := miniBackbone(t)
	s := settings(FromBlock7a, 2)
	s.Cache = true
	s.Phase.LearningRate = 1e-4
	head := settings(SiameseHead, 1)
	head.Name = "head"
	alone := trainer(t)
	want, err := alone.Run(context.Background(), t.TempDir(), s, values)
	if err != nil {
		t.Fatal(err)
	}
	wantHead, err := alone.Run(context.Background(), t.TempDir(), head, want.Values)
	if err != nil {
		t.Fatal(err)
	}
	sharing := func() *Trainer {
		tr := trainer(t)
		tr.Training, tr.Devices, tr.CacheDir = fastest(t, b), 4, alone.CacheDir
		return tr
	}
	tr := sharing()
	got, err := tr.Run(context.Background(), t.TempDir(), s, values)
	if err != nil {
		t.Fatal(err)
	}
	// The same first weights for both: this is about the head.
	gotHead, err := tr.Run(context.Background(), t.TempDir(), head, want.Values)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ got, want *Checkpoint }{{got, want}, {gotHead, wantHead}} {
		if name := differing(c.want.Values, c.got.Values, 2e-3); name != "" {
			t.Errorf("run %s: %s differs", c.want.Settings.Name, name)
		}
		for i, e := range c.want.Epochs {
			g := c.got.Epochs[i]
			if !(math.Abs(g.Train.Loss()-e.Train.Loss()) <= 1e-4*e.Train.Loss()) ||
				!(math.Abs(g.Val.Loss()-e.Val.Loss()) <= 1e-4*e.Val.Loss()) {
				t.Errorf("run %s: %s; on one device %s", c.want.Settings.Name, g.Sentence(s.Phase), e.Sentence(s.Phase))
			}
		}
	}

	dir := t.TempDir()
	stopped := sharing()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	steps := 0
	stopped.Progress = func(p Progress) {
		if strings.HasPrefix(p.What, "training") {
			if steps++; steps == 3 {
				cancel()
			}
		}
	}
	if _, err := stopped.Run(ctx, dir, s, values); err == nil {
		t.Fatal("it was not stopped")
	}
	resumed, err := sharing().Run(context.Background(), dir, s, values)
	if err != nil {
		t.Fatal(err)
	}
	if name := differing(got.Values, resumed.Values, 0); name != "" {
		t.Errorf("resumed, %s differs", name)
	}
}

// What devices cannot share is refused before anything is computed.
func TestDevicesRefused(t *testing.T) {
	t.Parallel()
	b := several(t)
	on := func(change func(*Trainer, *Settings)) error {
		tr, s := trainer(t), settings(NewTop, 1)
		tr.Training = fastest(t, b)
		change(tr, &s)
		tr.Progress = func(Progress) { t.Error("something was computed") }
		_, err := tr.Run(context.Background(), t.TempDir(), s, miniBackbone(t))
		return err
	}
	for _, c := range []struct {
		name string
		err  error
		say  string
	}{
		{"batch", on(func(tr *Trainer, s *Settings) { tr.Devices, s.Phase.Batch = 4, 6 }),
			"a batch of 6 images does not divide among 4 devices: take as many"},
		{"micro-batch", on(func(tr *Trainer, s *Settings) { tr.Devices, tr.MicroBatch = 4, 6 }),
			"a micro-batch of 6 images does not divide among 4 devices"},
		{"too many", on(func(tr *Trainer, s *Settings) { tr.Devices = 5 }), "has 4: take as many"},
		{"too many for a Siamese head", on(func(tr *Trainer, s *Settings) { *s = settings(SiameseHead, 1); tr.Devices = 5 }),
			"has 4: take as many"},
		{"fewer than none", on(func(tr *Trainer, s *Settings) { tr.Devices = -1 }), "-1 devices cannot train"},
		{"pure Go has one", on(func(tr *Trainer, s *Settings) { tr.Training, tr.Devices = fastest(t, goBackend(t)), 2 }),
			"has 1: take as many"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.say) || strings.Contains(c.err.Error(), "\n") {
			t.Errorf("%s: got %v, want %s", c.name, c.err, c.say)
		}
	}
}

// accelerators is a backend with devices of their own memory, of which only the count is
// asked for.
type accelerators struct {
	compute.Backend
	n int
}

func (a accelerators) NumDevices() int { return a.n }
func (a accelerators) IsCPU() bool     { return false }

// Unless told, a run takes all of an accelerator's devices that its batch divides among.
func TestDevicesFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		has, batch, micro, devices int
		trains                     Trains
		host                       bool
		want                       int
	}{
		{has: 8, batch: 128, want: 8},
		{has: 6, batch: 128, want: 4},
		{has: 8, batch: 128, micro: 12, want: 4},
		{has: 8, batch: 128, micro: 256, want: 8},
		{has: 8, batch: 128, devices: 2, want: 2},
		{has: 8, batch: 7, want: 7},
		{has: 8, batch: 512, trains: SiameseHead, want: 1},
		{has: 4, batch: 128, host: true, want: 1},
	} {
		if c.trains == "" {
			c.trains = Full
		}
		r := run{Trainer: &Trainer{Training: asGraph(t, accelerators{goBackend(t), c.has}),
			Log: func(s string) { t.Log(s) }}, settings: settings(c.trains, 1), input: FromImages}
		if c.host {
			r.Training = asGraph(t, several(t))
		}
		r.settings.Phase.Batch = c.batch
		if got, err := r.devicesFor(c.devices, r.micro(c.micro)); err != nil || got != c.want {
			t.Errorf("%+v: %d devices, %v", c, got, err)
		}
	}
}
