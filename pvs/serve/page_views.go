package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// frame is what all pages show.
type frame struct {
	Title   string // of the whole
	About   string // what this page is about, if it is one thing
	Info    Info
	Query   pageQuery
	Missing []string // what did not answer
	Message string   // what went wrong
}

func (f *frame) without(missing []string) { f.Missing = missing }

// homeView is the page without a search, with a search, or of a category.
type homeView struct {
	frame
	Chips  []chip
	Up     []chip // the category that is chosen and those above it
	Cards  []card
	Strong int // cards that are likely the same product: they come first

	Searched   bool
	Match      bool
	QueryCard  *card   // the photo of the index that was searched for
	Preview    string  // address of the photo that was sent; "": it is not kept any more, or there is none
	More       []aside // photos to be like
	Less       []aside // photos not to be like
	Also       []card  // other photos of the one product that is likely it
	Further    string  // address with more products; "": there are none
	Stages     []Stage
	Candidates int // photos that were compared in full

	Teach *teachPanel // nil: no clicks are kept, or there is no photo to click for
}

// card is a product.
type card struct {
	Photo                  Photo
	Score                  float64
	Strong                 bool
	Said                   *said  // what was clicked on it; nil: no clicks are kept
	Open, Like, Unlike, By string // addresses
}

// chip is a category to choose.
type chip struct {
	Name, URL string
	Photos    int
	Chosen    bool
}

// aside is a photo that the search is moved by.
type aside struct {
	Photo  Photo
	Remove string
}

// chipsInSight is how many categories are shown at first.
const chipsInSight = 12

// First are the categories that are shown at first; one that would be left over alone is among them.
func (v *homeView) First() []chip {
	if len(v.Chips) <= chipsInSight+1 {
		return v.Chips
	}
	return v.Chips[:chipsInSight]
}

// Others are the categories after them.
func (v *homeView) Others() []chip { return v.Chips[len(v.First()):] }

func cardOf(h Hit, q pageQuery) card {
	id := h.Photo.ID
	return card{Photo: h.Photo, Score: h.Score, Open: q.Product(id), Like: q.Like(id).URL(),
		Unlike: q.Unlike(id).URL(), By: q.For(id).URL()}
}

// home answers GET /.
func (s *Server) home(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, "home", func(v *view, q pageQuery) (any, error) {
		out, err := s.homeView(r.Context(), v, q)
		if err == nil && out.Teach != nil {
			out.Teach.Who = nameOf(r)
		}
		return out, err
	})
}

// page shows what a page's function makes of its query, on one state of the index.
func (s *Server) page(w http.ResponseWriter, r *http.Request, name string, of func(*view, pageQuery) (any, error)) {
	q, err := pageQueryOf(r.URL.Query())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	v, err := s.view()
	if err != nil {
		s.failed(w, r, err)
		return
	}
	defer v.end()
	view, err := of(v, q)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	if f, ok := view.(interface{ without([]string) }); ok { // known once all was asked
		f.without(missingOf(v.Snapshot))
	}
	s.show(w, r, http.StatusOK, name, view)
}

func (s *Server) frame(v *view, q pageQuery) frame {
	f := frame{Title: s.opts.Title, Info: v.Info(), Query: q}
	if f.Title == "" {
		f.Title = f.Info.Name
	}
	return f
}

func (s *Server) homeView(ctx context.Context, v *view, q pageQuery) (*homeView, error) {
	out := &homeView{frame: s.frame(v, q), Searched: q.Searches()}
	fields, err := filters(q.Filter)
	if err != nil {
		return nil, err
	}
	if !out.Searched {
		if out.Cards, err = s.browse(ctx, v, q, fields); err != nil {
			return nil, err
		}
		return out, s.chips(ctx, v, out)
	}
	a, err := s.find(ctx, v, search{id: q.ID, link: q.Link, crop: q.Crop, k: q.K, category: q.Category, fields: fields,
		more: q.More, less: q.Less, taught: q.Taught})
	if err != nil {
		return nil, err
	}
	out.Info = a.info
	out.Candidates, out.Match, out.Stages = a.candidates, a.match, a.stages
	for _, h := range a.products {
		c := cardOf(h, q)
		if c.Strong = a.info.likely(h.Score); c.Strong {
			out.Strong++
		}
		out.Cards = append(out.Cards, c)
	}
	if out.Teach, err = s.teachPanel(ctx, v, q, a, out.Cards); err != nil {
		return nil, err
	}
	if out.Strong == 1 {
		if out.Also, err = also(ctx, v, q, out.Cards[0].Photo); err != nil {
			return nil, err
		}
	}
	if len(a.products) == q.K && q.K < MaxK {
		out.Further = q.Further().URL()
	}
	if a.query != nil {
		c := cardOf(Hit{Photo: *a.query, Score: 1}, q)
		out.QueryCard = &c
	}
	if name := previewOf(q.Link); q.Link != "" {
		if _, kept := s.previews.get(name); kept {
			out.Preview = "/preview?of=" + name
		}
	}
	if out.More, err = asides(ctx, v, q, q.More); err != nil {
		return nil, err
	}
	if out.Less, err = asides(ctx, v, q, q.Less); err != nil {
		return nil, err
	}
	return out, s.chips(ctx, v, out)
}

// also lists a few more photos of a photo's product.
func also(ctx context.Context, v *view, q pageQuery, shown Photo) (cards []card, err error) {
	if shown.Product == "" {
		return nil, nil
	}
	photos, err := v.Product(ctx, shown.Product)
	if err != nil {
		return nil, err
	}
	for _, p := range photos {
		if p.ID != shown.ID && len(cards) < 3 {
			cards = append(cards, cardOf(Hit{Photo: p}, q))
		}
	}
	return cards, nil
}

func asides(ctx context.Context, v *view, q pageQuery, ids []string) (list []aside, err error) {
	for _, id := range ids {
		p, err := v.Photo(ctx, id)
		if err != nil {
			return nil, err
		}
		list = append(list, aside{p, q.Neither(id).URL()})
	}
	return list, nil
}

// browse shows products without a search: of each category one, or those of the one that is chosen. Which ones is
// as good as random, and the same for all who look at the same state of the index.
func (s *Server) browse(ctx context.Context, v *view, q pageQuery, fields map[string]string) ([]card, error) {
	info := v.Info()
	if info.Photos == 0 {
		return nil, nil
	}
	rng := rand.New(rand.NewPCG(info.State, 0))
	direction := make([]float32, info.Dim)
	for i := range direction {
		direction[i] = float32(rng.NormFloat64())
	}
	if err := unit(direction); err != nil {
		return nil, err
	}
	look := func(category string, k int) ([]Hit, error) {
		found, err := v.Search(ctx, Query{Vector: direction, K: k, Category: category, Fields: fields})
		return found.Products, err
	}
	first := q.Category == "" && len(fields) == 0
	hits, known := s.wall.of(v.live, info.State)
	if !first || !known {
		hits = nil
		if first {
			categories, err := v.Categories(ctx)
			if err != nil {
				return nil, err
			}
			if hits, err = oneOfEach(categories, rng, look); err != nil {
				return nil, err
			}
		}
		if len(hits) < pageK {
			more, err := look(q.Category, q.K)
			if err != nil {
				return nil, err
			}
			hits = distinct(hits, more, max(q.K, pageK))
		}
		if first && missingOf(v.Snapshot) == nil {
			s.wall.keep(v.live, info.State, hits)
		}
	}
	var cards []card
	for _, h := range hits {
		c := cardOf(h, q)
		c.Open = pageQuery{Category: q.Category}.Product(h.Photo.ID)
		cards = append(cards, c)
	}
	return cards, nil
}

// oneOfEach finds a product of each of some categories.
func oneOfEach(list []Category, rng *rand.Rand, look func(string, int) ([]Hit, error)) (hits []Hit, err error) {
	for _, i := range rng.Perm(len(list)) {
		if len(hits) == pageK {
			break
		}
		if isLeaf(list, i) {
			one, err := look(list[i].Path, 1)
			if err != nil {
				return nil, err
			}
			hits = append(hits, one...)
		}
	}
	return hits, nil
}

// wall remembers what the first page shows of a state, which takes two dozen searches.
type wall struct {
	mu    sync.Mutex
	live  *live
	state uint64
	hits  []Hit
}

func (w *wall) of(l *live, state uint64) ([]Hit, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits, w.live == l && w.state == state
}

func (w *wall) keep(l *live, state uint64, hits []Hit) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.live, w.state, w.hits = l, state, hits
}

// isLeaf says whether no other category of the list lies below.
func isLeaf(list []Category, i int) bool {
	return i+1 == len(list) || !strings.HasPrefix(list[i+1].Path, list[i].Path+" > ")
}

// distinct adds hits of products that are not among those there are, up to n.
func distinct(hits, more []Hit, n int) []Hit {
	seen := map[string]bool{}
	for _, h := range hits {
		seen[h.Photo.standsFor()] = true
	}
	for _, h := range more {
		if len(hits) < n && !seen[h.Photo.standsFor()] {
			seen[h.Photo.standsFor()] = true
			hits = append(hits, h)
		}
	}
	return hits
}

// chips are the categories below the chosen one; those of the products that were found come first.
func (s *Server) chips(ctx context.Context, v *view, out *homeView) error {
	categories, err := v.Categories(ctx)
	if err != nil {
		return err
	}
	chosen := out.Query.Category
	prefix := ""
	if chosen != "" {
		names := levels(chosen)
		for i := range names {
			up := strings.Join(names[:i], " > ")
			out.Up = append(out.Up, chip{Name: names[i], URL: out.Query.In(up).URL(), Chosen: i == len(names)-1})
		}
		prefix = chosen + " > "
	}
	below := map[string]*chip{}
	var order []string
	add := func(path string) *chip {
		rest, ok := strings.CutPrefix(path, prefix)
		if !ok || path == "" {
			return nil
		}
		name := levels(rest)[0]
		c := below[name]
		if c == nil {
			c = &chip{Name: name, URL: out.Query.In(prefix + name).URL()}
			below[name] = c
			order = append(order, name)
		}
		return c
	}
	if out.Searched {
		for _, c := range out.Cards {
			add(c.Photo.Category)
		}
	}
	for _, c := range categories {
		if at := add(c.Path); at != nil && c.Path == prefix+at.Name {
			at.Photos = c.Photos
		}
	}
	for _, name := range order {
		out.Chips = append(out.Chips, *below[name])
	}
	return nil
}

// productView is a product with all of its photos.
type productView struct {
	frame
	Photo    Photo // that is shown large
	Photos   []scored
	Score    float64 // of the shown photo; 0: nothing was searched for
	Best     bool    // whether the shown photo is the product's nearest
	Searched bool
	Preview  string
	QueryID  string
	Card     card
	Back     string
	Fields   [][2]string
}

type scored struct {
	Photo Photo
	Score float64
	URL   string
	Shown bool
}

// product answers GET /product?photo=ID, with the search that led there.
func (s *Server) product(w http.ResponseWriter, r *http.Request) {
	s.page(w, r, "product", func(v *view, q pageQuery) (any, error) {
		return s.productView(r.Context(), v, q, r.URL.Query().Get("photo"))
	})
}

func (s *Server) productView(ctx context.Context, v *view, q pageQuery, id string) (*productView, error) {
	p, err := v.Photo(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &productView{frame: s.frame(v, q), Photo: p, Back: q.URL(), Card: cardOf(Hit{Photo: p}, q)}
	out.About = cmp.Or(p.Title, p.Product, p.ID)
	for _, name := range slices.Sorted(maps.Keys(p.Fields)) {
		out.Fields = append(out.Fields, [2]string{name, p.Fields[name]})
	}
	photos := []Photo{p}
	if p.Product != "" {
		if photos, err = v.Product(ctx, p.Product); err != nil {
			return nil, err
		}
	}
	taught, err := s.taught(v, q.Taught)
	if err != nil {
		return nil, err
	}
	out.Info = taught.info(out.Info)
	query, err := s.queryVector(ctx, v, q)
	if err != nil {
		return nil, err
	}
	out.Searched = query != nil
	best := 0
	for i, other := range photos {
		one := scored{Photo: other, URL: q.Product(other.ID), Shown: other.ID == p.ID}
		if query != nil {
			vector, err := v.Vector(ctx, other.ID)
			if err != nil {
				return nil, err
			}
			one.Score = taught.score(query, vector)
		}
		out.Photos = append(out.Photos, one)
		if one.Score > out.Photos[best].Score {
			best = i
		}
	}
	for i, one := range out.Photos {
		if one.Shown {
			out.Score, out.Best = one.Score, i == best
		}
	}
	if name := previewOf(q.Link); q.Link != "" {
		if _, kept := s.previews.get(name); kept {
			out.Preview = "/preview?of=" + name
		}
	}
	if q.Crop == nil {
		out.QueryID = q.ID
	}
	return out, nil
}

// queryVector is what a page's search compares with; nil: there is no search, or it needs the photo's file again.
func (s *Server) queryVector(ctx context.Context, v *view, q pageQuery) ([]float32, error) {
	if !q.Searches() || q.Crop != nil {
		return nil, nil
	}
	a := &answer{}
	if err := s.vectorOf(ctx, v, &search{id: q.ID, link: q.Link}, a, &stages{}); err != nil {
		return nil, err
	}
	more, _, err := vectorsOf(ctx, v, q.More)
	if err != nil {
		return nil, err
	}
	less, _, err := vectorsOf(ctx, v, q.Less)
	if err != nil {
		return nil, err
	}
	moved, err := refine(a.vector, more, less)
	if err != nil {
		return nil, errors.Join(wrong("the photos to be like and not to be like cancel each other out"), err)
	}
	return moved, nil
}

func dot(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// Texts of the templates.

func scoreText(v float64) string { return fmt.Sprintf("%.2f", v) }

func msText(d time.Duration) string { return fmt.Sprintf("%.1f ms", milliseconds(d)) }

// percent is a score as a whole number for a meter: 0 to 100.
func percent(v float64) int { return int(100 * min(max(v, 0), 1)) }

// countText groups the digits of a number.
func countText(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// levels are the names of a category, root first.
func levels(category string) []string { return strings.Split(category, separator) }

// leaf is the last name of a category, as people read it.
func leaf(category string) string {
	names := levels(category)
	return names[len(names)-1]
}

func imageURL(p Photo, side int) string { return imageOf(p.ID, strconv.Itoa(side)) }
