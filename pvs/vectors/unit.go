package vectors

import (
	"fmt"
	"math"
)

// unitTolerance is how far a squared length may be from 1.
const unitTolerance = 2e-3

// CheckUnit makes sure that the set is sound ([Set.Check]) and that every vector has the
// length 1, so that inner products are cosines.
func (s *Set) CheckUnit() error {
	if err := s.Check(); err != nil {
		return err
	}
	for i, id := range s.IDs {
		sum := 0.0
		for _, v := range s.Row(i) {
			sum += float64(v) * float64(v)
		}
		if math.Abs(sum-1) > unitTolerance {
			return fmt.Errorf("vector %d (%s) has the length %.4g, not 1; normalise the vectors first", i, id, math.Sqrt(sum))
		}
	}
	return nil
}
