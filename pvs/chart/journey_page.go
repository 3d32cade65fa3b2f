package chart

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

//go:embed journey.html
var journeyText string

var journeyTemplate = template.Must(template.New("journey").Funcs(template.FuncMap{
	"percent": func(v float64) template.CSS { return template.CSS(short(v) + "%") },
}).Parse(journeyText))

// titleHeight is what the page leaves out of the picture: it writes its own title.
const titleHeight = 82.0

// view is a picture of the page.
type view struct {
	Key, Name string
	Marks     template.HTML
}

// pageRun is a run as the page's table and script know it.
type pageRun struct {
	Name      string   `json:"name"`
	From      string   `json:"from"`
	Trains    string   `json:"trains"`
	Settings  []string `json:"settings"`
	Published string   `json:"published"`
	Measured  string   `json:"measured"`
	Epochs    []string `json:"epochs"`
	Ancestors []string `json:"ancestors"`
	Final     bool     `json:"final"`

	PublishedTrack, MeasuredTrack *track `json:"-"`
}

// track is a score's position in a cell of the table, in percent of the cell's width.
type track struct{ At, Low, Width float64 }

// HTML writes the journey as one page that needs nothing else. A run shows all of its
// settings when it is pointed at, focused or touched, and what it builds on stands
// out; without scripts the page is a picture and a table.
func (j Journey) HTML(path string) error {
	views, err := j.views()
	if err != nil {
		return err
	}
	err = wholefile.Write(path, func(w io.Writer) error {
		return journeyTemplate.Execute(w, struct {
			Journey
			Views       []view
			Rows        []pageRun
			Dark        template.CSS
			ColumnWidth float64
		}{j, views, j.rows(), darkRules(), columnWidth})
	})
	if err != nil {
		return fmt.Errorf("writing the page %s: %w", path, err)
	}
	return nil
}

// views are the picture of both series, and of each alone.
func (j Journey) views() ([]view, error) {
	all := j.series()
	choices := [][]series{all}
	if len(all) > 1 {
		for _, s := range all {
			choices = append(choices, []series{s})
		}
	}
	bare := j
	bare.Title, bare.Subtitle, bare.Correlation = "", "", ""
	var out []view
	for i, shown := range choices {
		d, err := bare.layout(shown)
		if err != nil {
			return nil, err
		}
		d.top = titleHeight
		v := view{"both", "Both", template.HTML(d.marks())} // every text in it is escaped
		if i > 0 {
			v.Key, v.Name = shown[0].class, shown[0].heading
		}
		out = append(out, v)
	}
	return out, nil
}

// rows are the runs of the table.
func (j Journey) rows() []pageRun {
	columns := j.columns(fonts{})
	trackOf := func(s series, r JourneyRun) *track {
		score := s.score(r)
		if score == nil {
			return nil
		}
		a := s.axis(columns, 0, 100)
		return &track{a.at(score.Value), a.at(score.Low), a.at(score.High) - a.at(score.Low)}
	}
	var out []pageRun
	for _, r := range j.Runs {
		row := pageRun{Name: r.Name, From: r.From, Trains: r.Trains, Settings: r.settings(),
			Published: r.published(), Measured: r.measured(), Ancestors: j.ancestors(r), Final: r.Final,
			PublishedTrack: trackOf(published, r), MeasuredTrack: trackOf(measured, r)}
		for _, e := range r.Epochs {
			row.Epochs = append(row.Epochs, fmt.Sprintf("%.3f", e.Value))
		}
		out = append(out, row)
	}
	return out
}

// darkRules replace the drawing's colours on a dark page.
func darkRules() template.CSS {
	var rules []string
	for light, c := range dark {
		rules = append(rules, fmt.Sprintf("svg [fill=%q] { fill: %s; } svg [stroke=%q] { stroke: %s; }",
			hex(light), hex(c), hex(light), hex(c)))
	}
	slices.Sort(rules)
	return template.CSS(strings.Join(rules, "\n"))
}
