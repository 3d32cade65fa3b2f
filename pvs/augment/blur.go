package augment

import "math"

// leastSigma is the standard deviation in pixels below which a Gaussian is one pixel.
const leastSigma = 0.2

// gaussian returns the weights from the middle outwards; they reach over 2.5 standard deviations and sum to 1.
func gaussian(sigma float64) []float32 {
	w := make([]float32, 1+int(math.Ceil(2.5*sigma)))
	sum := 0.0
	at := func(i int) float64 { return math.Exp(-float64(i*i) / (2 * sigma * sigma)) }
	for i := range w {
		sum += at(i)
		if i > 0 {
			sum += at(i)
		}
	}
	for i := range w {
		w[i] = float32(at(i) / sum)
	}
	return w
}

// blur is a separable Gaussian; at the edges the outermost pixels are repeated.
func blur(image []float32, size int, sigma float64, ws *workspace) {
	w := gaussian(sigma)
	reach, n := len(w)-1, 3*size
	ws.blur = grown(ws.blur, n*size+n+6*reach)
	across, line := ws.blur[:n*size], ws.blur[n*size:]
	for y := range size {
		row := image[y*n:][:n]
		copy(line[3*reach:], row)
		for i := range reach {
			copy(line[3*i:], row[:3])
			copy(line[3*(reach+size+i):], row[n-3:])
		}
		out := across[y*n:][:n]
		weigh(out, line[3*reach:][:n], w[0])
		for i := 1; i <= reach; i++ {
			addPair(out, line[3*(reach-i):][:n], line[3*(reach+i):][:n], w[i])
		}
	}
	for y := range size {
		out := image[y*n:][:n]
		weigh(out, across[y*n:][:n], w[0])
		for i := 1; i <= reach; i++ {
			addPair(out, across[max(0, y-i)*n:][:n], across[min(size-1, y+i)*n:][:n], w[i])
		}
	}
}

func weigh(out, in []float32, w float32) {
	in = in[:len(out)]
	for i := range out {
		out[i] = w * in[i]
	}
}

func addPair(out, a, b []float32, w float32) {
	a, b = a[:len(out)], b[:len(out)]
	for i := range out {
		out[i] += w * (a[i] + b[i])
	}
}
