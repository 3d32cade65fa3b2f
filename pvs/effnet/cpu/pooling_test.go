//go:build cgo && amd64

package cpu_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/effnet/cpu"
)

// Generalised means as features, and the gradients of all weights and of the exponent, are the graph's.
func TestGeneralisedMean(t *testing.T) {
	b := pureGo(t)
	for _, c := range []struct {
		config   effnet.Config
		size     int
		from     string
		exponent float32
	}{{mini, 64, "", 3}, {lite, 70, "", 2.2}, {deep, 97, "block7a", 1}, {mini, 33, "", 12}} {
		const rows = 5
		weights := values(c.config)
		weights[effnet.PoolExponent] = []float32{c.exponent}
		dims, x := inputs(c.config, c.size, c.from, rows)
		dFeatures := normal(rows * c.config.Features())
		features, want := gradients(t, b, c.config, weights, c.from, false, x, dims, dFeatures, nil)
		for _, lanes := range cpu.Lanes() {
			what := fmt.Sprintf("%s, exponent %g, %d lanes", c.config.Title, c.exponent, lanes)
			names := append(trained(c.config, c.from, false), effnet.PoolExponent)
			n, err := cpu.NewTrainingFor(c.config, c.size, cpu.TrainingOptions{From: c.from, Weights: names}, lanes)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(n.Close)
			if err := n.Load(weights); err != nil {
				t.Fatal(err)
			}
			got := passes(t, what+" in training", n, x, nil, dFeatures, features, 1e-5)
			if len(got) != len(want) {
				t.Errorf("%s: there are %d gradients, not %d", what, len(got), len(want))
			}
			for name, values := range want {
				same(t, what+": "+name, got[name], values, 2e-4)
			}
			if c.from != "" {
				continue
			}
			network, err := cpu.NewFor(c.config, weights, c.size, lanes)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(network.Close)
			out := make([]float32, len(features))
			if err := network.Run(x, cpu.Options{}, out); err != nil {
				t.Fatal(err)
			}
			same(t, what+": features", out, features, 1e-5)
		}
		if c.from == "" && cpu.Supports(effnet.Float16) {
			network, err := cpu.NewFloat16(c.config, weights, c.size)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(network.Close)
			out := make([]float32, len(features))
			if err := network.Run(x, cpu.Options{}, out); err != nil {
				t.Fatal(err)
			}
			same(t, c.config.Title+" in float16", out, features, 0.03)
		}
	}
}

// An exponent that is none, and one that cannot train, is an error that names it.
func TestGeneralisedMeanRefused(t *testing.T) {
	needsCPUEngine(t)
	nan := float32(math.NaN())
	for _, exponent := range [][]float32{{0}, {-1}, {nan}, {float32(math.Inf(1))}, {}, {2, 2}} {
		weights := values(mini)
		weights[effnet.PoolExponent] = exponent
		_, err := cpu.New(mini, weights, 64, effnet.Float32)
		if err == nil || !strings.Contains(err.Error(), effnet.PoolExponent) {
			t.Errorf("an exponent of %v: %v", exponent, err)
		}
	}
	for _, c := range []struct {
		opts     cpu.TrainingOptions
		exponent []float32
	}{{cpu.TrainingOptions{Norms: true}, []float32{3}},
		{cpu.TrainingOptions{Weights: []string{effnet.PoolExponent}}, nil}} {
		n, err := cpu.NewTraining(mini, 64, c.opts)
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		weights := values(mini)
		if c.exponent != nil {
			weights[effnet.PoolExponent] = c.exponent
		}
		if err := n.Load(weights); err == nil {
			t.Errorf("the training %+v takes an exponent of %v", c.opts, c.exponent)
		}
	}
}
