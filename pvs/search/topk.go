package search

// top keeps the k best hits of one query as a heap whose root is the worst of them.
type top struct {
	hits []Hit
	k    int
	rank []int32 // rank[row] orders rows of equal score
}

// worse says whether a ranks after b.
func (t *top) worse(a, b Hit) bool {
	if a.Score != b.Score {
		return a.Score < b.Score
	}
	return t.rank[a.Row] > t.rank[b.Row]
}

// threshold is the least score of a row that can still become a hit.
func (t *top) threshold() float32 {
	if len(t.hits) < t.k {
		return -2 // below every cosine
	}
	return t.hits[0].Score
}

// push adds a hit if it is among the k best so far.
func (t *top) push(h Hit) {
	if len(t.hits) < t.k {
		t.hits = append(t.hits, h)
		for i := len(t.hits) - 1; i > 0; {
			parent := (i - 1) / 2
			if !t.worse(t.hits[i], t.hits[parent]) {
				break
			}
			t.hits[i], t.hits[parent] = t.hits[parent], t.hits[i]
			i = parent
		}
		return
	}
	if !t.worse(t.hits[0], h) {
		return
	}
	t.hits[0] = h
	t.sink(0, len(t.hits))
}

// sink restores the heap of the first n hits after a change of the one at i (sift down).
func (t *top) sink(i, n int) {
	for {
		child := 2*i + 1
		if child >= n {
			return
		}
		if child+1 < n && t.worse(t.hits[child+1], t.hits[child]) {
			child++
		}
		if !t.worse(t.hits[child], t.hits[i]) {
			return
		}
		t.hits[i], t.hits[child] = t.hits[child], t.hits[i]
		i = child
	}
}

// sorted returns the hits, best first.
func (t *top) sorted() []Hit {
	for n := len(t.hits) - 1; n > 0; n-- {
		t.hits[0], t.hits[n] = t.hits[n], t.hits[0]
		t.sink(0, n)
	}
	return t.hits
}

// scan pushes a tile's scores; the first row of the tile is base. Most scores are below
// the threshold, so the loop over them does nothing else. A score equal to the threshold
// is pushed too: its id may come first.
func (t *top) scan(scores []float32, base int, skip int) {
	threshold := t.threshold()
	for i, s := range scores {
		if s < threshold {
			continue
		}
		if row := base + i; row != skip {
			t.push(Hit{row, s})
			threshold = t.threshold()
		}
	}
}
