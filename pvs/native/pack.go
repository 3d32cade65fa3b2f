package native

// stemPatch is what the stem's kernel covers: 3 x 3 pixels of 3 colours.
const stemPatch = 27

// matrixPanels are the widths that a product's columns are cut into, in vectors of so many
// lanes: two, and three or one at the end. The last vector may not be full.
func matrixPanels(columns, lanes int) []int {
	var panels []int
	for left := (columns + lanes - 1) / lanes; left > 0; {
		n := 2
		if left == 1 || left == 3 {
			n = left
		}
		panels = append(panels, n*lanes)
		left -= n
	}
	return panels
}

// depthwisePanels are the widths that a depthwise convolution's channels are cut into: two
// vectors, and one at the end.
func depthwisePanels(channels, lanes int) []int {
	var panels []int
	for left := (channels + lanes - 1) / lanes; left > 0; left -= 2 {
		panels = append(panels, min(2, left)*lanes)
	}
	return panels
}

// pack multiplies the columns of a matrix [rows, columns] by their factors and brings them
// into panels, one after the other, filled up with zeros.
func pack(matrix []float32, rows int, factor []float64, panels []int) []float32 {
	columns, all := len(factor), 0
	for _, n := range panels {
		all += n
	}
	packed := make([]float32, rows*all)
	to, first := packed, 0
	for _, n := range panels {
		for r := range rows {
			for c := first; c < min(first+n, columns); c++ {
				to[c-first] = float32(float64(matrix[r*columns+c]) * factor[c])
			}
			to = to[n:]
		}
		first += n
	}
	return packed
}

// filled returns values as float32, and zeros up to a whole number of vectors.
func filled(x []float64, lanes int) []float32 {
	y := make([]float32, (len(x)+lanes-1)/lanes*lanes)
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
