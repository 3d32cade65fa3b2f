package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A passport and a comparison, as people read them and as programs do.
func TestEvaluatePassportAgainst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const header = "query,rank,index,score\n"
	// b is tied with the right c in the first ranking, in which q2 finds nothing.
	write(t, at("one.csv"), header+"q1,1,b,0.9\nq1,2,c,0.9\nq2,1,x,0.5\n")
	write(t, at("two.csv"), header+"q1,1,c,0.9\nq1,2,b,0.8\nq2,1,d,0.5\nq3,1,x,0.5\n")
	write(t, at("truth.csv"), "query,index\nq1,c\nq2,d\n")
	args := []string{"evaluate", at("two.csv"), "--truth", at("truth.csv"), "--against", at("one.csv"), "--passport"}
	status, stdout, stderr := pvs(t, append(args, "--json")...)
	if status != 0 {
		t.Fatal(stderr)
	}
	v := object(t, stdout, "mar_at_10", "passport", "passport_conventions", "passport_notes", "against")
	var mrr map[string]any
	for _, e := range v["passport"].([]any) {
		if e := e.(map[string]any); e["name"] == "mrr" {
			mrr = e
		}
	}
	for _, key := range []string{"value", "low", "high", "also", "title", "formula", "convention"} {
		if _, ok := mrr[key]; !ok {
			t.Errorf("the passport's mrr lacks %s: %v", key, mrr)
		}
	}
	if mrr["value"] != 1.0 || mrr["also"].(map[string]any)["trec_eval"] != "recip_rank" {
		t.Errorf("mrr is %v", mrr)
	}
	first := v["against"].([]any)[0].(map[string]any)
	if first["name"] != "mar_at_10" || first["value"] != 0.5 || first["queries_better"] != 1.0 ||
		first["test"].(map[string]any)["p"] != 1.0 || first["queries_needed"] != 16.0 {
		t.Errorf("against: %v", first)
	}
	if !strings.Contains(stderr, "1 queries have results in "+at("two.csv")+" alone") {
		t.Errorf("said %q", stderr)
	}
	for _, name := range []string{"chart.png", "chart.svg"} {
		status, _, stderr := pvs(t, "evaluate", at("one.csv"), "--truth", at("truth.csv"), "--chart", at(name))
		if info, err := os.Stat(at(name)); status != 0 || err != nil || info.Size() < 5000 {
			t.Errorf("%s: %v, %s", name, err, stderr)
		}
	}
	misused(t, []string{"evaluate", at("one.csv"), "--truth", at("truth.csv"), "--chart", at("chart.jpg")}, "nor an SVG")
	_, stdout, _ = pvs(t, args...)
	for _, say := range []string{"trec_eval: recip_rank", "= h / R", "no_truth_0: queries without truth count as 0",
		"about 16 queries would be needed to tell them apart; here are 2", "all signs were tried, in steps of 1"} {
		if !strings.Contains(stdout, say) {
			t.Errorf("the text lacks %q:\n%s", say, stdout)
		}
	}
}

// Each bad ranking or truth is one sentence that names the file.
func TestEvaluateBadRankings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const header = "query,rank,index,score\n"
	write(t, at("good.csv"), header+"q,1,a,1\n")
	write(t, at("twice.csv"), header+"q,1,a,1\nq,2,a,0.5\n")
	write(t, at("nan.csv"), header+"q,1,a,NaN\n")
	write(t, at("gap.csv"), header+"q,1,a,1\nq,3,b,0.5\n")
	write(t, at("truth.csv"), "query,index\nq,a\n")
	write(t, at("others.csv"), "query,index\nz,a\n")
	for _, c := range []struct{ ranked, truth, say string }{
		{"twice.csv", "truth.csv", "twice.csv: the results of query q name a twice"},
		{"nan.csv", "truth.csv", `nan.csv: line 2: the score "NaN" is no finite number`},
		{"gap.csv", "truth.csv", `gap.csv: line 3: the rank of query q is "3" where 2 should follow`},
		{"good.csv", "others.csv", "none of the 1 queries that have results is among the 1 of the truth; name the truth"},
	} {
		for _, args := range [][]string{
			{at(c.ranked), "--truth", at(c.truth), "--passport"},
			{at("good.csv"), "--truth", at(c.truth), "--against", at(c.ranked)},
		} {
			status, _, stderr := pvs(t, append([]string{"evaluate"}, args...)...)
			lines := strings.Split(strings.TrimSpace(stderr), "\n")
			last := lines[len(lines)-1]
			if status != 1 || !strings.HasPrefix(last, "pvs: ") || !strings.Contains(last, c.say) {
				t.Errorf("%v: status %d, %q; want %q", args, status, last, c.say)
			}
		}
	}
}
