package chart

// Sizes of the journey's chart in units.
const (
	journeyLeft   = 84.0
	journeyRight  = 28.0
	columnWidth   = 82.0
	branchGap     = 0.55 // in columns
	panelsTop     = 128.0
	panelsHeight  = 500.0 // of all panels with their headings
	panelHeading  = 40.0
	pillHeight    = 26.0
	settingsLines = 7
)

// layout measures the chart of some series, one panel each, and returns its drawing.
func (j Journey) layout(shown []series) (drawing, error) {
	if err := j.check(); err != nil {
		return drawing{}, err
	}
	f := fonts{}
	columns := j.columns(f)
	width := max(960, columns[len(columns)-1].x+columnWidth/2+journeyRight)
	levels, trains, changes := 0, 1, 1
	lineage := buses(columns)
	for _, b := range lineage {
		levels = max(levels, b.level)
	}
	for _, c := range columns {
		trains, changes = max(trains, len(c.trains)), max(changes, len(c.changes))
	}
	panels := panelsTop + panelsHeight
	if len(shown) == 0 {
		panels = panelsTop
	}
	names := panels + 26 + 14*float64(levels)
	sentence := names + pillHeight + 24 + 16*float64(trains+changes) + 14
	below := f.wrapIn(2, j.Subtitle, 15, false, width-journeyLeft-journeyRight)
	words := f.wrap(j.Correlation, 15, false, width-journeyLeft-journeyRight)
	height := sentence + 22*float64(len(words)) + 14
	return drawing{width: width, height: height, draw: func(p pen) {
		p.write(label{journeyLeft, 48, j.Title, 27, true, ink, start})
		for i, line := range below { // of two the first stands higher
			p.write(label{journeyLeft, 79 - 5*float64(len(below)) + 17*float64(i), line, 15, false, grey, start})
		}
		j.legend(p, f, columns, shown)
		cards(p, columns, panelsTop, sentence-8)
		each := panelsHeight / float64(max(1, len(shown)))
		for i, s := range shown {
			top := panelsTop + float64(i)*each
			p.begin(group{class: "panel " + s.class})
			s.draw(p, f, columns, top, top+each, width)
			p.end()
		}
		drawLineage(p, columns, lineage, names)
		settings := names + pillHeight + 20 + 16*float64(trains)
		margin(p, names, settings)
		for _, c := range columns {
			c.draw(p, names, settings)
		}
		for i, line := range words {
			p.write(label{journeyLeft, sentence + 22*float64(i+1) - 4, line, 15, false, ink, start})
		}
	}}, nil
}
