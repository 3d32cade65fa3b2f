package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// commandEnv turns the test's program into the command, so that a test can kill it.
const commandEnv = "PVS_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
	}
	if os.Getenv("GOMLX_BACKEND") == "" { // the pure-Go one needs no download
		os.Setenv("GOMLX_BACKEND", "go")
	}
	os.Exit(m.Run())
}

// killsEnv is how often each verb is killed (docs/kills.sh), killSeedEnv gives other
// moments than those of every day.
const (
	killsEnv    = "PVS_KILLS"
	killSeedEnv = "PVS_KILLS_SEED"
)

// job is a command line that is killed; OUT in it is its output's folder.
type job struct {
	name string
	args []string
}

// Killed at any moment, also within the last renames, with a second writer beside it
// now and then, every verb that goes on ends with the files of an unbroken run.
func TestKills(t *testing.T) {
	t.Parallel()
	kills, err := strconv.Atoi(os.Getenv(killsEnv))
	if err != nil {
		t.Skip("kills processes for some seconds: docs/kills.sh runs it")
	}
	seed, _ := strconv.ParseUint(os.Getenv(killSeedEnv), 10, 64)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	const phases = "[[phase]]\nname = \"top\"\ntrains = \"new top\"\nviews = \"A0 A2\"\n" +
		"learning_rate = 1e-2\nepochs = 2\n\n" +
		"[[phase]]\nname = \"block\"\nfrom = \"top\"\ntrains = \"from block7a\"\nviews = \"A0\"\n" +
		"learning_rate = 1e-3\nepochs = 2\n\n" +
		"[[phase]]\nname = \"head\"\nfrom = \"block\"\ntrains = \"siamese head\"\nmargin = 0.5\nviews = \"A0 A1\"\n" +
		"learning_rate = 1e-3\nepochs = 2\n"
	if err := os.WriteFile(at("mine.toml"), []byte(phases), 0o644); err != nil {
		t.Fatal(err)
	}
	weights, err := filepath.Abs(miniWeights)
	if err != nil {
		t.Fatal(err)
	}
	network := []string{"--weights", weights, "--model", "mini"}
	for _, args := range [][]string{
		{"data", "synth", "--products", "8", "--train", "24", "--size", "64", "--out", at("cat")},
		{"data", "synth", "--products", "1", "--train", "16", "--size", "320", "--out", at("large")},
		{"data", "defects", at("cat"), "--each", "4", "--kinds", "unreadable,exact,reencoded,resized,cropped",
			"--out", at("bad")},
		{"data", "vectors", "--index", "12000", "--queries", "10", "--dim", "64", "--out", at("vectors")},
		{"convert", at("vectors/index.npy"), at("vectors/index.parquet")},
		{"convert", at("vectors/index.npy"), at("vectors/shards.tfrecord"), "--shard-mb", "1"},
	} {
		c := command(context.Background(), args)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	time.Sleep(2 * time.Second) // times of younger files are not kept (package stamp), and an unbroken run would differ
	for _, jobs := range [][]job{
		{{"embed", append([]string{"embed", at("cat"), "--split", "index", "--pixels", "32", "--batch", "2",
			"--out", "OUT/v"}, network...)}},
		{{"train", append([]string{"train", at("cat"), "--scale", "smoke", "--pixels", "32", "--phases", at("mine.toml"),
			"--run", "head", "--out", "OUT"}, network...)}},
		{{"records", []string{"records", at("large"), "--quality", "100", "--shard-mb", "1", "--out", "OUT"}}},
		{
			{"convert to TFRecord", []string{"convert", at("vectors/index.npy"), "OUT/w.tfrecord", "--shard-mb", "1"}},
			{"convert to Parquet", []string{"convert", at("vectors/index.npy"), "OUT/w.parquet"}},
			{"convert from TFRecord", []string{"convert", at("vectors/shards.json"), "OUT/w.npy"}},
			{"convert from Parquet", []string{"convert", at("vectors/index.parquet"), "OUT/w.npy"}},
		},
		{{"check", append([]string{"check", at("bad"), "--pixels", "32", "--batch", "4", "--out", "OUT"}, network...)}},
	} {
		for i, j := range jobs {
			t.Run(j.name, func(t *testing.T) {
				k := &killing{job: j, dir: at("kills " + j.name), rng: rand.New(rand.NewPCG(seed, uint64(i)))}
				k.run(t, max(1, kills/len(jobs)))
			})
		}
	}
}

// command is the command in a process of its own.
func command(ctx context.Context, args []string) *exec.Cmd {
	c := exec.CommandContext(ctx, os.Args[0], args...)
	c.Env = append(os.Environ(), commandEnv+"=1", "GOMLX_BACKEND="+killBackend())
	c.WaitDelay = time.Minute
	return c
}

// killBackend is the pure-Go one, which is everywhere, unless PVS_KILLS_BACKEND is set.
func killBackend() string {
	if b, ok := os.LookupEnv("PVS_KILLS_BACKEND"); ok {
		return b
	}
	return "go"
}

// killing kills one job again and again.
type killing struct {
	job
	dir     string
	rng     *rand.Rand
	took    time.Duration // an unbroken run
	changes int           // of the folder's list of files, in an unbroken run
	want    map[string]string

	kills, refusals, seconds, trials int // what was done
}

// start starts the job into a folder.
func (k *killing) start(t *testing.T, out string) *process {
	t.Helper()
	var args []string
	for _, a := range k.args {
		args = append(args, strings.Replace(a, "OUT", out, 1))
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: command(context.Background(), args), done: make(chan struct{})}
	p.Stdout, p.Stderr = &p.said, &p.said
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.Wait()
		close(p.done)
	}()
	return p
}

// process is a job that runs.
type process struct {
	*exec.Cmd
	said bytes.Buffer
	done chan struct{} // closed at its end
	err  error
}

// refused says whether it ended with the sentence on another writer.
func (p *process) refused() bool {
	var exit *exec.ExitError
	return errors.As(p.err, &exit) && exit.ExitCode() == 1 &&
		strings.Contains(p.said.String(), "is being written by another process")
}

// run makes the unbroken run and kills others.
func (k *killing) run(t *testing.T, kills int) {
	whole := filepath.Join(k.dir, "whole")
	begin := time.Now()
	p := k.start(t, whole)
	k.changes = watch(whole, p, -1)
	if k.took = time.Since(begin); p.err != nil {
		t.Fatalf("unbroken: %v: %s", p.err, p.said.String())
	}
	k.want = finalFiles(t, whole)
	start := time.Now()
	for k.kills < kills && k.trials < 3*kills+10 && !t.Failed() {
		k.trial(t, min(kills-k.kills, 1+k.rng.IntN(3)))
	}
	if k.kills < kills {
		t.Errorf("only %d of %d kills came before the end of the job", k.kills, kills)
	}
	t.Logf("%s: %d kills in %d trials, with %d second writers of which %d were refused; "+
		"%d files each time as those of an unbroken run (%.1f s); %.0f s",
		k.name, k.kills, k.trials, k.seconds, k.refusals, len(k.want), k.took.Seconds(), time.Since(start).Seconds())
}

// trial kills the job some times and lets it end.
func (k *killing) trial(t *testing.T, kills int) {
	k.trials++
	out := filepath.Join(k.dir, fmt.Sprint("trial ", k.trials))
	var second *process
	for range kills {
		p := k.start(t, out)
		if second == nil && k.rng.IntN(3) == 0 {
			time.Sleep(time.Duration(k.rng.Float64() * 0.5 * float64(k.took)))
			second = k.start(t, out)
			k.seconds++
		}
		k.killAtRandom(out, p)
		if p.err == nil || p.refused() { // before the kill; refused by the second, which was quicker
			continue
		}
		var exit *exec.ExitError
		if !errors.As(p.err, &exit) || exit.Exited() {
			t.Errorf("%v: %s", p.err, p.said.String())
			return
		}
		k.kills++
	}
	if second != nil {
		<-second.done
		if second.err != nil && !second.refused() {
			t.Errorf("the second writer: %v: %s", second.err, second.said.String())
		}
		if second.refused() {
			k.refusals++
		}
	}
	p := k.start(t, out)
	<-p.done
	if p.err != nil {
		t.Errorf("after %d kills: %v: %s", kills, p.err, p.said.String())
		return
	}
	got := finalFiles(t, out)
	for file, want := range k.want {
		if got[file] != want {
			keep := filepath.Join(os.TempDir(), "pvs-kills-differ")
			_ = os.MkdirAll(keep, 0o755)
			_ = os.WriteFile(filepath.Join(keep, "got "+filepath.Base(file)), []byte(got[file]), 0o644)
			_ = os.WriteFile(filepath.Join(keep, "want "+filepath.Base(file)), []byte(want), 0o644)
			t.Errorf("trial %d: %s is not as in an unbroken run (both are in %s)", k.trials, file, keep)
		}
	}
	for file := range got {
		if _, ok := k.want[file]; !ok {
			t.Errorf("trial %d: %s is left, which an unbroken run does not leave", k.trials, file)
		}
	}
	if err := os.RemoveAll(out); err != nil {
		t.Error(err)
	}
}

// killAtRandom kills a process at a moment of its run time, or as a file of the folder
// comes or goes, and waits for its end.
func (k *killing) killAtRandom(out string, p *process) {
	if k.rng.IntN(2) == 0 {
		select {
		case <-time.After(time.Duration(k.rng.Float64() * float64(k.took))):
		case <-p.done:
		}
	} else {
		watch(out, p, 1+k.rng.IntN(max(1, k.changes)))
	}
	_ = p.Process.Kill() // may have ended
	<-p.done
}

// watch counts how often a folder's list of files changes until the process ends, or up
// to a number.
func watch(dir string, p *process, until int) int {
	changes, before := 0, ""
	for {
		if now := strings.Join(names(dir), "\n"); now != before {
			before = now
			if changes++; changes == until {
				return changes
			}
		}
		select {
		case <-p.done:
			return changes
		case <-time.After(100 * time.Microsecond):
		}
	}
}

// names lists all files under a folder.
func names(dir string) (list []string) {
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return nil // files come and go
	})
	return list
}

// finalFiles reads the files of a folder but those that stand for nothing: what a kill
// left of a file that was not whole. What tells the time is taken out.
func finalFiles(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, path := range names(dir) {
		if strings.HasPrefix(filepath.Base(path), ".") {
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			t.Fatal(err)
		}
		files[rel] = timeless(t, rel, string(data))
	}
	return files
}

// times are the members of checkpoints and other JSON that no two runs have alike.
var times = regexp.MustCompile(`"(seconds|images_per_second|waited|date)": ?("[^"]*"|[-+.e0-9]+)`)

var sidecarSum = regexp.MustCompile(`"sha256": ?"[^"]*"`)

// timeless is a file without what tells the time.
func timeless(t *testing.T, name, text string) string {
	t.Helper()
	switch {
	case filepath.Ext(name) == ".json" && strings.Contains(text, `"pvs vectors"`): // its own digest is of its date, too
		text = sidecarSum.ReplaceAllString(text, `"sha256": -`)
		fallthrough
	case filepath.Ext(name) == ".json":
		return times.ReplaceAllString(text, `"$1": -`)
	case filepath.Ext(name) == ".safetensors":
		return checkpoint(t, name, text)
	case filepath.Base(name) == "epochs.csv": // its last three columns are times
		var lines []string
		for line := range strings.Lines(text) {
			fields := strings.Split(line, ",")
			lines = append(lines, strings.Join(fields[:max(0, len(fields)-3)], ","))
		}
		return strings.Join(lines, "\n")
	}
	return text
}

// checkpoint is the tensors of a file and its metadata without times.
func checkpoint(t *testing.T, name, text string) string {
	t.Helper()
	length := 0
	for i := range 8 {
		length |= int(text[i]) << (8 * i)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text[8:8+length]), &header); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var out []string
	for entry, value := range header {
		if entry == "__metadata__" {
			var metadata map[string]string
			if err := json.Unmarshal(value, &metadata); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			for k, v := range metadata {
				out = append(out, k+" "+times.ReplaceAllString(v, `"$1": -`))
			}
			continue
		}
		out = append(out, entry+" "+string(value))
	}
	slices.Sort(out)
	return strings.Join(out, "\n") + text[8+length:]
}
