package fit

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// The exponent of pooling trains, with the same gradient on all engines, and stays at 1 or above.
func TestExponentTrains(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	steps := func(wish engine.Wish, gem float64, steps int) (exponent, gradient float32) {
		e, err := engine.Choose(engine.Request{Backend: opts.Training.Backend, Wish: wish, Training: true})
		if err != nil {
			t.Fatal(err)
		}
		r := opts.Recipe
		r.GeM, r.WarmUp = gem, 0
		s, err := NewStepper(e, network.Config, network.Values, 64, r, 5) // 2 x 2 positions
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for range steps {
			if err := s.Step(); err != nil {
				t.Fatal(err)
			}
		}
		values, err := s.session.network()
		if err != nil {
			t.Fatal(err)
		}
		if g := s.session.gradients[effnet.PoolExponent]; g != nil {
			gradient = g[0]
		}
		return effnet.Exponent(values), gradient
	}
	exponent, want := steps(engine.AsGraph, 3, 1)
	if exponent == 0 || math.Abs(float64(exponent-3)) < 1e-3 {
		t.Errorf("after a step the exponent is %g", exponent)
	}
	if opts.Training.Kind == engine.FusedCPU { // later steps of these weights, which are random, amplify rounding
		if _, got := steps(engine.Fused, 3, 1); math.Abs(float64(got-want)) > 1e-4*math.Abs(float64(want)) {
			t.Errorf("the gradient of the exponent is %g in fused kernels, %g on the graph", got, want)
		}
	}
	if got, _ := steps(engine.AsGraph, 1, 5); got < 1 {
		t.Errorf("the exponent fell to %g", got)
	}
	if got, _ := steps(engine.AsGraph, 0, 1); got != 0 {
		t.Errorf("a recipe without one has the exponent %g", got)
	}
}

// A network with an exponent keeps it, whatever of a fit is kept; another fit goes on from it, and the phases of the
// journey refuse it.
func TestExponentIsKept(t *testing.T) {
	t.Parallel()
	network, opts := mini(t)
	network.Values[effnet.PoolExponent] = []float32{3}
	c := shop(t, 20, 4, nil)
	r, err := Run(t.Context(), c, network, t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	check, err := finetune.ReadCheckpoint(r.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	p := effnet.Exponent(check.Values)
	if !r.Kept || p == 0 || r.Exponent != p || !strings.Contains(r.Reason, "generalised means") {
		t.Fatalf("kept %t, with the exponent %g, of which it says %g (%s)", r.Kept, p, r.Exponent, r.Reason)
	}
	_, err = weights.Load(r.Checkpoint, network.Config)
	if err == nil || !strings.Contains(err.Error(), "a checkpoint of pvs") {
		t.Errorf("as a file of weights: %v", err)
	}
	for _, exponent := range []float32{0, 0.5, p + 1} {
		changed := rewritten(t, r.Checkpoint, exponent)
		if _, err := finetune.ReadCheckpoint(changed); err == nil || !strings.Contains(err.Error(), "was changed") {
			t.Errorf("with the exponent %g in place of %g: %v", exponent, p, err)
		}
	}
	network.Values = check.Values
	again, err := Run(t.Context(), c, network, t.TempDir(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(again.Before-r.After) > 1e-6 {
		t.Errorf("the checkpoint finds %g, and the fit said %g", again.Before, r.After)
	}
	_, err = finetune.NewSession(opts.Training, network.Config, check.Values, finetune.SessionOptions{Size: 32,
		Inference: opts.Inference})
	if err == nil || !strings.Contains(err.Error(), "averages") {
		t.Errorf("a phase of the journey on it: %v", err)
	}
}

// rewritten copies a checkpoint with another exponent, 0 for none.
func rewritten(t *testing.T, path string, exponent float32) string {
	t.Helper()
	f, err := weights.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Tensors[effnet.PoolExponent] = weights.Tensor{Shape: []int{1}, Data: []float32{exponent}}
	if exponent == 0 {
		delete(f.Tensors, effnet.PoolExponent)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "changed.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(weights.WriteSafetensors(out, f.Tensors, f.Metadata), out.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}
