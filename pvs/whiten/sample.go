package whiten

import "slices"

// leastOfClass is how many photos of a class are taken at least, where it has as many.
const leastOfClass = 4

// spread are at most limit rows, evenly over n.
func spread(n, limit int) []int {
	limit = min(n, limit)
	rows := make([]int, limit)
	for i := range rows {
		rows[i] = int(int64(i) * int64(n) / int64(limit))
	}
	return rows
}

// Sample are at most limit rows to learn on, of vectors with these classes (below 0: none), in order. Of many rows it
// takes classes together, as what differs within a class is seen in two of its rows or more: rows spread evenly over
// 100,000 products would hardly ever be of the same one. Rows of classes of their own fill what is left.
func Sample(classes []int32, limit int) []int {
	if len(classes) <= limit {
		return spread(len(classes), limit)
	}
	rows := map[int32][]int{}
	var order []int32 // of first rows
	var alone []int
	for r, c := range classes {
		if c < 0 {
			alone = append(alone, r)
			continue
		}
		if rows[c] == nil {
			order = append(order, c)
		}
		rows[c] = append(rows[c], r)
	}
	single := func(c int32) bool { return len(rows[c]) == 1 }
	for _, c := range order {
		if single(c) {
			alone = append(alone, rows[c]...)
		}
	}
	order = slices.DeleteFunc(order, single)
	each, all := max(leastOfClass, limit/max(1, len(order))), 0
	for _, c := range order {
		rows[c] = at(rows[c], spread(len(rows[c]), each))
		all += len(rows[c])
	}
	var out []int
	for _, i := range spread(len(order), len(order)*limit/max(1, all)) {
		if of := rows[order[i]]; len(out)+len(of) <= limit {
			out = append(out, of...)
		}
	}
	out = append(out, at(alone, spread(len(alone), limit-len(out)))...)
	slices.Sort(out)
	return out
}

// at are the values at some places.
func at(values, places []int) []int {
	out := make([]int, len(places))
	for i, p := range places {
		out[i] = values[p]
	}
	return out
}
