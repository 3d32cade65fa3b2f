package fit

import (
	"fmt"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// Distractors are photos that are trained on, spread over all, none of a held-out product or title, and no more than
// make the search one among fewestSearched.
func TestDistractors(t *testing.T) {
	t.Parallel()
	var photos []catalog.Photo
	var train []int
	for i := range 2000 {
		photos = append(photos, catalog.Photo{ID: fmt.Sprint(i), Product: fmt.Sprint("p", i/4), Title: fmt.Sprint("t", i/8)})
		if i >= 80 {
			train = append(train, i)
		}
	}
	held := []int{0, 1, 2, 3, 800}
	tr := &training{fitting: &fitting{}}
	d := tr.distractors(photos, train, photos, held)
	if len(d.ids) != fewestSearched-len(held) || d.photos[0] > 100 || d.photos[len(d.photos)-1] < 1900 {
		t.Errorf("%d distractors from %d to %d", len(d.ids), d.photos[0], d.photos[len(d.photos)-1])
	}
	for k, i := range d.photos {
		if p := photos[i]; i < 80 || p.Product == "p200" || p.Title == "t100" || p.ID != d.ids[k] {
			t.Errorf("distractor %s is %+v", d.ids[k], p)
		}
	}
	for id, others := range d.byTitle {
		if len(others) < 1 || len(others) > 7 {
			t.Errorf("%s shares its title with %v", id, others)
		}
	}
	if len(d.byProduct) < len(d.ids)/2 {
		t.Errorf("only %d of %d distractors have another one of their product", len(d.byProduct), len(d.ids))
	}
	if d = tr.distractors(photos, train[:300], photos, train[:fewestSearched]); len(d.ids) > 0 {
		t.Errorf("%d distractors beside as many held-out photos", len(d.ids))
	}
	none := []catalog.Photo{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	if d = tr.distractors(none, []int{1, 2}, none, []int{0}); len(d.ids) != 2 {
		t.Errorf("of photos without names %d are distractors, not 2", len(d.ids))
	}
}
