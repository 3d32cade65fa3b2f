package finetune

// backbone is that of a step whose head is computed separately: as graphs on micro-batches, or in
// the fused CPU kernels.
type backbone interface {
	// features computes those of a part's rows that count, as they are in training.
	features(p part, to []float32) error
	// backward adds up the gradients of a part's weights, given the gradients of those features.
	// Share is the part's of the batch.
	backward(p part, gradients []float32, share float32) error
	// head trains the classifier on a batch's features and returns their gradients, at least
	// those of the rows that count.
	head(whole part) (Step, []float32, error)
	// apply takes Adam's step with the sums.
	apply() error
	// discard drops what was added up.
	discard()
}

// stepInParts is a step as graphs on micro-batches.
func (s *Session) stepInParts(whole part) (Step, error) {
	if err := s.makeSums(); err != nil {
		return Step{}, err
	}
	return s.stepOn(graphBackbone{s}, whole)
}

// stepOn runs the backbone on parts of a batch for their features, on which the head sees
// the whole batch, so that its BatchNorm's statistics are those of the recipe's batch; then
// backward for the gradients, which are added up.
func (s *Session) stepOn(b backbone, whole part) (step Step, err error) {
	defer func() {
		if err != nil {
			b.discard()
		}
	}()
	rows := whole.dims[0]
	parts := []part{whole}
	if s.splits(rows) {
		parts = s.split(whole)
	}
	width := s.config.Features()
	of := func(p part, values []float32) []float32 { return values[p.from*width:][:p.counted*width] }
	features := make([]float32, rows*width) // zeros of rows that do not count
	for _, p := range parts {
		if err := b.features(p, of(p, features)); err != nil {
			return Step{}, err
		}
	}
	whole.x, whole.dims = features, []int{rows, width}
	step, gradients, err := b.head(whole)
	if err != nil || len(s.ofBackbone()) == 0 {
		return step, err
	}
	for _, p := range parts {
		if err := b.backward(p, of(p, gradients), float32(p.counted)/float32(whole.counted)); err != nil {
			return Step{}, err
		}
	}
	return step, b.apply()
}

// splits says whether a batch is split into micro-batches.
func (s *Session) splits(rows int) bool {
	return s.input != FromFeatures && s.opts.MicroBatch > 0 && s.opts.MicroBatch < rows
}

// split cuts a batch into micro-batches of one size, without those in which no row
// counts.
func (s *Session) split(whole part) []part {
	m, rows := s.opts.MicroBatch, whole.dims[0]
	var parts []part
	for from := 0; from < whole.counted; from += m {
		to := min(rows, from+m)
		p := part{from: from, counted: min(to, whole.counted) - from, dims: append([]int{m}, whole.dims[1:]...),
			labels: make([]int32, m)}
		copy(p.labels, whole.labels[from:to])
		filled := func(values []float32) []float32 {
			width := len(values) / rows
			out := make([]float32, m*width)
			copy(out, values[from*width:to*width])
			return out
		}
		p.x, p.drop, p.path = filled(whole.x), filled(whole.drop), filled(whole.path)
		parts = append(parts, p)
	}
	return parts
}
