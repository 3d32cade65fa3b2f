package serve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/teach"
)

// whoCookie keeps the name that somebody gave, to be noted with clicks.
const whoCookie = "pvs_who"

// shownClicks is how many of the last clicks a page lists.
const shownClicks = 12

// teachPanel is what a page shows of clicks.
type teachPanel struct {
	Link, ID string // of the photo that clicks speak of
	Back     string // what the page's address asks for
	Who      string // the name that somebody gave
	Clicks   int    // that count
	Same     int    // of them those that say "same product"
	Recent   []recentClick
	More     int // clicks that are not listed

	On, Fitting bool
	Verdict     teach.Verdict
	Says        string // the verdict in a sentence; "": there is no fit yet
	LeftOut     string // why clicks are left out
	Switch      string // address of the same search the other way; "": there is nothing to switch
}

// recentClick is a click that can be taken back.
type recentClick struct {
	teach.Click
	Query, Found Photo // without an id: not shown
}

// said is what was clicked on a product, for the photo that is searched for.
type said struct {
	Photo     string // that is shown
	Same, Not string // ids of the clicks; "": it was not said
}

// teachPanel is nil where a page has nothing to click: without a photo that is searched for.
func (s *Server) teachPanel(ctx context.Context, v *view, q pageQuery, a *answer, cards []card) (*teachPanel, error) {
	if s.teaching == nil || a.vector == nil {
		return nil, nil
	}
	p := &teachPanel{ID: q.ID, Link: q.Link, Back: q.values().Encode(), On: a.taught.on}
	side := teach.VectorSide(a.vector)
	switch {
	case q.Crop != nil: // a part of a photo of the index is a photo of its own
		p.ID, p.Link = "", linkOf(v.key, a.vector)
	case a.query != nil:
		side = teach.PhotoSide(a.query.ID, a.query.Digest)
	}
	standing := s.opts.Clicks.State().Standing
	p.count(standing)
	if err := p.recent(ctx, v, standing); err != nil {
		return nil, err
	}
	if err := mark(ctx, v, cards, side, standing); err != nil {
		return nil, err
	}
	f, is, fitting := s.teaching.now(v.live)
	p.Fitting = fitting
	if is && f.metric != nil {
		other := taughtOn
		if p.On {
			other = taughtOff
		}
		p.Switch = q.AsTaught(other).URL()
	}
	switch {
	case !is:
	case f.failed != "":
		p.Says = f.failed
	case len(standing) > 0:
		p.Verdict, p.Says, p.LeftOut = f.report.Verdict, f.report.String(), f.report.LeftOut.String()
	}
	return p, nil
}

// mark notes on cards what was said of their products for the photo that is searched for.
func mark(ctx context.Context, v *view, cards []card, query teach.Side, standing []teach.Click) error {
	of := map[string]*said{}
	for i, c := range cards {
		cards[i].Said = &said{Photo: c.Photo.ID}
		of[c.Photo.standsFor()] = cards[i].Said
	}
	for _, c := range standing {
		if c.Query.Photo != query.Photo || c.Query.Vector != query.Vector {
			continue
		}
		p, err := v.Photo(ctx, c.Found.Photo)
		if err != nil && !errors.Is(err, ErrNoPhoto) {
			return err
		}
		switch s := of[p.standsFor()]; {
		case s == nil: // it is not shown
		case c.Same:
			s.Same = c.ID
		default:
			s.Not = c.ID
		}
	}
	return nil
}

func (p *teachPanel) count(standing []teach.Click) {
	p.Clicks = len(standing)
	for _, c := range standing {
		if c.Same {
			p.Same++
		}
	}
}

// Not is how many clicks say "not it".
func (p *teachPanel) Not() int { return p.Clicks - p.Same }

// recent lists the last clicks, the newest first.
func (p *teachPanel) recent(ctx context.Context, v *view, standing []teach.Click) error {
	p.More = max(0, len(standing)-shownClicks)
	for _, c := range slices.Backward(standing[p.More:]) {
		r := recentClick{Click: c}
		for id, into := range map[string]*Photo{c.Query.Photo: &r.Query, c.Found.Photo: &r.Found} {
			if id == "" {
				continue
			}
			photo, err := v.Photo(ctx, id)
			if err != nil && !errors.Is(err, ErrNoPhoto) {
				return err
			}
			*into = photo
		}
		p.Recent = append(p.Recent, r)
	}
	return nil
}

// teach answers the page's form of clicks and goes back to the page. Its field do is "same:ID", "not:ID" or "undo:ID"
// of the button that was pressed, or "name".
func (s *Server) teach(w http.ResponseWriter, r *http.Request) {
	back, err := s.taughtBy(w, r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// taughtBy does what a form asks for, and returns the address of the page that it came from.
func (s *Server) taughtBy(w http.ResponseWriter, r *http.Request) (back string, err error) {
	v, err := url.ParseQuery(r.FormValue("back"))
	if err != nil {
		return "", wrong("the form does not say which page it is of")
	}
	page, err := pageQueryOf(v)
	if err != nil {
		return "", err
	}
	who := nameOf(r)
	do, id, _ := strings.Cut(r.FormValue("do"), ":")
	switch do {
	case "same", "not":
		_, err = s.click(r.Context(), search{id: r.FormValue("id"), link: r.FormValue("q"), k: 1}, id, do == "same", who)
	case "undo":
		err = s.undo(id, who)
	case "name":
		name := strings.TrimSpace(r.FormValue("who"))
		if len(name) > 80 {
			return "", wrong("the name is longer than 80 bytes")
		}
		http.SetCookie(w, &http.Cookie{Name: whoCookie, Value: url.QueryEscape(name), Path: "/", HttpOnly: true,
			Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
	default:
		err = wrong("the form does not say what was pressed")
	}
	return page.URL(), err
}

// nameOf is the name that somebody gave; "": none.
func nameOf(r *http.Request) string {
	c, err := r.Cookie(whoCookie)
	if err != nil {
		return ""
	}
	name, err := url.QueryUnescape(c.Value)
	if err != nil {
		return ""
	}
	return name
}
