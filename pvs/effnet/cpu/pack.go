package cpu

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

// each calls f for each panel: where it begins, its width, and the first of its columns and how many
// there are.
func (p panels) each(f func(at, width, column, columns int)) {
	at, column := 0, 0
	for _, width := range p.widths {
		f(at, width, column, min(width, p.columns-column))
		at += width * p.filled
		column += width
	}
}

// begin is where a panel's first column is in the weights, and the factors from it on; none are 1.
func (p panels) begin(column int, factor []float32) (int, []float32) {
	switch {
	case p.transposed:
		return column * p.rows, factor
	case factor == nil:
		return column, nil
	}
	return column, factor[column:]
}

// apart is how many values of the weights are from a row of the matrix to the next, or from a column
// if they are the transpose.
func (p panels) apart() int {
	if p.transposed {
		return p.rows
	}
	return p.columns
}

// pack brings weights there, multiplied by the factors of their output channels: of columns, or of
// rows if the weights are the transpose.
func (p panels) pack(lanes int, weights, factor, to []float32) {
	p.each(func(at, width, column, columns int) {
		from, by := p.begin(column, factor)
		p.packPanel(lanes, width, columns, weights[from:], by, to[at:])
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

// vectors is n values filled up to whole vectors.
func vectors(n, lanes int) int { return (n + lanes - 1) / lanes * lanes }

// factors are what a BatchNorm multiplies each channel by; nil without one.
func factors(values map[string][]float32, norm string) []float32 {
	if norm == "" {
		return nil
	}
	factor, _ := effnet.BatchNormOf(values, norm)
	out := make([]float32, len(factor))
	narrow(factor, out)
	return out
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

// way is a panel's way back.
type way struct {
	gather                     int // its number
	at, width, column, columns int
}

// ways are those of all panels.
func ways(gathers []gather) []way {
	var all []way
	for i, g := range gathers {
		g.each(func(at, width, column, columns int) { all = append(all, way{i, g.at + at, width, column, columns}) })
	}
	return all
}
