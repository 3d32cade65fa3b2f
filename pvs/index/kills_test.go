package index

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Environment of the test of kills: how often, with which moments, and for the process that is killed its index.
const (
	killsEnv    = "PVS_INDEX_KILLS"
	killSeedEnv = "PVS_INDEX_KILLS_SEED"
	killedEnv   = "PVS_INDEX_KILLED"
)

// Groups of photos are put and removed as a whole, each transaction with a number that is the title of its photos.
const (
	killGroups = 60
	groupSize  = 5
	killDim    = 20
)

// group is the photos of a group as a transaction with a number puts them.
func group(g, number int) (out []Entry) {
	rng := rand.New(rand.NewPCG(uint64(g), uint64(number)))
	for i := range groupSize {
		v := make([]float32, killDim)
		v[g%killDim] = 2
		for d := range v {
			v[d] += 0.5 * float32(rng.NormFloat64())
		}
		out = append(out, Entry{Photo{ID: fmt.Sprintf("%d-%d", g, i), Product: fmt.Sprint("group ", g),
			Title: fmt.Sprint(number)}, unit(v)})
	}
	return out
}

func groupIDs(g int) (ids []string) {
	for i := range groupSize {
		ids = append(ids, fmt.Sprintf("%d-%d", g, i))
	}
	return ids
}

// killed is the process that is killed: it says what it is about to do, does it, and says that it is done.
func killed(dir string, first int) error {
	settleAt = 40
	w, err := OpenWriter(dir)
	if err != nil {
		return err
	}
	fmt.Println("open")
	rng := rand.New(rand.NewPCG(uint64(first), 3))
	for number := first; ; number++ {
		g := rng.IntN(killGroups)
		switch rng.IntN(12) {
		case 0:
			fmt.Println("compact")
			err = w.Compact(context.Background())
		case 1, 2, 3:
			fmt.Println("remove", g, number)
			_, err = w.Apply(context.Background(), Change{Remove: groupIDs(g)})
		default:
			fmt.Println("put", g, number)
			_, err = w.Apply(context.Background(), Change{Put: group(g, number)})
		}
		if err == nil {
			err = w.unsettled
		}
		if err != nil {
			return err
		}
		fmt.Println("done")
	}
}

// Killed at any moment of adding, removing, making codes and compacting, an index has every change that was
// acknowledged, and of the one that was not either all or nothing; searches meanwhile see no half of one.
func TestKills(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(killedEnv); dir != "" {
		first, _ := strconv.Atoi(os.Getenv(killSeedEnv))
		fmt.Println("error", killed(dir, first))
		return
	}
	kills, err := strconv.Atoi(os.Getenv(killsEnv))
	if err != nil {
		kills = 3
	}
	seed, _ := strconv.ParseUint(os.Getenv(killSeedEnv), 10, 64)
	rng := rand.New(rand.NewPCG(seed, 1))
	dir := filepath.Join(t.TempDir(), "index")
	want := map[int]int{} // group to number; 0: it is not there
	var start []Entry
	for g := range killGroups {
		want[g] = g%2 + 1
		start = append(start, group(g, g%2+1)...)
	}
	if _, err := Create(t.Context(), dir, Options{Dim: killDim}, list(start)); err != nil {
		t.Fatal(err)
	}
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	reader := watch(t, ix)
	done, searched, number := 0, 0, 10
	for kill := range kills {
		number += 1_000_000
		open, n := killOnce(t, dir, number, time.Duration(rng.IntN(300))*time.Millisecond, want)
		if t.Failed() {
			return
		}
		done += n
		if kill%20 == 19 || kill == kills-1 {
			if _, err := Verify(t.Context(), dir, nil); err != nil {
				t.Fatalf("after kill %d: %v", kill, err)
			}
		}
		checkGroups(t, dir, want, open)
	}
	searched = reader()
	t.Logf("%d kills, %d changes acknowledged, %d searches meanwhile", kills, done, searched)
	// After all of it a writer goes on, and codes of all can be made.
	w, err := OpenWriter(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Compact(t.Context()), w.Close()); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(t.Context(), dir, nil); err != nil || v.Removed != 0 || v.Segments > 1 {
		t.Error(v, err)
	}
	entries, err := os.ReadDir(filepath.Join(dir, codesFolder))
	if err != nil || len(entries) != 2 {
		t.Errorf("left in the folder of codes: %v, %v", entries, err)
	}
}

// killOnce runs the process, and kills it a while after it has opened the index; one in five,
// a while after it was started. It brings want up to date, and returns what was begun and not
// acknowledged, and how many changes were.
func killOnce(t *testing.T, dir string, number int, after time.Duration, want map[int]int) (open []string, done int) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run", "^TestKills$")
	c.Env = append(os.Environ(), killedEnv+"="+dir, fmt.Sprint(killSeedEnv, "=", number))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); errors.Is(err, syscall.ENOEXEC) {
		t.Skip("a test for another processor, in an emulator, cannot start itself")
	} else if err != nil {
		t.Fatal(err)
	}
	wait := time.Minute // should it never begin
	if number/1_000_000%5 == 0 {
		wait = after // while it starts, opens the index and mends what the last kill left
	}
	begin := time.AfterFunc(wait, func() { _ = c.Process.Kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		switch words[0] {
		case "open":
			if begin.Stop() {
				defer time.AfterFunc(after, func() { _ = c.Process.Kill() }).Stop()
			}
		case "error":
			t.Errorf("the writer ended: %s", lines.Text())
			_ = c.Process.Kill()
		case "done":
			note(open, want)
			open = nil
			done++
		default:
			open = words
		}
	}
	_ = c.Wait() // killed
	return open, done
}

// note notes a change.
func note(words []string, want map[int]int) {
	if len(words) != 3 {
		return
	}
	g, _ := strconv.Atoi(words[1])
	if words[0] == "remove" {
		want[g] = 0
	} else {
		want[g], _ = strconv.Atoi(words[2])
	}
}

// checkGroups compares an index with what was acknowledged; open may or may not have happened, and is then noted.
func checkGroups(t *testing.T, dir string, want map[int]int, open []string) {
	t.Helper()
	ix, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	or := map[int]int{}
	for g, n := range want {
		or[g] = n
	}
	note(open, or)
	for g := range killGroups {
		got, err := groupOf(s, g)
		if err != nil {
			t.Fatal(err)
		}
		if got != want[g] && got != or[g] {
			t.Errorf("group %d is of change %d, not %d or %d (%v)", g, got, want[g], or[g], open)
		}
		want[g] = got
	}
}

// groupOf returns the number of a group's photos, 0 where there are none, by a search and by the database; a mixture is
// an error.
func groupOf(s *Snapshot, g int) (number int, err error) {
	ctx := context.Background()
	photos, err := s.Product(ctx, fmt.Sprint("group ", g))
	if err != nil && !errors.Is(err, ErrUnknown) {
		return 0, err
	}
	titles := map[string]bool{}
	for _, p := range photos {
		titles[p.Title] = true
		number, _ = strconv.Atoi(p.Title)
	}
	if len(titles) > 1 || len(photos) != 0 && len(photos) != groupSize {
		return 0, fmt.Errorf("group %d is a mixture: %v", g, photos)
	}
	q := Query{Vector: group(g, max(number, 1))[0].Vector, K: killGroups * groupSize, Candidates: killGroups * groupSize}
	a, err := s.Search(ctx, q)
	if err != nil {
		return 0, err
	}
	found := 0
	for _, h := range a.Hits {
		if h.Product != fmt.Sprint("group ", g) {
			continue
		}
		found++
		at := slices.Index(groupIDs(g), h.ID)
		if at < 0 || h.Title != fmt.Sprint(number) {
			return 0, fmt.Errorf("group %d of change %d: found %v", g, number, h)
		}
		score := float32(0)
		for d, x := range group(g, number)[at].Vector {
			score += x * q.Vector[d]
		}
		if d := score - h.Score; d > 1e-4 || d < -1e-4 {
			return 0, fmt.Errorf("group %d of change %d: %s has the score %g, not %g", g, number, h.ID, h.Score, score)
		}
	}
	if found != len(photos) {
		return 0, fmt.Errorf("group %d: %d photos are found of %d", g, found, len(photos))
	}
	return number, nil
}

// watch searches all the while; the function that it returns ends that and returns how often.
func watch(t *testing.T, ix *Index) (end func() int) {
	var all sync.WaitGroup
	stop := make(chan struct{})
	n := 0
	all.Go(func() {
		var last uint64
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			if _, err := ix.Refresh(context.Background()); err != nil {
				t.Errorf("refreshing meanwhile: %v", err)
				return
			}
			s := ix.Snapshot()
			if s.State() < last {
				t.Errorf("state %d came after %d", s.State(), last)
			}
			last = s.State()
			_, err := groupOf(s, n%killGroups)
			s.Release()
			if err != nil {
				t.Errorf("meanwhile: %v", err)
				return
			}
			n++
		}
	})
	return func() int {
		close(stop)
		all.Wait()
		return n
	}
}
