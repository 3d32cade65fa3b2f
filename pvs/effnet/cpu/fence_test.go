//go:build cgo && amd64

package cpu_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is stored past the cache is fenced before C returns: else another core might read old values.
func TestStreamsAreFenced(t *testing.T) {
	files, err := filepath.Glob("*.h")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(source)
		if strings.Contains(text, "_stream_ps") && !strings.HasPrefix(file, "vector") {
			t.Errorf("%s stores past the cache without stream()", file)
		}
		// Of the exported functions only training's forward pass saves what is read much later.
		if strings.Contains(text, "stream(") && file != "mbconv_panels.h" && !strings.HasPrefix(file, "vector") {
			t.Errorf("%s streams: fence it where Go called, in export.h, and name it here", file)
		}
	}
	source, _ := os.ReadFile("export.h")
	_, rest, _ := strings.Cut(string(source), "PVS_EXPORT(pvs_forward)")
	body, _, _ := strings.Cut(rest, "\n}")
	forward, fence := strings.Index(body, "network_forward(t,"), strings.Index(body, "_mm_sfence()")
	if forward < 0 || fence < forward {
		t.Errorf("the forward pass is not fenced:\n%s", body)
	}
}
