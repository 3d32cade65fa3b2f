package chart

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"image"
	"io"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed autopsy.html
var autopsyText string

var autopsyTemplate = template.Must(template.New("autopsy").Funcs(template.FuncMap{
	"thousands": thousands,
	"share":     func(v, of float64) float64 { return v / of },
	"signed":    func(v float64) string { return fmt.Sprintf("%+.3f", v) },
	"percent":   func(v float64) template.CSS { return template.CSS(fmt.Sprintf("%.2f%%", 100*max(0, min(1, v)))) },
}).Parse(autopsyText))

// Autopsy is a page and a picture of why queries miss.
type Autopsy struct {
	Title, Subtitle string
	Causes          []AutopsyCause
	Cases           []AutopsyCase
	Footer          string
}

// AutopsyCause is a cause over all queries.
type AutopsyCause struct {
	Key, Name string
	Explain   string // one sentence: the test
	Queries   int    // that have it
	Main      int    // whose main cause it is
	Gain      float64
	Low, High float64 // of the gain
	AtMost    bool    // no cure is known to reach the gain
	Cure      string  // in words
	Command   string  // "": none
	Note      string  // on other cures; "": none
}

// AutopsyCase is a query that misses.
type AutopsyCase struct {
	Query   Photo
	Score   string // "2 of 5 found"
	Causes  []AutopsyFinding
	Results []Result // the first ones
	Missed  []Missed // right photos that are not among the first ten
	Heat    *AutopsyHeat
}

// AutopsyFinding is why a query misses: the cause's key and what its test saw.
type AutopsyFinding struct{ Key, Detail string }

// Missed is a right photo and where it stands.
type Missed struct {
	Photo
	Rank string
}

// AutopsyHeat is where a query and another photo are alike: drops of their cosine by place, over the square that a
// photo is padded to, Side x Side row by row.
type AutopsyHeat struct {
	Other           Photo
	Side            int
	InQuery, InItem []float32
}

// Bounds of the page: 10,000 cases stay below 30 MB.
const (
	// MaxAutopsyPhotos is how many different photos the page shows, and autopsyBytes how many bytes of them; cases beyond
	// have texts only.
	MaxAutopsyPhotos = 4500
	autopsyBytes     = 18 << 20
	autopsySide      = 104 // of a photo
	autopsyQuery     = 190 // of a query, where there are few
	autopsyFew       = 1000
	heatSide         = 220 // of a photo under a heat map
)

// HTML writes one page that needs nothing else. It can be filtered by cause and words; cards are built as they come
// into view. Without scripts it is the table of causes.
func (a Autopsy) HTML(path string) error {
	sides := map[string]int{}
	for _, c := range a.Cases {
		var files []string
		for _, p := range c.photos() {
			if sides[p.Path] == 0 {
				files = append(files, p.Path)
			}
		}
		if len(sides)+len(files) > MaxAutopsyPhotos {
			continue
		}
		for _, f := range files {
			sides[f] = autopsySide
		}
		if len(a.Cases) <= autopsyFew {
			sides[c.Query.Path] = autopsyQuery
		}
	}
	pictures := dataURIs(sides, fitted)
	data, err := a.data(pictures)
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	most := 1e-9
	for _, c := range a.Causes {
		most = max(most, c.High, c.Gain)
	}
	err = wholefile.Write(path, func(w io.Writer) error {
		return autopsyTemplate.Execute(w, struct {
			Autopsy
			Most float64
			Data template.JS
		}{a, most, data})
	})
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// photos are those of a case.
func (c AutopsyCase) photos() []Photo {
	out := []Photo{c.Query}
	for _, r := range c.Results {
		out = append(out, r.Photo)
	}
	for _, m := range c.Missed {
		out = append(out, m.Photo)
	}
	return out
}

// data is what the script builds cards of. Lists instead of objects keep it small.
func (a Autopsy) data(pictures thumbnails) (template.JS, error) {
	type list = []any
	place := map[string]int{}
	uris := []string{}
	picture := func(p Photo) int {
		uri := pictures[p.Path]
		if uri == "" {
			return -1
		}
		i, ok := place[p.Path]
		if !ok {
			i = len(uris)
			place[p.Path], uris = i, append(uris, string(uri))
		}
		return i
	}
	bytes := 0
	fits := func(c AutopsyCase) bool { // with all its photos
		more := 0
		for _, p := range c.photos() {
			if _, there := place[p.Path]; !there {
				more += len(pictures[p.Path])
			}
		}
		if pictures[c.Query.Path] == "" || bytes+more > autopsyBytes {
			return false
		}
		bytes += more
		return true
	}
	label := func(p Photo) list { return list{picture(p), p.ID, p.Product, p.Category, p.Title} }
	causes := list{}
	for _, c := range a.Causes {
		causes = append(causes, list{c.Key, c.Name})
	}
	cases := list{}
	for _, c := range a.Cases {
		found, results, missed := list{}, list{}, list{}
		query := list{-1, c.Query.ID, c.Query.Product, c.Query.Category, c.Query.Title}
		if fits(c) {
			query[0] = picture(c.Query)
		} else {
			c.Results, c.Missed = nil, nil
		}
		for _, f := range c.Causes {
			found = append(found, list{f.Key, f.Detail})
		}
		for _, r := range c.Results {
			right := 0
			if r.Right {
				right = 1
			}
			results = append(results, append(label(r.Photo), fmt.Sprintf("%.3f", r.Score), right))
		}
		for _, m := range c.Missed {
			missed = append(missed, append(label(m.Photo), m.Rank))
		}
		row := list{query, c.Score, found, results, missed}
		if h := c.Heat; h != nil {
			row = append(row, list{h.Other.ID, dataURI(heated(c.Query.Path, h.InQuery, h.Side)),
				dataURI(heated(h.Other.Path, h.InItem, h.Side))})
		}
		cases = append(cases, row)
	}
	text, err := json.Marshal(map[string]any{"causes": causes, "cases": cases, "pictures": uris})
	return template.JS(text), err // json.Marshal escapes <, > and & in strings
}

// PNG draws the causes with what their cures bring.
func (a Autopsy) PNG(path string) error {
	b := Bars{Title: a.Title, Subtitle: a.Subtitle, Unit: "gain of MAR@10 when just this is mended; pale: at most"}
	for _, c := range a.Causes {
		queries := "queries"
		if c.Queries == 1 {
			queries = "query"
		}
		b.Bars = append(b.Bars, Bar{Name: c.Name, Value: max(0, c.Gain), Low: max(0, c.Low), High: max(0, c.High),
			Strong: !c.AtMost, Text: fmt.Sprintf("%+.3f, %s %s", c.Gain, thousands(c.Queries), queries)})
	}
	return b.PNG(path)
}

// Heated draws a photo in grey with heat over it, such as that of explain.Occlude: side x side values row by row, over
// the square that the photo is padded to. The largest value is brightest; those below 0 count as 0.
func Heated(path string, heat []float32, side int) (image.Image, error) {
	if side < 2 || len(heat) != side*side {
		return nil, fmt.Errorf("%d values are no heat of %d x %d places", len(heat), side, side)
	}
	m := heated(path, heat, side)
	if m == nil {
		return nil, fmt.Errorf("the photo %s cannot be read", path)
	}
	return m, nil
}

// heated is Heated; nil where the photo cannot be read.
func heated(path string, heat []float32, places int) *image.RGBA {
	m := fitted(path, heatSide)
	if m == nil || len(heat) != places*places {
		return nil
	}
	var most float32
	for _, v := range heat {
		most = max(most, v)
	}
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	square := max(w, h)
	at := func(x, y int) float64 { // bilinear between the places' middles, in the padded square
		u := (float64(x+(square-w)/2)+0.5)/float64(square)*float64(places) - 0.5
		v := (float64(y+(square-h)/2)+0.5)/float64(square)*float64(places) - 0.5
		u, v = max(0, min(float64(places-1), u)), max(0, min(float64(places-1), v))
		i, j := min(int(u), places-2), min(int(v), places-2)
		f, g := u-float64(i), v-float64(j)
		value := func(x, y int) float64 { return float64(max(0, heat[y*places+x])) / float64(max(1e-9, most)) }
		return (1-g)*((1-f)*value(i, j)+f*value(i+1, j)) + g*((1-f)*value(i, j+1)+f*value(i+1, j+1))
	}
	for y := range h {
		for x := range w {
			c := m.RGBAAt(x, y)
			grey := 0.299*float64(c.R) + 0.587*float64(c.G) + 0.114*float64(c.B)
			t := at(x, y)
			hot := colourOf(0.25 + 0.75*t)
			mix := func(of uint8) uint8 { return uint8((1-0.62*t)*(0.75*grey+36) + 0.62*t*float64(of)) }
			c.R, c.G, c.B = mix(hot.R), mix(hot.G), mix(hot.B)
			m.SetRGBA(x, y, c)
		}
	}
	return m
}
