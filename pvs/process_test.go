package pvs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reaches are what a library does not do in somebody's program: read or change variables of
// the environment, change malloc, ask git, act when it is loaded, take signals.
var reaches = map[string]*regexp.Regexp{
	"reads or sets variables of the environment": regexp.MustCompile(
		`\bos\.(Getenv|LookupEnv|Setenv|Unsetenv|Clearenv|Environ|ExpandEnv)\b|` +
			`\bsyscall\.(Getenv|Setenv|Environ)\b|\bgetenv\s*\(|\bsetenv\s*\(`),
	"changes malloc": regexp.MustCompile(
		`\bmallopt\s*\(|__attribute__\s*\(\(\s*constructor|\bdebug\.Set(GCPercent|MemoryLimit|MaxThreads)\b`),
	"runs git":         regexp.MustCompile(`exec\.Command(Context)?\([^)]*"git"`),
	"takes signals":    regexp.MustCompile(`\bsignal\.(Notify|NotifyContext|Ignore|Reset)\b`),
	"ends the process": regexp.MustCompile(`\bos\.Exit\b|\blog\.Fatal`),
}

// allowed are the exceptions, each with its reason.
var allowed = map[string][]string{
	// where the caller asks for it: Options.KeepMemory
	"pvs/backend/memory_linux.go": {"changes malloc"},
	// ONNX Runtime's library, put back at once
	"pvs/backend/handover.go": {"reads or sets variables of the environment"},
	// Context: of a notebook's cell, which is a program
	"pvs/lab/place.go": {"takes signals"},
	// a cell's, with a sentence in place of a stack trace
	"pvs/lab/failure.go": {"ends the process"},
}

// The library does not own the process: only the command acts for it.
func TestProcessIsLeftAlone(t *testing.T) {
	comment := regexp.MustCompile(`(?m)//.*$`)
	seen := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		name := "pvs/" + filepath.ToSlash(path)
		if err != nil || d.IsDir() || strings.HasPrefix(name, "pvs/cmd/") || strings.HasSuffix(name, "_test.go") ||
			!slices.Contains([]string{".go", ".c", ".h"}, filepath.Ext(name)) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := data
		if filepath.Ext(name) == ".go" {
			text = comment.ReplaceAll(data, nil) // cgo's C is in the other kind of comment
		}
		for what, sign := range reaches {
			if found := sign.Find(text); found != nil {
				if seen[name+what] = true; !slices.Contains(allowed[name], what) {
					t.Errorf("%s %s: %s; let its caller choose by an option", name, what, found)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, whats := range allowed {
		for _, what := range whats {
			if !seen[name+what] {
				t.Errorf("%s no longer %s: take it off the list", name, what)
			}
		}
	}
}
