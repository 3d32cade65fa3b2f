package chart

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// replayOf has two runs, the second a branch of the first's epoch 1, and n queries of four photos each, of some files.
func replayOf(n, epochs int, files []string) Replay {
	rng := rand.New(rand.NewPCG(1, 1))
	r := Replay{Title: "What the trainings did", Subtitle: "a test", Notes: []string{"A note & more."}, BinWidth: 0.01,
		Footer: "the end"}
	for i := range 4 * n {
		r.Photos = append(r.Photos, Photo{ID: fmt.Sprintf("photo-%06d", i), Path: files[i%len(files)],
			Product: fmt.Sprintf("product-%05d", i/4), Category: "Mugs & </script> cups", Title: "A mug, white and blue"})
		if i < 400 {
			r.Mapped = append(r.Mapped, i)
		}
	}
	for q := range n {
		r.Queries = append(r.Queries, ReplayQuery{Photo: 4 * q, Right: []int{4*q + 1, 4*q + 2, 4*q + 3}})
	}
	for k, name := range []string{"1.8", "softer"} {
		run := ReplayRun{Name: name, Trains: "full", Planned: epochs}
		if k == 1 {
			run.Parent, run.From = "1.8", 1
		}
		for e := range epochs + 1 {
			seen := &ReplaySeen{Right: make([]int, 200), Wrong: make([]int, 200), RightMedian: 0.2, WrongMedian: math.NaN()}
			for i := range 50 {
				seen.Right[10+i/2], seen.Wrong[20+i] = 3, i
			}
			found := 0
			for q := range n {
				hits := rng.IntN(4)
				found += hits
				seen.Hits = append(seen.Hits, hits)
				var near []ReplayNear
				for i := range 10 {
					at := (4*q + 5 + i*(e+1)) % len(r.Photos)
					if i < hits {
						at = 4*q + 1 + i
					}
					near = append(near, ReplayNear{at, 0.9 - 0.01*float32(i)})
				}
				seen.Near = append(seen.Near, near)
			}
			for range r.Mapped {
				seen.Points = append(seen.Points, [2]float64{rng.NormFloat64(), rng.NormFloat64()})
			}
			v := float64(found) / float64(3*n)
			run.Epochs = append(run.Epochs, ReplayEpoch{Number: e, Step: 10 * e, Loss: 1 / float64(e+1), ValLoss: math.NaN(),
				HeldOut: math.NaN(), Sample: &Score{v, v - 0.02, v + 0.02}, Seen: seen})
		}
		r.Runs = append(r.Runs, run)
	}
	return r
}

// The page's data is whole, has each picture once, and ends no script early; without scripts it is a table.
func TestReplayPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "replay.html")
	r := replayOf(12, 2, pictureFiles(t, 48, 40))
	all := &Score{0.1, 0.09, 0.11}
	r.Runs = append(r.Runs, ReplayRun{Name: "0", Trains: "ImageNet weights", Final: all,
		Epochs: []ReplayEpoch{{All: all, Loss: math.NaN(), ValLoss: math.NaN(), HeldOut: math.NaN()}}})
	if err := r.HTML(path); err != nil {
		t.Fatal(err)
	}
	var page struct {
		Runs, Looks, Photos, Queries []json.RawMessage
		Relevant, Mapped             []int
	}
	data := pageData(t, path, &page)
	if len(page.Runs) != 3 || len(page.Looks) != 6 || len(page.Photos) != 48 || len(page.Queries) != 12 ||
		len(page.Relevant) != 12 || len(page.Mapped) != 48 {
		t.Errorf("the page has %d runs, %d looks, %d photos, %d queries, %d points", len(page.Runs), len(page.Looks),
			len(page.Photos), len(page.Queries), len(page.Mapped))
	}
	for _, s := range []string{"1.8, epoch 1", "A note &amp; more.", "0.100 [0.090, 0.110]"} {
		if !strings.Contains(data, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	for _, bad := range []string{"ZgotmplZ", "https://", "@import", "NaN"} {
		if strings.Contains(data, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// The page's script in a browser: sliders, keys, the choice of a query, gains and losses as a plain loop counts them.
func TestReplayScript(t *testing.T) {
	t.Parallel()
	r := replayOf(30, 3, pictureFiles(t, 60, 24))
	path := filepath.Join(t.TempDir(), "replay.html")
	if err := r.HTML(path); err != nil {
		t.Fatal(err)
	}
	const steps = `<script>
const out = [], say = (...words) => out.push(words.join(" | ")), at = id => document.getElementById(id);
const shown = () => document.body.dataset.shown;
const tabs = () => [...document.querySelectorAll(".tabs button")].map(b => b.textContent).join(" ");
const press = o => document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, ...o }));
const slide = (id, v) => { at(id).value = v; at(id).dispatchEvent(new Event("input", { bubbles: true })); };
const strip = s => [...at("strip" + s).querySelectorAll("figure")]
  .map(f => f.dataset.photo.slice(-3) + (f.className ? "+" : "")).join(" ");
const point = s => at("map" + s).querySelector("circle.query").style.transform;
at("runA").value = 0; at("runA").dispatchEvent(new Event("input")); slide("epochA", 0);
at("runB").value = 1; at("runB").dispatchEvent(new Event("input"));
say(shown()); say(tabs());
slide("epochB", 1);
say(shown()); say(tabs());
document.querySelector(".tabs [data-tab=same]").click();
document.querySelector("#list [data-query]").click();
const query = document.querySelector("#list [aria-pressed=true]").title;
say(query); say(strip("A")); say(strip("B"));
const before = point("B");
slide("epochB", 2);
say("moved", before !== point("B"));
press({ key: "ArrowLeft" }); say(shown());
press({ key: "ArrowRight", shiftKey: true }); say(shown());
press({ key: "ArrowDown" });
say("another", document.querySelector("#asked .frame img") !== null, at("histogramB").querySelectorAll("path").length);
at("swap").click(); say(shown());
at("measure").value = "loss"; at("measure").dispatchEvent(new Event("input"));
say("chart", at("chart").querySelectorAll("circle.hit").length, at("chart").querySelectorAll("path.branch").length > 0);
say("wide", document.documentElement.scrollWidth <= innerWidth);
document.title = out.join(";");
</script></body>`
	got := strings.Split(titleAfter(t, path, steps), ";")
	gains := func(from, to *ReplaySeen) string {
		gained, lost, same := 0, 0, 0
		for q := range r.Queries {
			switch {
			case to.Hits[q] > from.Hits[q]:
				gained++
			case to.Hits[q] < from.Hits[q]:
				lost++
			default:
				same++
			}
		}
		return fmt.Sprintf("%d find more %d find less %d find as many", gained, lost, same)
	}
	a, b := r.Runs[0].Epochs[0].Seen, r.Runs[1].Epochs[1].Seen
	first := slices.IndexFunc(a.Hits, func(int) bool { return true })
	for q := range a.Hits {
		if a.Hits[q] == b.Hits[q] {
			first = q
			break
		}
	}
	strip := func(s *ReplaySeen) string {
		var out []string
		for _, n := range s.Near[first] {
			text := fmt.Sprintf("%03d", n.Photo)
			if slices.Contains(r.Queries[first].Right, n.Photo) {
				text += "+"
			}
			out = append(out, text)
		}
		return strings.Join(out, " ")
	}
	want := []string{"1.8@0 softer@3", gains(a, r.Runs[1].Epochs[3].Seen), "1.8@0 softer@1", gains(a, b),
		r.Photos[r.Queries[first].Photo].ID, strip(a), strip(b), "moved | true", "1.8@0 softer@1", "1.8@1 softer@1",
		"another | true | 2", "softer@1 1.8@1", "chart | 8 | true", "wide | true"}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A page of 10,000 queries with as many different photos as there are is below 30 MB.
func TestReplayOfTenThousand(t *testing.T) {
	t.Parallel()
	if os.Getenv("PVS_SLOW") == "" {
		t.Skip("draws 3,000 pictures; PVS_SLOW=1 runs it")
	}
	path := filepath.Join(t.TempDir(), "replay.html")
	if to := os.Getenv("PVS_PAGE"); to != "" {
		path = to
	}
	if err := replayOf(10_000, 20, pictureFiles(t, 9000, 120)).HTML(path); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%.1f MB", float64(info.Size())/1e6); info.Size() > 30e6 {
		t.Errorf("%d bytes", info.Size())
	}
}
