package cpu

import (
	"math"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/effnet"
)

// norm is a BatchNorm that trains. Its vectors are where C reads them.
type norm struct {
	name     string
	channels int
	places   int // of one image that it is over
	filled   int // channels filled up to whole vectors

	mean, scale, shift        []float32
	start                     []float32 // what mean is before the batch's: the moving one
	back, backMean, backSlope []float32

	gamma, beta, inverse []float64 // 1/sqrt(variance+epsilon)
	batchMean, unbiased  []float32 // what its moving statistics take from a batch
	dGamma, dBeta        []float32 // nil for one that does not train
	count                float64
}

// load takes the weights. The moving mean is near the batch's: sums of what is less it lose little. Each way
// forward begins with it, whatever the one before saw.
func (n *norm) load(values map[string][]float32) {
	if n == nil { // there is none after an expansion that there is not
		return
	}
	copy(n.start, values[n.name+"/moving_mean"])
	for c := range n.channels {
		n.gamma[c] = float64(values[n.name+"/gamma"][c])
		n.beta[c] = float64(values[n.name+"/beta"][c])
	}
}

// total adds up the two sums of a channel over all parts.
func (n *norm) total(parts []part, c int) (sum, other float64) {
	for _, p := range parts {
		sum += float64(p.tally[c])
		other += float64(p.tally[n.filled+c])
	}
	return sum, other
}

// seen takes the sums of a batch's values less the mean, and of their squares.
func (n *norm) seen(parts []part, images int) {
	n.count = float64(images * n.places)
	for c := range n.channels {
		sum, squares := n.total(parts, c)
		shift := sum / n.count
		mean, variance := float64(n.mean[c])+shift, max(0, squares/n.count-shift*shift)
		n.inverse[c] = 1 / math.Sqrt(variance+effnet.Epsilon)
		scale := n.gamma[c] * n.inverse[c]
		n.mean[c], n.scale[c], n.shift[c] = float32(mean), float32(scale), float32(n.beta[c]-mean*scale)
		n.batchMean[c], n.unbiased[c] = float32(mean), float32(variance*n.count/max(n.count-1, 1))
	}
}

// seenBack takes the sums of the gradients, and of their products with values less the mean
// (Ioffe & Szegedy 2015, section 3).
func (n *norm) seenBack(parts []part) {
	for c := range n.channels {
		sum, products := n.total(parts, c)
		factor := n.gamma[c] * n.inverse[c]
		if n.dBeta != nil {
			n.dBeta[c] += float32(sum)
		}
		if n.dGamma != nil {
			n.dGamma[c] += float32(products * n.inverse[c])
		}
		n.back[c] = float32(factor)
		n.backMean[c] = float32(factor * sum / n.count)
		n.backSlope[c] = float32(factor * n.inverse[c] * n.inverse[c] * products / n.count)
	}
}

// trained are the sums of the gradients of its weights that train, by name.
func (n *norm) trained() map[string][]float32 {
	sums := map[string][]float32{}
	if n == nil {
		return sums
	}
	for name, gradients := range map[string][]float32{"/gamma": n.dGamma, "/beta": n.dBeta} {
		if gradients != nil {
			sums[n.name+name] = gradients
		}
	}
	return sums
}

// phase is one of C's, in its order.
type phase int

const (
	stemTally phase = iota
	stemGive
	expandTally
	widen
	project
	give
	topTally
	topGive
	topTallyBack
	topBack
	projectTallyBack
	projectBack
	widenBack
	expandBack
	stemTallyBack
	stemBack
)

// step is a phase of a block, and the BatchNorm that its sums are of, or nil.
type step struct {
	phase
	block int
	of    *norm
}

// forwardSteps are those of the network with the batch's own statistics.
func (t *Training) forwardSteps() []step {
	n, blocks := t.k.norms, t.config.Blocks()
	steps := []step{{stemTally, -1, n[0]}, {stemGive, -1, nil}}
	for i, b := range blocks {
		of := n[1+3*i:]
		if b.Expand != 1 {
			steps = append(steps, step{expandTally, i, of[0]})
		}
		steps = append(steps, step{widen, i, of[1]}, step{project, i, of[2]}, step{give, i, nil})
	}
	return append(steps, step{topTally, len(blocks), n[len(n)-1]}, step{topGive, len(blocks), nil})
}

// backwardSteps are those of the way back.
func (t *Training) backwardSteps() []step {
	n, blocks := t.k.norms, t.config.Blocks()
	steps := []step{{topTallyBack, len(blocks), n[len(n)-1]}, {topBack, len(blocks), nil}}
	for i, b := range slices.Backward(blocks) {
		of := n[1+3*i:]
		steps = append(steps, step{projectTallyBack, i, of[2]}, step{projectBack, i, of[1]})
		if b.Expand == 1 {
			steps = append(steps, step{widenBack, i, nil})
			continue
		}
		steps = append(steps, step{widenBack, i, of[0]}, step{expandBack, i, nil})
	}
	return append(steps, step{stemTallyBack, -1, n[0]}, step{stemBack, -1, nil})
}

func (t *Training) forwardNorms(features []float32) {
	for _, n := range t.k.norms {
		if n != nil {
			copy(n.mean, n.start)
		}
	}
	t.each(func(p *part, from, to int) { p.room(&p.kept, t.k.phasesMemory(to-from)) })
	for _, s := range t.forwardSteps() {
		t.run(s, features, nil)
		if s.of != nil {
			s.of.seen(t.parts, t.rows)
		}
	}
}

func (t *Training) backwardNorms(slopes []float32) {
	for _, s := range t.backwardSteps() {
		t.run(s, nil, slopes)
		if s.of != nil {
			s.of.seenBack(t.parts)
		}
	}
}

// Statistics are what moving statistics take from the batch of the last forward pass, by their
// names: means, and variances as of a sample.
func (t *Training) Statistics() map[string][]float32 {
	all := map[string][]float32{}
	for _, n := range t.k.norms {
		if n != nil {
			all[n.name+"/moving_mean"], all[n.name+"/moving_variance"] = n.batchMean, n.unbiased
		}
	}
	return all
}

// run takes a step on all parts.
func (t *Training) run(s step, features, slopes []float32) {
	channels := 0
	if s.of != nil {
		channels = s.of.filled
	}
	dim := t.config.Features()
	some := func(x []float32, from, to, width int) []float32 {
		if x == nil {
			return nil
		}
		return x[from*width : to*width]
	}
	t.each(func(p *part, from, to int) {
		t.k.phase(p, s.phase, s.block, to-from, channels, t.in[from*t.row:to*t.row], t.factors(from, to), some(features, from, to, dim), some(slopes, from, to, dim))
	})
}
