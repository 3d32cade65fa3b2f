package peer

import (
	"strings"
	"testing"
)

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"http://10.0.0.1:8080": "http://10.0.0.1:8080", "https://a.example/": "https://a.example",
	} {
		if u, err := Address(text, "a shard"); err != nil || u.String() != want {
			t.Errorf("%s is %v (%v), want %s", text, u, err, want)
		}
	}
	for _, text := range []string{"", "10.0.0.1:8080", "ftp://a", "http://", "http://a/b", "http://a?b", "http://a#b",
		"http://me:secret@a", ":"} {
		if _, err := Address(text, "a shard"); err == nil || !strings.Contains(err.Error(), "is no address of a shard") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
