package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v2"
)

// textsIn are all texts of a parsed file.
func textsIn(v any, take func(string)) {
	switch v := v.(type) {
	case string:
		take(v)
	case []any:
		for _, x := range v {
			textsIn(x, take)
		}
	case map[any]any:
		for _, x := range v {
			textsIn(x, take)
		}
	}
}

// commandIn is a line of a script that runs this program.
var commandIn = regexp.MustCompile(`(?m)(?:^|\|\| |exec )\s*pvs ([^|;&\n]*)`)

// What the files for Compose and Kubernetes run are verbs and flags that there are, with numbers within their limits.
func TestDeployFiles(t *testing.T) {
	files, err := filepath.Glob("../../../docs/deploy/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	t.Setenv("HOSTNAME", "shards-1")
	t.Setenv("n", "2")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		verbs := map[string]int{}
		for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
			var document map[any]any
			if err := d.Decode(&document); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			textsIn(document, func(text string) {
				text = strings.ReplaceAll(text, "\\\n", " ")
				for _, found := range commandIn.FindAllStringSubmatch(text, -1) {
					args := strings.Fields(strings.ReplaceAll(os.ExpandEnv(found[1]), `"`, ""))
					if err := parses(args); err != nil {
						t.Errorf("%s: pvs %s: %v", file, strings.Join(args, " "), err)
					}
					verbs[args[0]]++
				}
			})
		}
		want := map[string]string{"compose.yaml": "map[embed:2 index:3 serve:4]", "embed-job.yaml": "map[embed:1]",
			"kubernetes.yaml": "map[embed:1 index:2 serve:3]"}[filepath.Base(file)]
		if got := fmt.Sprint(verbs); got != want {
			t.Errorf("%s runs %s, not %s", file, got, want)
		}
	}
	if parses([]string{"serve", "--shard", "http://x"}) == nil ||
		parses([]string{"index", "push", "x", "--to", "y", "--copies", "0"}) == nil {
		t.Error("a flag or a number that there is not passes")
	}
}

// parses says what is wrong with a command line, before anything is done.
func parses(args []string) error {
	parser, err := kong.New(&commands{}, longHelp)
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	return checkValues(parsed)
}
