package native

// stemPatch is what the stem's kernel covers: 3 x 3 pixels of 3 colours.
const stemPatch = 27

// matrixPanels are the widths that a product's columns are cut into: 16, and 24 at the end
// where 8 would be left.
func matrixPanels(columns int) []int {
	var panels []int
	for columns > 0 {
		n := 16
		if columns == 8 || columns == 24 {
			n = columns
		}
		panels = append(panels, n)
		columns -= n
	}
	return panels
}

// depthwisePanels are the widths that a depthwise convolution's channels are cut into.
func depthwisePanels(channels int) []int {
	var panels []int
	for ; channels > 0; channels -= 16 {
		panels = append(panels, min(16, channels))
	}
	return panels
}

// pack multiplies the columns of a matrix [rows, columns] by their factors and brings them
// into panels, one after the other.
func pack(matrix []float32, rows int, factor []float64, panels []int) []float32 {
	columns := len(factor)
	packed := make([]float32, 0, len(matrix))
	first := 0
	for _, n := range panels {
		for r := range rows {
			for c := first; c < first+n; c++ {
				packed = append(packed, float32(float64(matrix[r*columns+c])*factor[c]))
			}
		}
		first += n
	}
	return packed
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
