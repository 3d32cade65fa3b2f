package check

import (
	"context"
	"errors"
	"math"
	"runtime"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// Limits of the class model.
const (
	covarianceSample = 20_000 // rows from which the covariance within categories is estimated, at most
	shrinkage        = 0.3    // of the mean variance, added to each: fewer rows than dimensions are enough
	minMembers       = 3      // photos of a category that takes part
	rowsPerBlock     = 128
)

// classes is a classifier of categories: a linear discriminant (Fisher 1936) with shrunk
// covariance, on centred unit vectors. It classifies a photo without the photo's own
// contribution to the mean of its category (leave-one-out).
type classes struct {
	dim       int
	mean      []float64
	names     []catalog.Category
	of        map[catalog.Category]int
	count     []float64
	counted   []bool      // rows that are in the means: of several copies of a picture, the first
	means     [][]float64 // whitened
	factor    []float64   // Cholesky factor of the covariance within categories, [dim, dim]
	halfNorm2 []float64   // half the squared length of each mean
}

// learnClasses fits the classifier. It reads the vectors three times and does not hold them in memory.
func learnClasses(ctx context.Context, rows *vectors.Rows, photos []catalog.Photo, groups []int) (*classes, error) {
	c := &classes{dim: rows.Dim, mean: make([]float64, rows.Dim), of: map[catalog.Category]int{},
		counted: make([]bool, len(photos))}
	row := make([]float32, c.dim)
	for i := range photos {
		if err := rows.Read(i, row); err != nil {
			return nil, err
		}
		for d, v := range row {
			c.mean[d] += float64(v) / float64(len(photos))
		}
	}
	seen := map[int]bool{}
	for i, p := range photos {
		if c.counted[i] = p.Category != "" && !seen[groups[i]]; !c.counted[i] {
			continue
		}
		seen[groups[i]] = true
		k, ok := c.of[p.Category]
		if !ok {
			k = len(c.names)
			c.of[p.Category] = k
			c.names, c.count, c.means = append(c.names, p.Category), append(c.count, 0), append(c.means, make([]float64, c.dim))
		}
		x, err := c.centred(rows, i, row)
		if err != nil {
			return nil, err
		}
		c.count[k]++
		for d, v := range x {
			c.means[k][d] += v
		}
	}
	for k, m := range c.means {
		for d := range m {
			m[d] /= c.count[k]
		}
	}
	if err := c.learnCovariance(ctx, rows, photos); err != nil {
		return nil, err
	}
	for _, m := range c.means {
		c.whiten(m)
		c.halfNorm2 = append(c.halfNorm2, dot(m, m)/2)
	}
	return c, nil
}

// centred reads a row, subtracts the mean and scales the difference to unit length.
func (c *classes) centred(rows *vectors.Rows, i int, row []float32) ([]float64, error) {
	if err := rows.Read(i, row); err != nil {
		return nil, err
	}
	x := make([]float64, c.dim)
	for d, v := range row {
		x[d] = float64(v) - c.mean[d]
	}
	if length := math.Sqrt(dot(x, x)); length > 0 {
		for d := range x {
			x[d] /= length
		}
	}
	return x, nil
}

// learnCovariance computes the Cholesky factor of the covariance within categories.
func (c *classes) learnCovariance(ctx context.Context, rows *vectors.Rows, photos []catalog.Photo) error {
	s := make([]float64, c.dim*c.dim) // the lower triangle is used
	step := max(1, len(photos)/covarianceSample)
	row := make([]float32, c.dim)
	n := 0
	var block [][]float64
	flush := func() {
		eachCore(c.dim, func(a int) {
			line := s[a*c.dim : a*c.dim+a+1]
			for _, x := range block {
				for b, v := range x[:a+1] {
					line[b] += x[a] * v
				}
			}
		})
		n, block = n+len(block), block[:0]
	}
	for i := 0; i < len(photos); i += step {
		if !c.counted[i] {
			continue
		}
		x, err := c.centred(rows, i, row)
		if err != nil {
			return err
		}
		for d, m := range c.means[c.of[photos[i].Category]] {
			x[d] -= m
		}
		if block = append(block, x); len(block) == rowsPerBlock {
			if err := ctx.Err(); err != nil {
				return err
			}
			flush()
		}
	}
	flush()
	trace := 0.0
	for d := range c.dim {
		trace += s[d*c.dim+d]
	}
	if n == 0 || trace == 0 {
		return errors.New("the vectors within each category are all equal")
	}
	for i := range s {
		s[i] /= float64(n)
	}
	for d := range c.dim {
		s[d*c.dim+d] += shrinkage * trace / float64(n*c.dim)
	}
	c.factor = s
	return cholesky(s, c.dim)
}

// cholesky replaces the lower triangle of a symmetric matrix by its Cholesky factor.
func cholesky(s []float64, n int) error {
	for j := range n {
		row := s[j*n : j*n+j]
		d := s[j*n+j] - dot(row, row)
		if d <= 0 || math.IsNaN(d) {
			return errors.New("the covariance within categories is not positive definite")
		}
		d = math.Sqrt(d)
		s[j*n+j] = d
		eachCore(n-j-1, func(k int) {
			i := j + 1 + k
			s[i*n+j] = (s[i*n+j] - dot(s[i*n:i*n+j], row)) / d
		})
	}
	return nil
}

// whiten solves factor * y = x in place: Euclidean distances of the results are Mahalanobis distances.
func (c *classes) whiten(x []float64) {
	for i := range x {
		x[i] = (x[i] - dot(c.factor[i*c.dim:i*c.dim+i], x[:i])) / c.factor[i*c.dim+i]
	}
}

// verdict is the best category for a photo but its own.
type verdict struct {
	other  catalog.Category
	margin float64 // log-odds against its own category; -Inf where it is not classified
}

// judge classifies a row by the categories with enough members.
func (c *classes) judge(rows *vectors.Rows, i int, own catalog.Category, row []float32) (verdict, error) {
	none := verdict{margin: math.Inf(-1)}
	k, ok := c.of[own]
	if !ok || c.count[k] < minMembers {
		return none, nil
	}
	x, err := c.centred(rows, i, row)
	if err != nil {
		return none, err
	}
	c.whiten(x)
	// Its own category's mean without it, m' = (n m - x) / (n - 1).
	at, length, n := dot(x, c.means[k]), 2*c.halfNorm2[k], c.count[k]
	score := at - length/2
	if c.counted[i] {
		square := dot(x, x)
		score = (n*at-square)/(n-1) - (n*n*length-2*n*at+square)/(2*(n-1)*(n-1))
	}
	best := verdict{margin: math.Inf(-1)}
	for j, m := range c.means {
		if j == k || c.count[j] < minMembers {
			continue
		}
		if v := dot(x, m) - c.halfNorm2[j] - score; v > best.margin {
			best = verdict{c.names[j], v}
		}
	}
	return best, nil
}

// judgeAll classifies every photo, on all cores.
func (c *classes) judgeAll(ctx context.Context, rows *vectors.Rows, photos []catalog.Photo,
	progress func(done, total int)) ([]verdict, error) {
	out := make([]verdict, len(photos))
	for from := 0; from < len(photos); from += rowsPerBlock {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(rowsPerBlock, len(photos)-from)
		errs := make([]error, n)
		eachCore(n, func(k int) {
			out[from+k], errs[k] = c.judge(rows, from+k, photos[from+k].Category, make([]float32, c.dim))
		})
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(from+n, len(photos))
		}
	}
	return out, nil
}

// dot is the inner product, with four independent sums that the processor computes in parallel.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + s2 + s3
}

// eachCore calls work for 0..n, interleaved over the cores.
func eachCore(n int, work func(i int)) {
	cores := min(runtime.GOMAXPROCS(0), n/32+1) // a few are not worth a goroutine
	var wait sync.WaitGroup
	for first := 1; first < cores; first++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := first; i < n; i += cores {
				work(i)
			}
		}()
	}
	for i := 0; i < n; i += max(1, cores) {
		work(i)
	}
	wait.Wait()
}
