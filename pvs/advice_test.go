package pvs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commands is what texts of the command's own look like: its flags, variables and verbs.
var commands = regexp.MustCompile(`--[a-z]|\b(GOMLX|PVS)_[A-Z]|\bcommand pvs\b|` +
	`\bpvs (setup|lab|quickstart|data|import|check|records|train|journey|embed|convert|index|search|serve|` +
	`evaluate|verify|bench)\b`)

// speaksOf are files that name them, each with its reason.
var speaksOf = map[string]string{
	"kernels/variables/variables.go": "it is about the variables",
	"kernels/scripts.go":             "a script that starts another program",
	"pvs/lab/ready.go":               "who reads a notebook has the checkout",
}

// A library's text names no flag, variable or verb of the command, which a program that
// imports it does not have: pvs/cmd/pvs/advice.go adds them.
func TestNoAdviceOfTheCommand(t *testing.T) {
	for _, root := range []string{".", "../data", "../kernels"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			name := strings.TrimPrefix(filepath.ToSlash(filepath.Join("pvs", path)), "../")
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") ||
				strings.HasPrefix(name, "pvs/cmd/") || speaksOf[name] != "" {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				text, ok := n.(*ast.BasicLit)
				// A text that begins with a flag is an argument for another program.
				if ok && text.Kind == token.STRING && !strings.HasPrefix(text.Value, `"--`) &&
					commands.MatchString(text.Value) {
					t.Errorf("%s: %s; give the error a sentinel, and say what to do in pvs/cmd/pvs/advice.go",
						name, text.Value)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"leave it out with --skip-bad", "name one by PVS_CACHE", "write them with pvs embed"} {
		if !commands.MatchString(text) {
			t.Errorf("%q is no longer noticed", text)
		}
	}
}
