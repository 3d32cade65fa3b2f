package backbone

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
)

// output is a value of a network and what is taken of it.
type output struct {
	name  string
	take  string // "", "class", "mean" or "mean-N"
	skip  int    // tokens before those whose mean is taken
	inner bool   // no output of the file yet
}

// taken is the end of an output's name that says what is taken of it. Names may have colons of their own.
var taken = regexp.MustCompile(`:(class|mean(?:-([0-9]{1,3}))?)$`)

// parseOutput reads NAME, NAME:class, NAME:mean or NAME:mean-N.
func parseOutput(text string) output {
	m := taken.FindStringSubmatch(text)
	if m == nil {
		return output{name: text}
	}
	skip, _ := strconv.Atoi(m[2]) // digits, or none
	return output{name: strings.TrimSuffix(text, m[0]), take: m[1], skip: skip}
}

// String is the output as it is named.
func (o output) String() string {
	if o.take == "" {
		return o.name
	}
	return o.name + ":" + o.take
}

// choose finds the value that an output names, or the only output where none is named.
func choose(h *onnx.Header, text string) (output, error) {
	o := parseOutput(text)
	var names []string
	for _, v := range h.Outputs {
		names = append(names, v.String())
	}
	switch {
	case slices.ContainsFunc(h.Outputs, func(v onnx.Value) bool { return v.Name == o.name }):
		return o, nil
	case o.name == "" && len(h.Outputs) == 1:
		o.name = h.Outputs[0].Name
		return o, nil
	case o.name == "":
		return o, fmt.Errorf("has %d outputs, and nothing says which one is a photo's vector: name one of %s",
			len(h.Outputs), strings.Join(names, ", "))
	case slices.Contains(h.Inner, o.name):
		o.inner = true
		return o, nil
	}
	return o, fmt.Errorf("has no value %s: its outputs are %s", o.name, strings.Join(names, ", "))
}

// shape says how vectors lie in a value of a batch.
type shape struct {
	rows, dim    int  // vectors that one is the mean of, and their length
	planes       bool // [dim, rows] instead of [rows, dim]
	first, count int  // the rows that count
}

// shapeOf finds the vectors in a value [batch, ...] of an input with or without planes, [batch, 3, h, w].
func (o output) shapeOf(dims []int, planes bool) (s shape, err error) {
	rest := dims[min(1, len(dims)):]
	for len(rest) > 1 && o.take == "" { // [batch, 1, 1, d] and [batch, d, 1, 1]
		if last := len(rest) - 1; rest[last] == 1 {
			rest = rest[:last]
		} else if rest[0] == 1 {
			rest = rest[1:]
		} else {
			break
		}
	}
	switch {
	case len(rest) == 1 && o.take == "":
		s = shape{rows: 1, dim: rest[0]}
	case len(rest) == 2 && o.take != "":
		s = shape{rows: rest[0], dim: rest[1]}
	case len(rest) == 3 && strings.HasPrefix(o.take, "mean") && o.skip == 0 && planes:
		s = shape{rows: rest[1] * rest[2], dim: rest[0], planes: true}
	case len(rest) == 3 && strings.HasPrefix(o.take, "mean") && o.skip == 0:
		s = shape{rows: rest[0] * rest[1], dim: rest[2]}
	case len(rest) == 2:
		return s, fmt.Errorf("its output %s is %d rows of %d values a photo, not one vector: if they are tokens, name it as "+
			"%s:class for the first or %s:mean for their mean; detections are no vectors", o.name, rest[0], rest[1], o.name,
			o.name)
	case len(rest) == 3:
		return s, fmt.Errorf("its output %s is a map of %s values a photo, not one vector: if it is a feature map, name it "+
			"as %s:mean; masks of a segmentation are no vectors", o.name, product(rest), o.name)
	default:
		return s, fmt.Errorf("its output %s has the shape %s: a vector a photo, [batch, d], is needed", o, product(dims))
	}
	s.count = s.rows
	switch {
	case o.take == "class":
		s.count = 1
	case o.skip > 0:
		s.first, s.count = o.skip, s.rows-o.skip
	}
	if s.dim < 2 || s.dim > mostDim || s.count < 1 {
		return s, fmt.Errorf("its output %s, of the shape %s, gives no vector of 2 to %d values", o, product(dims), mostDim)
	}
	return s, nil
}

// mostDim bounds a vector.
const mostDim = 1 << 16

// product writes a shape as 2 x 3.
func product(dims []int) string {
	var each []string
	for _, d := range dims {
		each = append(each, strconv.Itoa(d))
	}
	return strings.Join(each, " x ")
}

// into takes a photo's vector out of its values.
func (s shape) into(values, vector []float32) {
	if s.count == 1 && !s.planes {
		copy(vector, values[s.first*s.dim:(s.first+1)*s.dim])
		return
	}
	for d := range vector {
		at, step := s.first*s.dim+d, s.dim
		if s.planes {
			at, step = d*s.rows+s.first, 1
		}
		var sum float64
		for range s.count {
			sum += float64(values[at])
			at += step
		}
		vector[d] = float32(sum / float64(s.count))
	}
}
