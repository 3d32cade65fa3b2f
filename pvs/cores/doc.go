// Package cores spreads independent work over all cores.
//
//	err := cores.Each(ctx, len(files), func(i int) error { return look(files[i]) })
package cores
