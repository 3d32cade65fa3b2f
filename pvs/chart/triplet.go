package chart

import (
	"cmp"
	"fmt"
	"slices"
)

// Triplet is a picture of what a triplet loss compares: an anchor's distances as a
// line, its positive, the margin behind it, and its negatives.
type Triplet struct {
	Title, XLabel    string // XLabel: of the distances
	Anchor, Positive Photo
	ToPositive       float64
	Margin           float64
	Negatives        []Distant
	Chosen           int // the index in Negatives of the one that the loss takes
}

// Distant is a photo at a distance from the anchor.
type Distant struct {
	Photo
	Distance float64
}

// Sizes of the picture in units.
const (
	tripletWidth  = 960.0
	tripletHeight = 560.0
	tripletLine   = 262.0 // where the line of distances lies
	tripletLanes  = 2     // of negatives' photos below it
	tripletPhoto  = 64.0
)

// check says what cannot be drawn.
func (t Triplet) check() error {
	if len(t.Negatives) == 0 || t.Chosen < 0 || t.Chosen >= len(t.Negatives) {
		return fmt.Errorf("the triplet has %d negatives, of which number %d cannot be the chosen one",
			len(t.Negatives), t.Chosen)
	}
	for _, n := range t.Negatives {
		if !finite(n.Distance, t.ToPositive, t.Margin) || n.Distance < 0 || t.ToPositive < 0 || t.Margin < 0 {
			return fmt.Errorf("the distances %g and %g and the margin %g of the triplet must be numbers from 0 on",
				t.ToPositive, n.Distance, t.Margin)
		}
	}
	return nil
}

// PNG draws the triplet as a picture.
func (t Triplet) PNG(path string) error {
	if err := t.check(); err != nil {
		return err
	}
	return drawing{width: tripletWidth, height: tripletHeight, draw: func(p pen) { t.draw(p.(*canvas)) }}.png(path)
}

// zone is a stretch of the line with one kind of negatives.
type zone struct {
	name     string
	from, to float64
	hue      hue
}

func (t Triplet) zones(end float64) []zone {
	limit := min(end, t.ToPositive+t.Margin)
	return []zone{
		{"hard", 0, min(end, t.ToPositive), hues[4]},
		{"semi-hard", min(end, t.ToPositive), limit, hues[2]},
		{"easy", limit, end, hues[0]},
	}
}

func (t Triplet) draw(c *canvas) {
	end := t.ToPositive
	for _, n := range t.Negatives {
		end = max(end, n.Distance)
	}
	end = max(end, min(t.ToPositive+t.Margin, 2)) * 1.06
	x := axis{lo: 0, hi: end, from: 190, to: tripletWidth - 36}
	c.text(left, 46, t.Title, 24, true, ink, tripletWidth-2*left)
	chosen := t.Negatives[t.Chosen]
	cost := max(0, t.Margin+t.ToPositive-chosen.Distance)
	formula := fmt.Sprintf("cost = max(0, margin + d(anchor, positive) - d(anchor, negative)) = max(0, %.2f + %.3f - "+
		"%.3f) = %.3f",
		t.Margin, t.ToPositive, chosen.Distance, cost)
	c.text(left, 72, formula, 13.5, false, grey, tripletWidth-2*left)

	for _, z := range t.zones(end) {
		x0, x1 := x.at(z.from), x.at(z.to)
		if x1-x0 < 1 {
			continue
		}
		fill := guide
		if z.name != "easy" {
			fill = z.hue.tint
		}
		c.box(x0, tripletLine-13, x1-x0, 26, 3, fill)
		if w := c.faces.width(z.name, 13, true); w+8 < x1-x0 {
			c.text((x0+x1)/2-w/2, tripletLine+4.5, z.name, 13, true, z.hue.full, 0)
		}
	}
	t.marginRule(c, x)
	t.anchor(c)
	t.positive(c, x)
	for i, n := range t.Negatives {
		at := x.at(n.Distance)
		c.line(1.2, t.hueOf(n.Distance).full, [2]float64{at, tripletLine + 13}, [2]float64{at, tripletLine + 20})
		if i == t.Chosen {
			disc(c, at, tripletLine+20, 5, ink)
		}
	}
	t.negatives(c, x)
	bottom := tripletHeight - 46
	for _, tick := range x.ticks(8) {
		c.line(1, faint, [2]float64{x.at(tick.value), bottom}, [2]float64{x.at(tick.value), bottom + 6})
		c.write(label{x.at(tick.value), bottom + 20, tick.text, 12, false, grey, middle})
	}
	c.line(1, baseline, [2]float64{x.from, bottom}, [2]float64{x.to, bottom})
	c.write(label{(x.from + x.to) / 2, bottom + 38, t.XLabel, 13, false, grey, middle})
}

// hueOf is the colour of a negative's zone.
func (t Triplet) hueOf(distance float64) hue {
	switch {
	case distance <= t.ToPositive:
		return hues[4]
	case distance < t.ToPositive+t.Margin:
		return hues[2]
	}
	return hues[0]
}

// marginRule draws the margin as a measure above the line.
func (t Triplet) marginRule(c *canvas, x axis) {
	from, to := x.at(t.ToPositive), min(x.to, x.at(t.ToPositive+t.Margin))
	if to-from < 2 {
		return
	}
	const y = tripletLine - 26
	c.line(1.6, hues[2].full, [2]float64{from, y}, [2]float64{to, y})
	for _, at := range []float64{from, to} {
		c.line(1.6, hues[2].full, [2]float64{at, y - 5}, [2]float64{at, y + 5})
	}
	text := fmt.Sprintf("margin %.2f", t.Margin)
	c.text(min(to+8, x.to-c.faces.width(text, 13, true)), y-9, text, 13, true, hues[2].full, 0)
}

func (t Triplet) anchor(c *canvas) {
	const big = 116.0
	y := tripletLine - big/2
	m := t.Anchor.thumbnail(int(big * scale))
	c.box(left-4, y-4, big+8, big+8, 9, ink)
	c.picture(left, y, big, 6, m)
	c.text(left, y-14, "anchor", 14, true, ink, 0)
	c.text(left, y+big+22, t.Anchor.Category, 12, false, grey, big+20)
}

func (t Triplet) positive(c *canvas, x axis) {
	const size, y = 88.0, 112.0
	at := x.at(t.ToPositive)
	left := min(max(at-size/2, x.from), x.to-size)
	c.line(2, green, [2]float64{at, y + size}, [2]float64{at, tripletLine + 13})
	m := t.Positive.thumbnail(int(size * scale))
	c.box(left-4, y-4, size+8, size+8, 9, green)
	c.picture(left, y, size, 6, m)
	c.tick(left+size-11, y+size-11)
	c.text(left+size+10, y+14, "positive", 14, true, green, 0)
	c.text(left+size+10, y+32, fmt.Sprintf("d = %.3f", t.ToPositive), 12.5, false, ink, 0)
}

// negatives draws the photos of as many negatives as fit beside each other: the chosen one first, then the nearest.
func (t Triplet) negatives(c *canvas, x axis) {
	order := []int{t.Chosen}
	for i := range t.Negatives {
		if i != t.Chosen {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order[1:], func(a, b int) int {
		return cmp.Compare(t.Negatives[a].Distance, t.Negatives[b].Distance)
	})
	var taken [tripletLanes][][2]float64
	for _, i := range order {
		n := t.Negatives[i]
		at := x.at(n.Distance)
		left := min(max(at-tripletPhoto/2, x.from), x.to-tripletPhoto)
		overlaps := func(o [2]float64) bool { return left < o[1]+8 && o[0] < left+tripletPhoto+8 }
		for lane := range taken {
			if slices.ContainsFunc(taken[lane], overlaps) {
				continue
			}
			y := tripletLine + 46 + float64(lane)*(tripletPhoto+30)
			width := tripletPhoto
			if i == t.Chosen {
				width += 22 // for the word below it
			}
			taken[lane] = append(taken[lane], [2]float64{left, left + width})
			t.negative(c, n, i == t.Chosen, at, left, y)
			break
		}
	}
}

// negative draws a photo with its left upper corner at (left, y) and a line from it to the distance's position.
func (t Triplet) negative(c *canvas, n Distant, chosen bool, at, left, y float64) {
	stroke, frame, h := 1.0, 2.0, t.hueOf(n.Distance).full
	if chosen {
		stroke, frame, h = 2.4, 4, ink
	}
	if chosen || y < tripletLine+60 { // photos of the second lane would be crossed
		c.line(stroke, h, [2]float64{at, tripletLine + 20}, [2]float64{at, y})
	}
	m := n.thumbnail(int(tripletPhoto * scale))
	c.box(left-frame, y-frame, tripletPhoto+2*frame, tripletPhoto+2*frame, 6+frame/2, h)
	c.picture(left, y, tripletPhoto, 5, m)
	text := fmt.Sprintf("%.3f", n.Distance)
	if chosen {
		text = "chosen " + text
	}
	c.text(left, y+tripletPhoto+15, text, 11.5, chosen, ink, 0)
}
