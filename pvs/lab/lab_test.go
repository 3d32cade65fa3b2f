package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/kernels/variables"
	"github.com/gopvs/product-visual-search/pvs/chart"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

func TestTable(t *testing.T) {
	got := table([]string{"network", "MAR@10"}, [][]any{{"Lite0", 0.547}, {"<colours>", 0.029}})
	want := `<table><thead><tr>` +
		`<th style="text-align:left">network</th><th style="text-align:right">MAR@10</th></tr></thead>` +
		`<tbody><tr><td style="text-align:left">Lite0</td><td style="text-align:right">0.547</td></tr>` +
		`<tr><td style="text-align:left">&lt;colours&gt;</td><td style="text-align:right">0.029</td></tr></tbody></table>`
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFolder(t *testing.T) {
	root := t.TempDir()
	t.Setenv(variables.Work, root)
	for smoke, want := range map[string]string{"1": "smoke", "": "lab"} {
		t.Setenv(variables.Smoke, smoke)
		got := Folder("a")
		if got != filepath.Join(root, want, "a") {
			t.Errorf("got %s", got)
		}
		if info, err := os.Stat(got); err != nil || !info.IsDir() {
			t.Errorf("%s was not made", got)
		}
		if Scaled("smoke", "lab") != want {
			t.Errorf("PVS_SMOKE=%q is not %s", smoke, want)
		}
	}
}

func TestCheckGo(t *testing.T) {
	for have, ok := range map[string]bool{"go1.26": true, "go1.26.5": true, "go1.30.1": true, "devel go1.27-abc": true,
		"go1.25.9": false, "go1.9": false} {
		err := checkGo(have)
		if (err == nil) != ok {
			t.Errorf("%s: %v", have, err)
		}
		if err != nil && (!strings.Contains(err.Error(), have) || !strings.Contains(err.Error(), "setup --lab")) {
			t.Errorf("%q does not say what to do", err)
		}
	}
}

// The version in Ready's check is the one that the module asks for.
func TestNeedsGo(t *testing.T) {
	data, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), "\ngo "+strings.TrimPrefix(needsGo, "go")) {
		t.Errorf("go.mod asks for another Go than %s", needsGo)
	}
}

func TestWayOut(t *testing.T) {
	if wayOut(nil, "x") != nil {
		t.Error("no error became one")
	}
	if err := wayOut(errors.New("no route"), "no weights"); !strings.Contains(err.Error(), "no weights (no route)") ||
		!strings.Contains(err.Error(), "pvs setup") {
		t.Errorf("got %v", err)
	}
	if err := wayOut(context.Canceled, "no weights"); err != context.Canceled {
		t.Errorf("stopping became %v", err)
	}
}

func TestCheckFolder(t *testing.T) {
	dir := t.TempDir()
	if err := checkFolder(dir); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); left != nil {
		t.Errorf("left %v", left)
	}
	if err := checkFolder(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), variables.Work) {
		t.Errorf("got %v", err)
	}
}

func TestSentence(t *testing.T) {
	if s := sentence(fmt.Errorf("run 1: %w", context.Canceled)); !strings.Contains(s, "run the cell again") {
		t.Error(s)
	}
	if s := sentence(errors.New("photo p1 is cut off")); !strings.HasSuffix(s, ": photo p1 is cut off") {
		t.Error(s)
	}
}

// Without a notebook widgets show their first value once and nothing waits.
func TestWidgetsAlone(t *testing.T) {
	var got []int
	Slider("margin", 0, 10, 5, func(f *Frame, v int) { got = append(got, v) })
	Select("query", []string{"a", "b"}, func(f *Frame, i int) { got = append(got, i) })
	if len(got) != 2 || got[0] != 5 || got[1] != 0 {
		t.Errorf("got %v", got)
	}
	if Upload("photo", filepath.Join(t.TempDir(), "p.jpg")) {
		t.Error("a photo came from nowhere")
	}
}

func TestDecodeURI(t *testing.T) {
	if b, err := decodeURI("data:image/jpeg;base64,AQI="); err != nil || !bytes.Equal(b, []byte{1, 2}) {
		t.Errorf("got %v, %v", b, err)
	}
	for _, bad := range []string{"ready", "", "data:text/html;base64,AQI=", "data:image/jpeg;base64,!"} {
		if _, err := decodeURI(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestLossCurve(t *testing.T) {
	l := liveCurve{title: "loss"}
	l.draw() // nothing to draw yet
	for i, p := range []finetune.Progress{{What: "frozen layers", Done: 1}, {What: "training 1.0", Done: 1, Loss: 3},
		{What: "training 1.0", Done: 2, Loss: 2}, {What: "training 1.1", Done: 1, Loss: 1}} {
		l.add(p)
		if want := max(0, i); l.steps != want {
			t.Errorf("%d steps after report %d, want %d", l.steps, i, want)
		}
	}
	if len(l.lines) != 2 || l.lines[0].Name != "1.0" || len(l.lines[0].Points) != 2 ||
		l.lines[1].Points[0] != (chart.Point{X: 3, Y: 1}) {
		t.Errorf("got %+v", l.lines)
	}
}

// A picture is drawn to its file and decoded again.
func TestRender(t *testing.T) {
	m, data := render(chart.Curves{Title: "t", Lines: []chart.Curve{{Name: "a", Points: []chart.Point{{X: 1, Y: 1},
		{X: 2, Y: 3}}}}})
	if m.Bounds().Dx() < 1000 || len(data) < 1000 {
		t.Errorf("%v in %d bytes", m.Bounds(), len(data))
	}
}

// Photos are sent as JPEGs, drawings as PNGs.
func TestEncode(t *testing.T) {
	flat := image.NewRGBA(image.Rect(0, 0, 600, 600))
	if kind, _ := encode(flat); kind != "image/png" {
		t.Errorf("a flat picture is sent as %s", kind)
	}
	// A photo: soft shades with some noise.
	rng := rand.New(rand.NewPCG(1, 2))
	photo := image.NewGray(flat.Rect)
	for i := range photo.Pix {
		photo.Pix[i] = uint8(i%600/4 + rng.IntN(12))
	}
	kind, data := encode(photo)
	if kind != mimeJPEG {
		t.Fatalf("a photo is sent as %s", kind)
	}
	if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
		t.Error(err)
	}
}
