// Package cores does independent work in parallel on all cores.
//
//	err := cores.Each(ctx, len(files), func(i int) error { return look(files[i]) })
//	cores.Ranges(len(rows), parts, func(_, from, to int) { add(rows[from:to]) })
package cores
