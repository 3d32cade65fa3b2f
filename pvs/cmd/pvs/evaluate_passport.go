package main

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/evaluate"
)

// show shows a passport, as text and as a chart, as far as it was asked for.
func (c *evaluateCommand) show(a *app, p *evaluate.Passport, report *evaluate.Report, out map[string]any) error {
	if c.Passport {
		a.say("")
		sayPassport(a, p)
		out["passport"], out["passport_conventions"], out["passport_notes"] = p.Entries, p.Conventions, p.Notes
	}
	if c.Chart == "" {
		return nil
	}
	picture := passportChart(c.Ranked, p, report)
	draw := picture.PNG
	if filepath.Ext(c.Chart) == ".svg" {
		draw = picture.SVG
	}
	if err := draw(c.Chart); err != nil {
		return err
	}
	out["chart"] = c.Chart
	a.say("the chart is in %s", c.Chart)
	return nil
}

// passportChart is a row for each definition, with its values under other conventions.
func passportChart(file string, p *evaluate.Passport, report *evaluate.Report) chart.DotPlot {
	d := chart.DotPlot{Title: "One ranking by every definition", Unit: "score",
		Subtitle:  fmt.Sprintf("%s, %d queries, k = %d", filepath.Base(file), report.Queries, report.K),
		Elsewhere: "under other conventions: ties, queries without truth or results, the query's own photo"}
	row := map[string]int{}
	for _, e := range p.Entries {
		if e.Convention == "" {
			row[e.Name] = len(d.Rows)
			d.Rows = append(d.Rows,
				chart.DotRow{Name: e.Name, Value: e.Value, Low: e.Low, High: e.High, Strong: len(d.Rows) == 0})
			continue
		}
		r := &d.Rows[row[strings.TrimSuffix(e.Name, "."+e.Convention)]]
		if e.Value != r.Value {
			r.Elsewhere = append(r.Elsewhere, e.Value)
		}
	}
	return d
}

// sayPassport shows a passport: each definition with its formula and its names elsewhere, then what other conventions
// would make of it.
func sayPassport(a *app, p *evaluate.Passport) {
	width := 0
	for _, e := range p.Entries {
		if e.Convention == "" {
			width = max(width, len(e.Name))
		}
	}
	for _, e := range p.Entries {
		if e.Convention != "" {
			continue
		}
		a.say("%-*s  %.4f  [%.4f, %.4f]  %s", width, e.Name, e.Value, e.Low, e.High, e.Title)
		a.say("%*s  = %s", width, "", e.Formula)
		if names := namesElsewhere(e.Also); names != "" {
			a.say("%*s  %s", width, "", names)
		}
	}
	sayConventions(a, p, width)
	for _, n := range p.Notes {
		a.log("note: " + n)
	}
}

// namesElsewhere is what the libraries call a metric.
func namesElsewhere(also map[string]string) string {
	var names []string
	for _, library := range slices.Sorted(maps.Keys(also)) {
		names = append(names, library+": "+also[library])
	}
	return strings.Join(names, "; ")
}

// sayConventions shows the values under other conventions, a column each.
func sayConventions(a *app, p *evaluate.Passport, width int) {
	var columns []evaluate.PassportConvention
	var same []string
	for _, c := range p.Conventions {
		if c.Differs {
			columns = append(columns, c)
		} else {
			same = append(same, c.Name)
		}
	}
	a.say("")
	if len(columns) > 0 {
		sayColumns(a, p, columns, width)
	}
	if len(same) > 0 {
		a.say("no value changes under %s", strings.Join(same, ", "))
	}
}

// sayColumns shows the table of values under conventions that change some.
func sayColumns(a *app, p *evaluate.Passport, columns []evaluate.PassportConvention, width int) {
	a.say("under other conventions:")
	head := fmt.Sprintf("%-*s  %7s", width, "", "here")
	for i, c := range columns {
		a.say("  (%d) %s: %s", i+1, c.Name, c.Title)
		head += fmt.Sprintf("  %7s", fmt.Sprintf("(%d)", i+1))
	}
	a.say("%s", head)
	value := map[string]float64{}
	for _, e := range p.Entries {
		value[e.Name] = e.Value
	}
	for _, e := range p.Entries {
		if e.Convention != "" {
			continue
		}
		line := fmt.Sprintf("%-*s  %7.4f", width, e.Name, e.Value)
		for _, c := range columns {
			cell := ""
			if v, ok := value[e.Name+"."+c.Name]; ok {
				cell = fmt.Sprintf("%.4f", v)
			}
			line += fmt.Sprintf("  %7s", cell)
		}
		a.say("%s", strings.TrimRight(line, " "))
	}
}
