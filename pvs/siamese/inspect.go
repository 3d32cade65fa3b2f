package siamese

import (
	"fmt"
	"math"
)

// Triplet is a pair of an anchor and a positive with the negative that [TripletLoss]
// compares it with. The photos are rows of the batch.
type Triplet struct {
	Anchor, Positive, Negative int
	ToPositive, ToNegative     float32 // distances from the anchor
}

// Cost is what the triplet adds to the loss.
func (t Triplet) Cost(margin float64) float64 {
	return max(0, margin+float64(t.ToPositive)-float64(t.ToNegative))
}

// Kind says where the negative lies: "hard" if it is no farther than the positive,
// "semi-hard" if it is farther by less than the margin, else "easy".
func (t Triplet) Kind(margin float64) string {
	switch {
	case t.ToNegative <= t.ToPositive:
		return "hard"
	case t.Cost(margin) > 0:
		return "semi-hard"
	}
	return "easy"
}

// Triplets lists the triplets that [TripletLoss] compares in a batch, for inspection: one
// for each pair of an anchor and a positive, in the order of their rows. Distances are
// [batch, batch], row by row, the output of [Distances]. The choice of negatives does
// not depend on the margin. Another number of distances than labels squared is an error.
func Triplets(distances []float32, labels []int32) ([]Triplet, error) {
	n := len(labels)
	if len(distances) != n*n {
		return nil, fmt.Errorf("%d photos have %d distances, not %d", n, n*n, len(distances))
	}
	var out []Triplet
	for a := range n {
		row := distances[a*n : (a+1)*n]
		for p := range n {
			if p == a || labels[p] != labels[a] {
				continue
			}
			if negative := semiHardNegative(row, labels, labels[a], row[p]); negative >= 0 {
				out = append(out, Triplet{a, p, negative, row[p], row[negative]})
			}
		}
	}
	return out, nil
}

// semiHardNegative returns the nearest negative that is farther than the positive, else
// the farthest negative, or -1 in a batch of one label.
func semiHardNegative(row []float32, labels []int32, label int32, toPositive float32) int {
	nearest, farthest := -1, -1
	near, far := float32(math.Inf(1)), float32(math.Inf(-1))
	for i, d := range row {
		if labels[i] == label {
			continue
		}
		if d > far {
			farthest, far = i, d
		}
		if d > toPositive && d < near {
			nearest, near = i, d
		}
	}
	if nearest >= 0 {
		return nearest
	}
	return farthest
}
