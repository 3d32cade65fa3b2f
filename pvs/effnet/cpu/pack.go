package cpu

import "github.com/gopvs/product-visual-search/pvs/effnet"

// stemPatch is how many values the stem's kernel covers: 3 x 3 pixels of 3 colours.
const stemPatch = 27

// panels is the packed layout of a matrix [rows, columns]: panels of some columns, each with all rows, one after the
// other. Rows and columns that only pad it are zeros.
type panels struct {
	rows, columns int
	widths        []int // of the panels, in columns
	filled        int   // rows, with padding
	transposed    bool  // the weights are [columns, rows]
	interleaved   bool  // of two rows their first columns lie side by side, then the second
}

// channelPanels is the channel layout of cpu.h: panels of two vectors of so many lanes, and one at the end.
func channelPanels(rows, columns, lanes int) panels { return cut(rows, columns, lanes, 2) }

// matrixPanels is the matrix layout of cpu.h: panels of two vectors, and three or one at the end.
func matrixPanels(rows, columns, lanes int) panels { return cut(rows, columns, lanes, 3) }

// cut makes panels of two vectors; the last one has what is left, at most so many.
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

// ofTranspose is the layout where the unpacked weights are the transpose.
func (p panels) ofTranspose() panels {
	p.transposed = true
	return p
}

// fill is the layout with so many rows, zeros behind the matrix's.
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

// begin is where a panel's first column is in the unpacked weights, and the factors from there on; nil: 1.
func (p panels) begin(column int, factor []float32) (int, []float32) {
	switch {
	case p.transposed:
		return column * p.rows, factor
	case factor == nil:
		return column, nil
	}
	return column, factor[column:]
}

// stride is how many unpacked values are from a row of the matrix to the next, or from a column if they are the
// transpose.
func (p panels) stride() int {
	if p.transposed {
		return p.rows
	}
	return p.columns
}

// pack packs weights, multiplied by the factors of their output channels: of columns, or of rows if the weights are
// the transpose.
func (p panels) pack(lanes int, weights, factor, to []float32) {
	p.each(func(at, width, column, columns int) {
		from, by := p.begin(column, factor)
		p.packPanel(lanes, width, columns, weights[from:], by, to[at:])
	})
	if p.interleaved {
		p.interleave(to)
	}
}

// interleave interleaves pairs of rows of each panel.
func (p panels) interleave(x []float32) {
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

// vectors is n values padded to whole vectors.
func vectors(n, lanes int) int { return (n + lanes - 1) / lanes * lanes }

// factors are the scales of a BatchNorm's channels; nil without one.
func factors(values map[string][]float32, norm string) []float32 {
	if norm == "" {
		return nil
	}
	factor, _ := effnet.BatchNormOf(values, norm)
	out := make([]float32, len(factor))
	toFloat32(factor, out)
	return out
}

func toFloat32(x []float64, to []float32) {
	for i, v := range x {
		to[i] = float32(v)
	}
}

// packedWeight is a weight that trains, whose packed gradients begin at index at of the sums.
type packedWeight struct {
	name string
	norm string // the BatchNorm folded into it; "": none
	at   int
	panels
}

// weightPanel is a panel of a weight that trains.
type weightPanel struct {
	weight                     int // its index
	at, width, column, columns int
}

// weightPanels are all panels of all weights.
func weightPanels(packedWeights []packedWeight) []weightPanel {
	var all []weightPanel
	for i, g := range packedWeights {
		g.each(func(at, width, column, columns int) {
			all = append(all, weightPanel{i, g.at + at, width, column, columns})
		})
	}
	return all
}
