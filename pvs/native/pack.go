package native

import "github.com/gopvs/product-visual-search/pvs/effnet"

// stemPatch is what the stem's kernel covers: 3 x 3 pixels of 3 colours.
const stemPatch = 27

// panels says how a matrix [rows, columns] lies in memory: cut into panels of some columns, each
// with all rows, one after the other; columns and rows that only fill them up are zeros.
type panels struct {
	rows, columns int
	widths        []int // in columns
	filled        int   // rows with those that fill up
	transposed    bool  // the weights are [columns, rows]
	paired        bool  // of two rows their first columns lie side by side, then the second
}

// widePanels are two vectors of so many lanes wide, and one at the end.
func widePanels(rows, columns, lanes int) panels { return cut(rows, columns, lanes, 2) }

// matrixPanels are two vectors wide, and three or one at the end.
func matrixPanels(rows, columns, lanes int) panels { return cut(rows, columns, lanes, 3) }

// cut makes panels of two vectors, and of those that are left, at most so many.
func cut(rows, columns, lanes, most int) panels {
	p := panels{rows: rows, columns: columns, filled: rows}
	for left := vectors(columns, lanes); left > 0; {
		width := min(2*lanes, left)
		if left <= most*lanes {
			width = left
		}
		p.widths = append(p.widths, width)
		left -= width
	}
	return p
}

// ofTranspose says that the weights are the transpose.
func (p panels) ofTranspose() panels {
	p.transposed = true
	return p
}

// fill says how many rows there are with those that fill up.
func (p panels) fill(rows int) panels {
	p.filled = rows
	return p
}

// size is the number of values.
func (p panels) size() int {
	n := 0
	for _, width := range p.widths {
		n += width * p.filled
	}
	return n
}

// each calls f for each row of each panel: where it begins, and the first of its columns and how
// many there are.
func (p panels) each(f func(at, row, column, columns int)) {
	at, column := 0, 0
	for _, width := range p.widths {
		columns := min(width, p.columns-column)
		for r := range p.rows {
			f(at+r*width, r, column, columns)
		}
		at += width * p.filled
		column += width
	}
}

// pack brings weights there, multiplied by the factors of their output channels: of columns, or of
// rows if the weights are the transpose. No factors: 1.
func (p panels) pack(weights []float32, factor []float64, to []float32) {
	p.each(func(at, row, column, columns int) {
		to := to[at : at+columns]
		switch {
		case p.transposed:
			f := factorOf(factor, row)
			for i := range to {
				to[i] = float32(float64(weights[(column+i)*p.rows+row]) * f)
			}
		case factor == nil:
			copy(to, weights[row*p.columns+column:])
		default:
			from, factor := weights[row*p.columns+column:][:columns], factor[column:][:columns]
			for i := range to {
				to[i] = float32(float64(from[i]) * factor[i])
			}
		}
	})
	if p.paired {
		p.pair(to)
	}
}

// pair brings two rows of a panel together.
func (p panels) pair(x []float32) {
	for _, width := range p.widths {
		both := make([]float32, 2*width)
		for range p.filled / 2 {
			for i := range width {
				both[2*i], both[2*i+1] = x[i], x[width+i]
			}
			x = x[copy(x, both):]
		}
	}
}

// unpack is the way back of sums that lie there: those of all parts, which the first one gets,
// multiplied by the factors, in the order of the weights.
func (p panels) unpack(parts [][]float32, factor []float64, to []float32) {
	p.each(func(at, row, column, columns int) {
		sums := parts[0][at : at+columns]
		for _, part := range parts[1:] {
			for i, v := range part[at : at+columns] {
				sums[i] += v
			}
		}
		switch {
		case p.transposed:
			f := float32(factorOf(factor, row))
			for i, v := range sums {
				to[(column+i)*p.rows+row] = v * f
			}
		case factor == nil:
			copy(to[row*p.columns+column:], sums)
		default:
			to, factor := to[row*p.columns+column:][:columns], factor[column:][:columns]
			for i, v := range sums {
				to[i] = v * float32(factor[i])
			}
		}
	})
}

func factorOf(factor []float64, i int) float64 {
	if factor == nil {
		return 1
	}
	return factor[i]
}

// vectors is n values filled up to whole vectors.
func vectors(n, lanes int) int { return (n + lanes - 1) / lanes * lanes }

// factors are what a BatchNorm multiplies each channel by; nil without one.
func factors(values map[string][]float32, norm string) []float64 {
	if norm == "" {
		return nil
	}
	factor, _ := effnet.BatchNormOf(values, norm)
	return factor
}

func narrow(x []float64, to []float32) {
	for i, v := range x {
		to[i] = float32(v)
	}
}

// gather is a weight whose gradients are in the sums from the value at on.
type gather struct {
	name string
	norm string // whose factors the weight is multiplied by; "": none
	at   int
	panels
}
