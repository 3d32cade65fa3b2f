package search

// plainGo computes inner products in pure Go, without a backend.
type plainGo struct {
	dim    int
	height int // rows of a tile, at most
}

// inGo is one search's queries in pure Go.
type inGo struct {
	plainGo
	queries []float32
	width   int // queries of a tile
	data    []float32
	nr      int
	buffers chan []float32 // for scores: one tile is computed while the one before is read
}

func (p plainGo) begin(queries []float32, tile int) (products, error) {
	s := &inGo{plainGo: p, queries: queries, width: tile, buffers: make(chan []float32, 2)}
	for range cap(s.buffers) {
		s.buffers <- make([]float32, min(tile, len(queries)/p.dim)*p.height)
	}
	return s, nil
}

func (s *inGo) rows(data []float32, nr int) error {
	s.data, s.nr = data, nr
	return nil
}

func (s *inGo) tile(t int) (scores, error) {
	step := s.width * s.dim
	queries := s.queries[t*step : min((t+1)*step, len(s.queries))]
	flat, nr := <-s.buffers, s.nr
	s.multiply(queries, len(queries)/s.dim, s.data, nr, flat)
	return func(use func(flat []float32, stride int)) error {
		use(flat, nr)
		s.buffers <- flat
		return nil
	}, nil
}

func (s *inGo) end() {}

// multiply computes inner products of a query with four rows at a time (register
// blocking): each value of the query is loaded once for four rows.
func (p plainGo) multiply(queries []float32, nq int, rows []float32, nr int, scores []float32) {
	parallel(nr, func(from, to int) {
		r := from
		for ; r+4 <= to; r += 4 {
			for q := range nq {
				p.dot4(queries[q*p.dim:(q+1)*p.dim], rows[r*p.dim:(r+4)*p.dim], scores[q*nr+r:q*nr+r+4])
			}
		}
		for ; r < to; r++ {
			for q := range nq {
				scores[q*nr+r] = dot(queries[q*p.dim:(q+1)*p.dim], rows[r*p.dim:(r+1)*p.dim])
			}
		}
	})
}

// dot4 is dot for four rows. It adds in the same order as dot, so that equal vectors have
// exactly equal scores in any row.
func (p plainGo) dot4(q, rows, out []float32) {
	d := p.dim
	a, b, c, e := rows[:d], rows[d:2*d], rows[2*d:3*d], rows[3*d:4*d]
	var a0, a1, b0, b1, c0, c1, e0, e1 float32
	i := 0
	for ; i+2 <= d; i += 2 {
		x, y := q[i], q[i+1]
		a0 += x * a[i]
		a1 += y * a[i+1]
		b0 += x * b[i]
		b1 += y * b[i+1]
		c0 += x * c[i]
		c1 += y * c[i+1]
		e0 += x * e[i]
		e1 += y * e[i+1]
	}
	if i < d {
		a0 += q[i] * a[i]
		b0 += q[i] * b[i]
		c0 += q[i] * c[i]
		e0 += q[i] * e[i]
	}
	out[0], out[1], out[2], out[3] = a0+a1, b0+b1, c0+c1, e0+e1
}

// dot is the inner product.
func dot(x, y []float32) float32 {
	var s0, s1 float32
	i := 0
	for ; i+2 <= len(x); i += 2 {
		s0 += x[i] * y[i]
		s1 += x[i+1] * y[i+1]
	}
	if i < len(x) {
		s0 += x[i] * y[i]
	}
	return s0 + s1
}
