package teach

const (
	kinWanted = 150 // products of the kin at most
	kinLeft   = 4   // one product of so many is left out of it, for what is measured on products that no fit knows
)

// kin returns the kin of clicks: products of two photos or more that no click speaks of, those nearest to what was
// searched for. What the clicks teach of some products of a family is to hold for these, too.
func (t *teacher) kin(clicks []resolved) (products [][]Photo, err error) {
	seen := map[string]bool{}
	anchors, more := byAnchor(clicks), true
	for rank := 0; more; rank++ {
		more = false
		for _, a := range anchors { // each gives its nearest before any gives a farther one
			near, err := t.nearTo(a.key, a.vector)
			if err != nil {
				return nil, err
			}
			if rank >= len(near) {
				continue
			}
			more = true
			p := near[rank]
			if t.clicked[p.product()] || seen[p.product()] {
				continue
			}
			seen[p.product()] = true
			photos, err := t.photosOf(p)
			if err != nil {
				return nil, err
			}
			if len(photos) > 1 && len(seen)%kinLeft != 0 {
				products = append(products, photos)
			}
			if len(products) == kinWanted {
				return products, nil
			}
		}
	}
	return products, nil
}
