package siamese

import (
	"fmt"
	"strings"
)

// Metric is a distance between embeddings.
type Metric int

// The metrics of TensorFlow Addons' triplet losses, under its names.
const (
	Angular   Metric = iota // 1 - cosine
	L2                      // Euclidean
	SquaredL2               // its square
)

var metricNames = []string{"angular", "L2", "squared-L2"}

// String returns TensorFlow Addons' name.
func (m Metric) String() string { return metricNames[m] }

// ParseMetric reads a name; case does not matter.
func ParseMetric(s string) (Metric, error) {
	for i, n := range metricNames {
		if strings.EqualFold(n, s) {
			return Metric(i), nil
		}
	}
	return 0, fmt.Errorf("no distance is called %q: they are %s", s, strings.Join(metricNames, ", "))
}
