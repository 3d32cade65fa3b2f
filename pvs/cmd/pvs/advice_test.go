package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a library's error leaves to the command, its user reads behind the sentence.
func TestAdvice(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		t.Helper()
		err := os.MkdirAll(filepath.Dir(at(name)), 0o755)
		if err := errors.Join(err, os.WriteFile(at(name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("bad/photos.csv", "photo,path,split,product,category,title\na,a.jpg,wrong,,,\n")
	write("list/columns.csv", "file\na.jpg\n")
	write("list/latin.csv", "photo,title\na.jpg,caf\xe9\n")
	write("list/a.jpg", "x")
	write("linked/p/a.jpg", "x")
	if err := os.Symlink(at("list"), at("linked/q")); err != nil {
		t.Skip("no links here: ", err)
	}
	for _, c := range []struct {
		args []string
		say  string
	}{
		{[]string{"embed", at("bad"), "--split", "index", "--baseline", "--out", at("v")},
			"; mend it, or leave out what is bad with --skip-bad"},
		{[]string{"import", "csv", at("list/columns.csv"), "--out", at("o")},
			"; say which column it is with --column, as in --column photo=NAME"},
		{[]string{"import", "csv", at("list/latin.csv"), "--out", at("o")},
			"; mend it, or leave out what is bad with --skip-bad, or read it as Latin-1 with --latin1"},
		{[]string{"import", "folder", at("linked"), "--out", at("o")},
			", or take photos that links lead to with --follow-links"},
		{[]string{"search", "--index", at("none"), "--queries", at("none")}, "; write them with pvs embed"},
		{[]string{"evaluate", at("none"), "--truth", "x"}, "; write them with pvs search"},
	} {
		status, _, stderr := pvs(t, c.args...)
		if status != 1 || !strings.HasSuffix(stderr, c.say+"\n") {
			t.Errorf("%v: status %d, %q; want it to end in %q", c.args, status, stderr, c.say)
		}
	}
	// What was left out, and what would take it.
	status, _, stderr := pvs(t, "import", "folder", at("linked"), "--skip-bad", "--out", at("o"))
	say := "to have more of them, take photos that links lead to with --follow-links\n"
	if status != 0 || !strings.Contains(stderr, say) {
		t.Errorf("status %d, %q", status, stderr)
	}
}
