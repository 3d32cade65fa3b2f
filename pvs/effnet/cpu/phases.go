package cpu

import "slices"

// phase is one of cpu.h's phases of a training step with BatchNorms in training mode, in their order.
type phase int

const (
	stemPartialSums phase = iota
	stemOutput
	expandPartialSums
	expandDepthwise
	project
	bnResidualOutput
	topPartialSums
	topOutput
	topBackwardSums
	topBackward
	projectBackwardSums
	projectBackward
	depthwiseBackward
	expandBackward
	stemBackwardSums
	stemBackward
)

// phaseStep is a phase of a block, and the BatchNorm whose partial sums it writes, or nil.
type phaseStep struct {
	phase
	block     int
	batchNorm *batchNorm
}

// forwardPhases are those of the forward pass.
func (t *Training) forwardPhases() []phaseStep {
	n, blocks := t.net.batchNorms, t.config.Blocks()
	steps := []phaseStep{{stemPartialSums, -1, n[0]}, {stemOutput, -1, nil}}
	for i, b := range blocks {
		of := n[1+3*i:]
		if b.Expand != 1 {
			steps = append(steps, phaseStep{expandPartialSums, i, of[0]})
		}
		steps = append(steps, phaseStep{expandDepthwise, i, of[1]}, phaseStep{project, i, of[2]},
			phaseStep{bnResidualOutput, i, nil})
	}
	return append(steps, phaseStep{topPartialSums, len(blocks), n[len(n)-1]}, phaseStep{topOutput, len(blocks), nil})
}

// backwardPhases are those of the backward pass.
func (t *Training) backwardPhases() []phaseStep {
	n, blocks := t.net.batchNorms, t.config.Blocks()
	steps := []phaseStep{{topBackwardSums, len(blocks), n[len(n)-1]}, {topBackward, len(blocks), nil}}
	for i, b := range slices.Backward(blocks) {
		of := n[1+3*i:]
		steps = append(steps, phaseStep{projectBackwardSums, i, of[2]}, phaseStep{projectBackward, i, of[1]})
		if b.Expand == 1 {
			steps = append(steps, phaseStep{depthwiseBackward, i, nil})
			continue
		}
		steps = append(steps, phaseStep{depthwiseBackward, i, of[0]}, phaseStep{expandBackward, i, nil})
	}
	return append(steps, phaseStep{stemBackwardSums, -1, n[0]}, phaseStep{stemBackward, -1, nil})
}

// forwardBatchNorms is the forward pass with BatchNorms in training mode.
func (t *Training) forwardBatchNorms(features []float32) {
	for _, n := range t.net.batchNorms {
		if n != nil {
			copy(n.mean, n.initialMean)
		}
	}
	t.each(func(p *part, from, to int) { resize(&p.saved, t.net.phasesScratch(to-from)) })
	for _, s := range t.forwardPhases() {
		t.runPhase(s, features, nil)
		if s.batchNorm != nil {
			s.batchNorm.setForward(t.parts, t.rows)
		}
	}
}

// backwardBatchNorms is the backward pass.
func (t *Training) backwardBatchNorms(dFeatures []float32) {
	for _, s := range t.backwardPhases() {
		t.runPhase(s, nil, dFeatures)
		if s.batchNorm != nil {
			s.batchNorm.setBackward(t.parts)
		}
	}
}

// Statistics are the batch's statistics of the last forward pass, by the names of the moving statistics that they
// update: means, and variances as of a sample. With BatchNorms in inference mode there are none.
func (t *Training) Statistics() map[string][]float32 {
	all := map[string][]float32{}
	for _, n := range t.net.batchNorms {
		if n != nil {
			all[n.name+"/moving_mean"], all[n.name+"/moving_variance"] = n.batchMean, n.unbiased
		}
	}
	return all
}

// runPhase runs a phase on all parts in parallel.
func (t *Training) runPhase(s phaseStep, features, dFeatures []float32) {
	channels := 0
	if s.batchNorm != nil {
		channels = s.batchNorm.filled
	}
	dim := t.config.Features()
	rowsOf := func(x []float32, from, to, width int) []float32 {
		if x == nil {
			return nil
		}
		return x[from*width : to*width]
	}
	t.each(func(p *part, from, to int) {
		t.net.phase(p, s.phase, s.block, to-from, channels, t.in[from*t.row:to*t.row], t.factors(from, to),
			rowsOf(features, from, to, dim), rowsOf(dFeatures, from, to, dim))
	})
}
