package chart

import "slices"

// bus is a line above the names from a run to those that start from it.
type bus struct {
	from  int
	to    []int
	level int // from 1, below those that reach over it
}

// buses lie over each other where they share columns. A run that only leads to its
// neighbour needs none.
func buses(columns []column) []bus {
	var out []bus
	for i := range columns {
		b := bus{from: i, level: 1}
		for k, c := range columns {
			if c.parent == i {
				b.to = append(b.to, k)
			}
		}
		if len(b.to) > 0 {
			out = append(out, b)
		}
	}
	reach := func(b bus) int { return b.to[len(b.to)-1] }
	slices.SortStableFunc(out, func(a, b bus) int { return (reach(a) - a.from) - (reach(b) - b.from) })
	for i := range out {
		if reach(out[i]) == out[i].from+1 {
			out[i].level = 0 // a straight line between neighbours
			continue
		}
		for _, lower := range out[:i] {
			if lower.from < reach(out[i]) && out[i].from < reach(lower) {
				out[i].level = max(out[i].level, lower.level+1)
			}
		}
	}
	return out
}

// drawLineage draws which run starts from which, between the panels and the names.
func drawLineage(p pen, columns []column, lineage []bus, names float64) {
	stroke := func(parent, child column, points ...[2]float64) {
		width, ink := 1.4, child.hue.tint
		if child.path {
			width, ink = 2.6, child.hue.full
		}
		p.begin(group{class: "edge", run: child.Name, from: parent.Name})
		p.line(width, ink, points...)
		p.end()
	}
	for _, b := range slices.Backward(lineage) {
		parent := columns[b.from]
		// The final run's line lies over its siblings'.
		slices.SortStableFunc(b.to, func(i, k int) int {
			if columns[i].path == columns[k].path {
				return k - i
			}
			if columns[i].path {
				return 1
			}
			return -1
		})
		for _, i := range b.to {
			child := columns[i]
			if b.level == 0 {
				y := names + pillHeight/2
				stroke(parent, child, [2]float64{parent.x + 22, y}, [2]float64{child.x - 22, y})
				continue
			}
			y := names - 14*float64(b.level)
			stroke(parent, child, [2]float64{parent.x, names}, [2]float64{parent.x, y},
				[2]float64{child.x, y}, [2]float64{child.x, names})
		}
	}
}
