package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// feedEnv is how many products the feed has that docs/feeds.sh downloads.
const feedEnv = "PVS_FEED"

// A feed from a server that fails in every tenth answer is complete after some interrupts and kills, each photo given
// once; a night's change of 1% goes into the index while it is searched.
func TestFeedReach(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv(feedEnv))
	if err != nil {
		t.Skip("downloads and embeds for many minutes: docs/feeds.sh runs it")
	}
	s := newShop(t, 128)
	s.every = 10
	for i := range n {
		s.titles[fmt.Sprintf("mug-%d", i)] = fmt.Sprintf("Mug %d", i)
		s.put(fmt.Sprintf("/mug-%d/1.jpg", i), 0)
	}
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	feed := s.write(t, at("feed.csv"), s.feed())
	// Killed processes leave requests without a record, at most those that were running.
	const perHost, stops = 4, 4
	for _, c := range []struct {
		signal syscall.Signal
		most   int // photos that are given more than once
	}{{syscall.SIGKILL, stops * perHost}, {syscall.SIGINT, 0}} {
		if err := os.RemoveAll(at("cat")); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		runs := importWithStops(t, []string{"import", "list", feed, "--out", at("cat"), "--allow-private", "--per-host",
			fmt.Sprint(perHost)}, c.signal, stops, time.Duration(n)*200*time.Microsecond)
		photos, again := s.reset()
		t.Logf("%s: %d photos in %d runs, %.0f s, %d given more than once", c.signal, photos, runs,
			time.Since(begun).Seconds(), again)
		if photos != n || again > c.most {
			t.Errorf("%d of %d photos were given, %d more than once", photos, n, again)
		}
	}
	begun := time.Now()
	made := ended(t, "index", "create", at("cat"), "--pixels", "112", "--out", at("ix"))
	t.Logf("index of %v photos of %v: %.0f s", made["photos"], made["network"], time.Since(begun).Seconds())

	changed, fresh, gone := n/200, n/400, n/400
	for i := range changed {
		s.put(fmt.Sprintf("/mug-%d/1.jpg", 7*i), 1)
	}
	for i := range fresh {
		s.titles[fmt.Sprintf("hat-%d", i)] = fmt.Sprintf("Hat %d", i)
		s.put(fmt.Sprintf("/hat-%d/1.jpg", i), 0)
	}
	for i := range gone {
		delete(s.photos, fmt.Sprintf("/mug-%d/1.jpg", 7*i+3))
	}
	night := s.write(t, at("night.csv"), s.feed())
	url, _, end := serving(t, "--index", at("ix"), "--addr", "127.0.0.1:0")
	photo := filepath.Join(at("cat"), pathOf(t, at("cat"), "mug-0-", 0))
	stop := searchAllTheWhile(t, url+"v1/search", photo)
	done := ended(t, "sync", night, "--catalog", at("cat"), "--index", at("ix"), "--allow-private", "--per-host", "8")
	searches, failed, slowest := stop()
	photos, again := s.reset()
	t.Logf("sync: %v", done)
	t.Logf("%d searches meanwhile, %d failed, the slowest took %.0f ms; %d photos were given, %d more than once", searches,
		failed, float64(slowest)/1e6, photos, again)
	if done["added"] != float64(fresh) || done["changed"] != float64(changed) || done["removed"] != float64(gone) ||
		done["unchanged"] != float64(n-changed-gone) || done["failed"] != 0.0 || failed > 0 || searches == 0 {
		t.Errorf("not %d added, %d changed, %d removed", fresh, changed, gone)
	}
	if photos != fresh+changed || again > 0 {
		t.Errorf("%d photos were given for %d", photos, fresh+changed)
	}
	time.Sleep(time.Second) // the server looks for changes now and then
	hat := filepath.Join(at("cat"), pathOf(t, at("cat"), "hat-0-", 0))
	if _, text := asked(t, url+"v1/search?k=50", hat); !strings.Contains(text, `"hat-0"`) {
		t.Errorf("the server does not find a new photo: %.300s", text)
	}
	if status := end(); status != 0 {
		t.Errorf("the server ended with %d", status)
	}
	ended(t, "index", "verify", at("ix"))
}

// importWithStops runs a command, stops it some times at random, and starts it again until it is done.
func importWithStops(t *testing.T, args []string, signal syscall.Signal, stops int, about time.Duration) (runs int) {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, uint64(signal)))
	for {
		var errs bytes.Buffer
		c := exec.Command(os.Args[0], args...)
		c.Env, c.Stderr = append(os.Environ(), commandEnv+"=1"), &errs
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if runs++; runs <= stops {
			time.Sleep(about/2 + time.Duration(rng.Int64N(int64(about))))
			_ = c.Process.Signal(signal) // it may have ended
		}
		err := c.Wait()
		if err == nil {
			return runs
		}
		if runs > 3*stops {
			t.Fatalf("after %d runs: %v, %s", runs, err, errs.String())
		}
	}
}

// ended runs a command in a process of its own and returns the JSON that it ends with.
func ended(t *testing.T, args ...string) (v map[string]any) {
	t.Helper()
	c := exec.Command(os.Args[0], append(args, "--json")...)
	var errs bytes.Buffer
	c.Env, c.Stderr = append(os.Environ(), commandEnv+"=1"), &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// searchAllTheWhile searches for a photo, one search after the other, until it is stopped.
func searchAllTheWhile(t *testing.T, url, photo string) (stop func() (searches, failed int, slowest time.Duration)) {
	t.Helper()
	stopped, enough := make(chan struct{}), make(chan struct{})
	var took []time.Duration
	failed := 0
	go func() {
		defer close(stopped)
		for {
			select {
			case <-enough:
				return
			default:
			}
			begun := time.Now()
			if status, text := asked(t, url, photo); status != 200 || !strings.Contains(text, `"products"`) {
				failed++
			}
			took = append(took, time.Since(begun))
		}
	}()
	return func() (int, int, time.Duration) {
		close(enough)
		<-stopped
		return len(took), failed, slices.Max(took)
	}
}
