package index

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Whatever stands in the files of JSON, even with the right digests, an index opens and can be searched, or does not
// open in a sentence.
func FuzzCodes(f *testing.F) {
	entries := shop(300, 24, 1)
	dir := filepath.Join(f.TempDir(), "index")
	if _, err := Create(f.Context(), dir, Options{Dim: 24}, list(entries)); err != nil {
		f.Fatal(err)
	}
	read := func(path string) []byte {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		return data
	}
	headPath := filepath.Join(dir, codesFolder, "000001", headFile)
	current, first := read(pointerPath(dir)), read(headPath)
	var right pointer
	if err := json.Unmarshal(current, &right); err != nil {
		f.Fatal(err)
	}
	f.Add(current, first)
	f.Add([]byte(`{"version":1,"segments":[{"name":"../..","to":-1,"rows":-5}]}`), []byte(`{"rows":-5,"dim":24}`))
	f.Add([]byte(`{"version":1,"segments":[{"name":"000001","to":300,"rows":299}]}`), []byte(`{"rows":299,"dim":24}`))
	f.Add([]byte(`{"segments":[]}`), []byte(`[]`))
	f.Fuzz(func(t *testing.T, currentText, headText []byte) {
		digest := sha256.Sum256(headText)
		var p pointer
		if json.Unmarshal(currentText, &p) == nil { // as a program that means harm would write it
			p.Index = right.Index
			for i := range p.Segments {
				p.Segments[i].Head = hex.EncodeToString(digest[:])
			}
			p.SHA256 = p.sum()
			currentText, _ = json.Marshal(&p)
		}
		for path, text := range map[string][]byte{pointerPath(dir): currentText, headPath: headText} {
			if err := os.WriteFile(path, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		ix, err := Open(dir)
		if err != nil {
			return
		}
		defer ix.Close()
		if _, err := ix.Search(t.Context(), Query{Vector: entries[0].Vector, K: 5}); err != nil {
			t.Log(err)
		}
	})
}
