package vectors

import (
	"fmt"
	"math"
)

// Set is N vectors of one dimension with their ids.
type Set struct {
	IDs  []string
	Dim  int
	Data []float32 // [N, Dim], row by row
	// Origin says what made them; nil where it is not known.
	Origin *Origin

	lengths []float64 // before Normalize
}

// Len returns N.
func (s *Set) Len() int { return len(s.IDs) }

// Row returns vector i, not a copy.
func (s *Set) Row(i int) []float32 { return s.Data[i*s.Dim : (i+1)*s.Dim] }

// Length returns the length that vector i had before [Set.Normalize]; 0: it is not known.
func (s *Set) Length(i int) float64 {
	if i >= len(s.lengths) {
		return 0
	}
	return s.lengths[i]
}

// Check makes sure that ids are unique and not empty and that values are finite.
func (s *Set) Check() error {
	if s.Dim < 1 || len(s.Data) != len(s.IDs)*s.Dim {
		return fmt.Errorf("%d ids and %d values do not make vectors of dimension %d", len(s.IDs), len(s.Data), s.Dim)
	}
	seen := make(map[string]int, len(s.IDs))
	for i, id := range s.IDs {
		if id == "" {
			return fmt.Errorf("vector %d has no id", i)
		}
		if j, twice := seen[id]; twice {
			return fmt.Errorf("the id %s stands for the vectors %d and %d", id, j, i)
		}
		seen[id] = i
		for d, v := range s.Row(i) {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				return fmt.Errorf("vector %d (%s) holds %g at place %d; embed that photo again", i, id, v, d)
			}
		}
	}
	return nil
}

// ReadUnit reads NAME.npy and NAME.ids and scales every vector to length 1.
func ReadUnit(name string) (*Set, error) {
	set, err := Read(name)
	if err != nil {
		return nil, err
	}
	if set.Len() == 0 {
		return nil, fmt.Errorf("%s.npy holds no vectors: there is nothing to search for or in", base(name))
	}
	if err := set.Normalize(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return set, nil
}

// Normalize scales every vector to Euclidean length 1. A vector of zeros has no
// direction and is an error.
func (s *Set) Normalize() error {
	lengths := make([]float64, s.Len())
	for i := range s.IDs {
		row := s.Row(i)
		sum := 0.0
		for _, v := range row {
			sum += float64(v) * float64(v)
		}
		if sum == 0 || math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("vector %d (%s) has the length %g and no direction; embed that photo again", i,
				s.IDs[i], math.Sqrt(sum))
		}
		lengths[i] = math.Sqrt(sum)
		scale := 1 / lengths[i]
		for d := range row {
			row[d] = float32(float64(row[d]) * scale)
		}
	}
	if s.lengths == nil { // what is scaled again had its length before
		s.lengths = lengths
	}
	return nil
}
