package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gomlx/compute"

	"github.com/gopvs/product-visual-search/data/defects"
	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/check"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/retrieval"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type checkCommand struct {
	networkFlags
	Catalog  string `arg:"" help:"The catalogue folder." placeholder:"DIR"`
	Out      string `default:"pvs-check" help:"${check_out}" placeholder:"DIR"`
	NoLabels bool   `name:"no-labels" help:"Leave out suspicious labels, which need a network and most of the time."`
	MinSide  int    `min:"0" default:"64" help:"Pixels of the shorter side below which a photo is small."`
	Few      int    `min:"0" default:"5" help:"Photos below which a category has few."`
	Known    string `help:"${check_known}" placeholder:"FILE.csv"`
	Strict   bool   `help:"Exit with 1 where there are faults: bad rows, unreadable photos, leaks, contradictions."`
}

// Run checks a catalogue.
func (c *checkCommand) Run(a *app) error {
	start := time.Now()
	var known []defects.Defect
	if c.Known != "" {
		var err error
		if known, err = defects.Read(c.Known); err != nil {
			return err
		}
	}
	cat, err := a.openCatalog(c.Catalog, true)
	if err != nil {
		return err
	}
	if len(cat.Photos) == 0 {
		return fmt.Errorf("the catalogue %s has no photos", c.Catalog)
	}
	lock, err := onewriter.LockFolder(c.Out)
	if err != nil {
		return err
	}
	defer lock.Release()
	report, err := c.examine(a, cat)
	if err != nil {
		return err
	}
	table, page := filepath.Join(c.Out, "findings.csv"), filepath.Join(c.Out, "check.html")
	if err := report.WriteCSV(table); err != nil {
		return err
	}
	if err := findingsPage(report, c).HTML(page); err != nil {
		return err
	}
	c.say(a, report)
	a.say("all findings: %s", table)
	a.say("page:         %s   (open it in a browser)", page)
	a.say("done in %.0f s", time.Since(start).Seconds())
	out := map[string]any{"photos": len(cat.Photos), "findings": len(report.Findings), "faults": report.Faults(),
		"counts": counts(report), "report": table, "page": page, "seconds": time.Since(start).Seconds()}
	summary := cat.Summary()
	out["products"], out["categories"], out["by_split"] = summary.Products, summary.Categories, summary.BySplit
	if known != nil {
		out["known"] = c.compare(a, report, known)
	}
	if err := a.result(out); err != nil {
		return err
	}
	if n := report.Faults(); c.Strict && n > 0 {
		return fmt.Errorf("the catalogue %s has %d faults; %s lists them", c.Catalog, n, table)
	}
	return nil
}

// examine does the work.
func (c *checkCommand) examine(a *app, cat *catalog.Catalog) (*check.Report, error) {
	files := make([]string, len(cat.Photos))
	for i, p := range cat.Photos {
		files[i] = cat.File(p)
	}
	update, finish := a.progress("looking at photos")
	facts, err := check.Scan(a.ctx, files, filepath.Join(c.Out, "scan"), check.ScanOptions{Progress: update})
	finish()
	if err != nil {
		return nil, err
	}
	fingerprints, ready := a.progress("comparing fingerprints")
	compared, finish := a.progress("comparing photos that look alike")
	b, err := a.largeSearch(len(files), 3*len(files), check.FingerprintLen)
	if err != nil {
		return nil, err
	}
	pairs, err := check.Duplicates(a.ctx, files, facts, filepath.Join(c.Out, "duplicates"), check.DuplicateOptions{
		Search: check.SearchOptions{Backend: b, Progress: func(done, total int) {
			fingerprints(done, total)
			if done == total {
				ready()
			}
		}}, Verify: compared})
	finish()
	if err != nil {
		return nil, err
	}
	var labels []check.Finding
	if !c.NoLabels {
		if labels, err = c.labels(a, cat, files, facts, pairs); err != nil {
			return nil, err
		}
	}
	return check.Examine(cat, facts, pairs, labels, check.Limits{MinSide: c.MinSide, Few: c.Few}), nil
}

// neighboursForLabels are more than vote: copies are left out of them.
const neighboursForLabels = 16

// labels embeds the readable photos and asks their neighbours.
func (c *checkCommand) labels(a *app, cat *catalog.Catalog, files []string, facts []check.Facts,
	pairs []check.Pair) ([]check.Finding, error) {
	e, _, err := c.open(a)
	if err != nil {
		return nil, err
	}
	var photos []embed.Photo
	var rows []catalog.Photo
	var places, groups []int
	contents := sha256.New()
	of := check.Groups(len(files), pairs)
	for i, p := range cat.Photos {
		if facts[i].Problem != "" || facts[i].Blank() {
			continue
		}
		contents.Write(facts[i].SHA256[:]) // a hash's Write does not fail
		photos = append(photos, embed.Photo{ID: p.ID, File: files[i],
			Where: fmt.Sprintf("%s line %d", catalog.PhotosFile, p.Line)})
		rows, places, groups = append(rows, p), append(places, i), append(groups, of[i])
	}
	if len(photos) == 0 {
		return nil, nil
	}
	name := filepath.Join(c.Out, "embeddings")
	key := e.Key() + " of " + hex.EncodeToString(contents.Sum(nil)[:8])
	update, finish := a.progress("embedding")
	_, err = embed.Run(a.ctx, e, photos, name, embed.RunOptions{Progress: update, Log: a.log, Catalog: cat.Dir})
	finish()
	if err != nil {
		return nil, err
	}
	embedded, err := vectors.OpenRows(name)
	if err != nil {
		return nil, err
	}
	defer embedded.Close()
	b, err := a.largeSearch(len(rows), len(rows), e.Dim())
	if err != nil {
		return nil, err
	}
	update, finish = a.progress("finding neighbours")
	near, err := check.Neighbours(a.ctx, embedded, neighboursForLabels, filepath.Join(c.Out, "neighbours"), key,
		check.SearchOptions{Backend: b, Progress: update})
	finish()
	if err != nil {
		return nil, err
	}
	defer near.Close()
	update, finish = a.progress("judging labels")
	found, err := check.SuspectLabels(a.ctx, rows, embedded, near, groups, check.Labels{Progress: update})
	finish()
	for i := range found {
		found[i].Photo = places[found[i].Photo]
		if found[i].Other != check.None {
			found[i].Other = places[found[i].Other]
		}
	}
	return found, err
}

// largeSearch starts a backend where a search is large enough for one.
func (a *app) largeSearch(rows, queries, dim int) (compute.Backend, error) {
	if !retrieval.WorthABackend(rows, queries, dim) {
		return nil, nil
	}
	return a.searchBackend()
}

// say prints the table.
func (c *checkCommand) say(a *app, r *check.Report) {
	a.say("%s", describe(r))
	a.say("%s", describeSizes(r.Sizes))
	a.say("")
	for _, k := range check.Kinds {
		if !c.looked(k) {
			a.say("%-20s %9s", k, "-")
			continue
		}
		level := "hint"
		if k.Fault() {
			level = "fault"
		}
		a.say("%-20s %9d  %-5s  %s", k, len(r.Of(k)), level, explanations[k])
	}
	a.say("")
}

// looked says whether a kind was looked for.
func (c *checkCommand) looked(k check.Kind) bool {
	return !c.NoLabels || k != check.SuspectCategory && k != check.SuspectProduct
}

// explanations say what a kind means, in a line.
var explanations = map[check.Kind]string{
	check.BadRow: "Rows of photos.csv that cannot be used; " +
		"every verb but this one stops there, or leaves them out with --skip-bad.",
	check.Unreadable: "Files that are missing, damaged or no images; " +
		"embedding and training stop there, or leave them out with --skip-bad.",
	check.Leak:            "One picture, or one product, in splits that must be apart: scores come out too good.",
	check.Contradiction:   "One picture under two labels: at least one is wrong.",
	check.ExactDuplicate:  "Files of the same bytes as an earlier photo's.",
	check.NearDuplicate:   "Encoded again, resized, brightened or slightly cropped from one picture.",
	check.Blank:           "Pictures of one colour, such as a shop's placeholder.",
	check.Small:           "Photos of few pixels: the network enlarges them.",
	check.FewPhotos:       "Categories with few photos to learn from.",
	check.NoMatch:         "Queries of products that the index does not have: they are left out of scores.",
	check.SuspectCategory: "A network sees another category in the photo; some of these are only hard.",
	check.SuspectProduct:  "The nearest photos are all of one other product, and none is of the photo's own.",
}

func describe(r *check.Report) string {
	s := r.Catalog.Summary()
	var splits []string
	for _, split := range catalog.Splits {
		if n := s.BySplit[split]; n > 0 {
			splits = append(splits, fmt.Sprintf("%d %s", n, split))
		}
	}
	return fmt.Sprintf("%d photos (%s) of %d known products in %d categories", s.Photos, strings.Join(splits, ", "),
		s.Products, s.Categories)
}

func describeSizes(s check.Sizes) string {
	if s.Photos == 0 {
		return "no photo can be read"
	}
	return fmt.Sprintf("shorter side %d to %d pixels, middle %d, four fifths within %d to %d; "+
		"longer side up to %.1f times that; %.2f GB",
		s.Smallest, s.Largest, s.Median, s.LowTenth, s.HighTenth, s.MostAspect, float64(s.Bytes)/1e9)
}

// counts are the findings of each kind.
func counts(r *check.Report) map[string]int {
	out := map[string]int{}
	for _, k := range check.Kinds {
		out[strings.ReplaceAll(string(k), " ", "_")] = len(r.Of(k))
	}
	return out
}

// compare says which of the known defects were found.
func (c *checkCommand) compare(a *app, r *check.Report, known []defects.Defect) map[string]any {
	var found []defects.Finding
	for _, f := range r.Findings {
		p, ok := r.Photo(f.Photo)
		if !ok {
			continue
		}
		o, _ := r.Photo(f.Other)
		found = append(found, defects.Finding{What: string(f.Kind), Photo: p.ID, Other: o.ID})
	}
	scores, alarms := defects.Compare(known, found)
	out := map[string]any{}
	a.say("%-20s %6s %6s %6s", "known defect", "made", "found", "missed")
	for _, s := range scores {
		if s.Made == 0 || c.NoLabels && (s.Kind == defects.Category || s.Kind == defects.Product) {
			continue
		}
		a.say("%-20s %6d %6d %6d", s.Kind, s.Made, s.Found, s.Made-s.Found)
		out[string(s.Kind)] = map[string]int{"made": s.Made, "found": s.Found}
		for i, d := range s.Missed {
			if i == 5 {
				a.log("...")
				break
			}
			a.log(fmt.Sprintf("missed: %s, photo %s %s", d.Kind, d.Photo, d.Other))
		}
	}
	for _, k := range check.Kinds {
		if n := alarms[string(k)]; n > 0 {
			a.say("%-20s %6d of no known defect", k, n)
		}
	}
	out["of_no_known_defect"] = alarms
	return out
}
