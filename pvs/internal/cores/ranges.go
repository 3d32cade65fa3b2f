package cores

import "context"

// Ranges divides 0 to n-1 into ranges of about the same size, at most n of them, and calls work with the number, the
// begin and the end of each in parallel, as [Each] does.
func Ranges(n, parts int, work func(part, from, to int)) {
	parts = min(parts, n)
	_ = Each(context.Background(), parts, func(i int) error {
		work(i, n*i/parts, n*(i+1)/parts)
		return nil
	})
}
