package chart

import (
	"context"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// journeyPage writes the sample's page and returns its text.
func journeyPage(t *testing.T, j Journey) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "j.html")
	if err := j.HTML(path); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestJourneyHTML(t *testing.T) {
	t.Parallel()
	j := sampleJourney()
	j.Runs[3].Note = "<script>alert(1)</script>, </script>"
	j.Runs[3].Trains = `"><img src=x>`
	page := journeyPage(t, j)
	for _, r := range j.Runs {
		if !strings.Contains(page, `<tr data-run="`+r.Name+`"`) || !strings.Contains(page, ">"+r.measured()+"<") {
			t.Errorf("run %s or its score is not in the table", r.Name)
		}
	}
	outside := strings.ReplaceAll(page, `xmlns="http://www.w3.org/2000/svg"`, "")
	for _, bad := range []string{"<script>alert", "<img", "http://", "https://", "ZgotmplZ", "@import"} {
		if strings.Contains(outside, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	if n := strings.Count(page, `class="view"`); n != 3 {
		t.Errorf("%d pictures, want both series and each alone", n)
	}
	for light, c := range dark {
		if strings.Contains(page, `"`+hex(light)+`"`) && !strings.Contains(page, hex(c)) {
			t.Errorf("%s has no partner on a dark page", hex(light))
		}
	}
	for i := range j.Runs {
		j.Runs[i].Measured = nil
	}
	if n := strings.Count(journeyPage(t, j), `class="view"`); n != 1 {
		t.Errorf("%d pictures without measurements, want one", n)
	}
}

// The page's script in a browser: the pointer, the keyboard and the choice of a series.
func TestJourneyScript(t *testing.T) {
	t.Parallel()
	const steps = `<script>
const out = [], tip = document.getElementById("tip");
const lit = () => [...document.querySelectorAll("tbody .hot")].map(r => r.dataset.run).join(" ");
const say = (...words) => out.push(words.join(" | "));
const both = document.getElementById("view-both"), columns = [...both.querySelectorAll("svg > rect[fill=transparent]")];
say("columns", columns.length);
columns[8].dispatchEvent(new PointerEvent("pointerenter", {pointerType: "mouse"}));
say("over", lit(), tip.querySelector("h3").textContent, tip.querySelectorAll("li").length);
columns[8].dispatchEvent(new PointerEvent("pointerleave", {pointerType: "mouse"}));
say("left", lit(), tip.hidden);
columns[1].dispatchEvent(new MouseEvent("click", {bubbles: true}));
say("pinned", lit(), tip.hidden);
document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"}));
say("escape", lit(), tip.hidden);
document.querySelector("input[value=measured]").click();
say("views", [...document.querySelectorAll(".view")].map(v => !v.hidden));
const first = document.querySelector("#view-measured [tabindex='0']");
first.focus();
document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight", bubbles: true}));
say("key", document.activeElement.dataset.run, document.activeElement.getAttribute("aria-label").slice(0, 8));
document.title = out.join(";");
</script></body>`
	path := filepath.Join(t.TempDir(), "j.html")
	if err := os.WriteFile(path, []byte(journeyPage(t, sampleJourney())), 0o644); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(titleAfter(t, path, steps), ";")
	want := []string{"columns | 17", "over | 0 1.1 1.2 1.8 | Run 1.8 | 5", "left |  | true", "pinned | 0 1.1 | false",
		"escape |  | true",
		"views | false,false,true", "key | 1.1 | Run 1.1,"}
	if strings.Join(got, ";") != strings.Join(want, ";") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// titleAfter opens a page in a browser and returns the title that it has after steps, which end the page.
func titleAfter(t *testing.T, path, steps string) string {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here")
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path = filepath.Join(dir, "page.html")
	if err := os.WriteFile(path, []byte(strings.Replace(string(page), "</body>", steps, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dom, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--dump-dom", "file://"+path).Output()
	if err != nil {
		t.Skipf("chromium does not run here: %v", err)
	}
	_, rest, _ := strings.Cut(string(dom), "<title>")
	title, _, _ := strings.Cut(rest, "</title>")
	return html.UnescapeString(title)
}
