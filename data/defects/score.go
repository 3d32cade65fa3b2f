package defects

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// ErrNoList marks errors of [Read] about a file that is no list of [Spoil]'s, for [errors.Is].
var ErrNoList = errors.New("reading the known defects")

// Read reads a list that [Spoil] wrote.
func Read(path string) ([]Defect, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoList, err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = len(listColumns)
	if header, err := r.Read(); err != nil || !slices.Equal(header, listColumns) {
		return nil, fmt.Errorf("%w: %s should begin with the line %s", ErrNoList, path, strings.Join(listColumns, ","))
	}
	var list []Defect
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading the known defects in %s: %w", path, err)
		}
		list = append(list, Defect{Kind(row[0]), row[1], row[2]})
	}
}

// Finding is what a check says of a photo, in the check's own words.
type Finding struct {
	What  string
	Photo string
	Other string // may be empty
}

// Score is how many defects of a kind were found.
type Score struct {
	Kind        Kind
	Made, Found int
	Missed      []Defect
}

// shows says which words of a check stand for a kind of defect.
var shows = map[Kind][]string{
	Unreadable:    {"unreadable"},
	Exact:         {"exact duplicate"},
	Reencoded:     {"near duplicate"},
	Resized:       {"near duplicate"},
	Cropped:       {"near duplicate"},
	Leak:          {"leak"},
	Contradiction: {"contradiction"},
	Category:      {"suspicious category", "suspicious product"},
	Product:       {"suspicious product", "suspicious category"},
}

// Compare counts which defects are among the findings, and which findings are of no
// defect: false alarms, by the check's words. A copy is found where it and its original
// stand in one finding, a wrong label where the photo stands in one.
func Compare(made []Defect, findings []Finding) (scores []Score, alarms map[string]int) {
	type pair struct{ what, a, b string }
	key := func(what, a, b string) pair { return pair{what, min(a, b), max(a, b)} }
	said := map[pair]bool{}
	for _, f := range findings {
		said[key(f.What, f.Photo, f.Other)] = true
		said[key(f.What, f.Photo, "")] = true
	}
	alone := func(k Kind) bool { return k == Unreadable || k == Category || k == Product }
	explained := map[string]map[string]bool{} // what may be said of a photo
	explain := func(what, photo string) {
		if explained[what] == nil {
			explained[what] = map[string]bool{}
		}
		explained[what][photo] = true
	}
	by := map[Kind]*Score{}
	for _, k := range Kinds {
		by[k] = &Score{Kind: k}
	}
	for _, d := range made {
		s, ok := by[d.Kind]
		if !ok {
			continue
		}
		s.Made++
		found := false
		other := d.Other
		if alone(d.Kind) {
			other = ""
		}
		for _, what := range shows[d.Kind] {
			found = found || said[key(what, d.Photo, other)]
			explain(what, d.Photo)
		}
		if !alone(d.Kind) { // a copy is a duplicate as well, whichever row comes first
			for _, what := range append([]string{"exact duplicate", "near duplicate"}, shows[d.Kind]...) {
				explain(what, d.Photo)
				explain(what, d.Other)
			}
		}
		if d.Kind == Contradiction { // its labels are wrong, too
			explain("suspicious category", d.Photo)
			explain("suspicious product", d.Photo)
		}
		if found {
			s.Found++
		} else {
			s.Missed = append(s.Missed, d)
		}
	}
	alarms = map[string]int{}
	for _, f := range findings {
		if !explained[f.What][f.Photo] {
			alarms[f.What]++
		}
	}
	for _, k := range Kinds {
		scores = append(scores, *by[k])
	}
	return scores, alarms
}
