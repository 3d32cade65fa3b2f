package teach

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
)

var made = Made{Name: "shop", Network: "a network", Dim: 3, Digest: "d"}

func clickOn(query, found string, same bool) Click {
	return Click{Query: PhotoSide(query, ""), Found: PhotoSide(found, strings.Repeat("ab", 32)), Same: same, Who: " Ann ",
		Index: made}
}

func add(t testing.TB, j *Journal, c Click) Click {
	t.Helper()
	c, err := j.Add(c)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What was added is there after the next start; what was taken back is not, and what it replaced counts again.
func TestJournal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "clicks.jsonl")
	if _, err := Read(path); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, onewriter.ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
	before := j.State()
	first := add(t, j, clickOn("q", "a", true))
	if again := add(t, j, clickOn("q", "a", true)); again.ID != first.ID {
		t.Error("the same click is kept twice")
	}
	second := add(t, j, clickOn("q", "a", false)) // another opinion
	sent := clickOn("", "b", false)
	sent.Query = VectorSide([]float32{0.6, 0, -0.8})
	third := add(t, j, sent)
	if first.Who != "Ann" || first.When.IsZero() || len(first.ID) != 12 || first.Found.Digest != "abababababababab" {
		t.Errorf("%+v", first)
	}
	if s := j.State(); s.Lines != 3 || len(s.Clicks) != 3 || len(s.Standing) != 2 || s.Standing[0].ID != second.ID {
		t.Errorf("%+v", s)
	}
	if len(before.Clicks) != 0 {
		t.Error("a state changes")
	}
	if err := j.Undo(second.ID, "Bob"); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{second.ID, "none", ""} {
		if err := j.Undo(id, ""); !errors.Is(err, ErrNoClick) {
			t.Errorf("%q taken back: %v", id, err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Add(clickOn("q", "z", true)); err == nil {
		t.Error("a closed journal takes clicks")
	}
	s, err := Read(path)
	if err != nil || s.Lines != 4 || len(s.Standing) != 2 || s.Standing[0].ID != first.ID ||
		s.Standing[1].ID != third.ID || s.Clicks[0] != first {
		t.Errorf("%+v, %v", s, err)
	}
}

// A last line that a kill cut off is left out, whatever it is cut to; the next click follows the whole ones.
func TestTornLine(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "clicks.jsonl")
	j, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	add(t, j, clickOn("q", "a", true))
	add(t, j, clickOn("q", "b", true))
	j.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	one := strings.IndexByte(string(whole), '\n') + 1
	for cut := one; cut < len(whole); cut += 7 {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if s, err := Read(path); err != nil || len(s.Clicks) != 1 {
			t.Fatalf("cut at %d: %+v, %v", cut, s, err)
		}
		if j, err = Open(path); err != nil {
			t.Fatal(err)
		}
		add(t, j, clickOn("q", "c", false))
		j.Close()
		if s, err := Read(path); err != nil || len(s.Clicks) != 2 || s.Clicks[1].Found.Photo != "c" {
			t.Fatalf("cut at %d, then a click: %+v, %v", cut, s, err)
		}
	}
}

// A line in the middle that is none is an error that names it, and the file stays as it is.
func TestDamagedLine(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"nonsense", "{}", `{"click":"x"}`, "[1]",
		`{"click":"x","query":{"vector":"AAAA"},"found":{"photo":"a"},"index":{"dim":3}}`,
		`{"click":"x","query":{"photo":"a"},"found":{"photo":"a"},"index":{"dim":3}}`} {
		path := filepath.Join(t.TempDir(), "clicks.jsonl")
		text := line + "\n" + `{"undo":"x"}` + "\n"
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Read(path)
		_, again := Open(path)
		if !errors.Is(err, ErrLine) || !errors.Is(again, ErrLine) || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: %v, %v", line, err, again)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != text {
			t.Errorf("%s: the file is %q now, %v", line, now, err)
		}
		j, err := Open(path + ".other")
		if err != nil {
			t.Fatal(err)
		}
		j.Close()
	}
}

func TestRefusedClicks(t *testing.T) {
	t.Parallel()
	j, err := Open(filepath.Join(t.TempDir(), "clicks.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	good := clickOn("q", "a", true)
	for name, change := range map[string]func(*Click){
		"has no id":           func(c *Click) { c.Found = Side{} },
		"a vector":            func(c *Click) { c.Query = Side{} },
		"the same one":        func(c *Click) { c.Query = c.Found },
		"of at most 80 bytes": func(c *Click) { c.Who = strings.Repeat("x", 81) },
		"control characters":  func(c *Click) { c.Who = "a\nb" },
		"of which index":      func(c *Click) { c.Index = Made{} },
		"the 3 values":        func(c *Click) { c.Query = VectorSide([]float32{1, 0}) },
		"the vector of a pho": func(c *Click) { c.Query = Side{Vector: "AAAA"} },
	} {
		c := good
		change(&c)
		if _, err := j.Add(c); !errors.Is(err, ErrClick) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s := j.State(); s.Lines != 0 {
		t.Errorf("%+v", s)
	}
	if _, err := j.Add(Click{Query: good.Query, Found: good.Found, Index: made, When: time.Unix(1, 0)}); err != nil {
		t.Error(err)
	}
}

// A vector that is kept points where the photo's did.
func TestVectorSide(t *testing.T) {
	t.Parallel()
	for _, v := range unit(rand.New(rand.NewPCG(5, 0)), 20, 1280) {
		got, err := VectorSide(v).vector(1280)
		if err != nil || math.Abs(inner(got, got)-1) > 1e-5 || inner(got, v) < 0.999 {
			t.Fatalf("%v, cosine %g", err, inner(got, v))
		}
	}
}
