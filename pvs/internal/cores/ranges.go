package cores

import "context"

// Ranges cuts 0 to n-1 into parts of about one size, at most n, and calls work with the number of each
// and where it begins and ends, as [Each] does.
func Ranges(n, parts int, work func(part, from, to int)) {
	parts = min(parts, n)
	_ = Each(context.Background(), parts, func(i int) error {
		work(i, n*i/parts, n*(i+1)/parts)
		return nil
	})
}
