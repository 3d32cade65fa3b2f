package cpu_test

import (
	"math"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Adam's step exists on every processor; networks and layers return an error where the CPU engine does not run.
func TestUnsupported(t *testing.T) {
	a := cpu.Adam{StepSize: 0.03, OneMinusBeta1: 0.1, OneMinusBeta2: 0.001, Epsilon: 1e-7}
	w := cpu.Trained{Weights: []float32{1, 2, 3}, M: make([]float32, 3), V: make([]float32, 3)}
	if err := a.Step([]float32{0.5, -1, float32(math.NaN())}, w); err != nil {
		t.Fatal(err)
	}
	for i, g := range []float64{0.5, -1} {
		want := float64(i+1) - 0.1*g*0.03/(math.Sqrt(0.001*g*g)+1e-7)
		if math.Abs(float64(w.Weights[i])-want) > 1e-6 {
			t.Errorf("weight %d is %g, not %g", i, w.Weights[i], want)
		}
	}
	if v := w.Weights[2]; v == v {
		t.Errorf("the weight of a NaN gradient is %g", v)
	}
	if a.Step([]float32{1}, w) == nil {
		t.Error("one gradient changes three weights")
	}
	if cpu.Supports(effnet.Float32) {
		return
	}
	c, err := effnet.Named("mini")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cpu.New(c, c.InitialValues(1), 32, effnet.Float32); err == nil {
		t.Error("a network is made without the CPU engine")
	}
	if _, err := cpu.NewTraining(c, 32, cpu.TrainingOptions{}); err == nil {
		t.Error("a training is made without the CPU engine")
	}
	if _, err := cpu.NewDense(8, 2); err == nil {
		t.Error("a layer is made without the CPU engine")
	}
}
