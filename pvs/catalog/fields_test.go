package catalog

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The other columns are read, whatever their order, without empty values; bad rows are left out.
func TestFields(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) *Catalog {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, PhotosFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := Open(dir, Options{SkipBad: true})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := write("colour,photo,path,split,product,category,title,price\nred,a,a.jpg,index,p,,,3\n,b,b.jpg,index,p,,,\n" +
		"blue,c,c.jpg,nowhere,p,,,5\nblue,a,d.jpg,index,p,,,5\nshort\n,e,e.jpg,index,,,,7\n")
	got, err := c.Fields()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"a": {"colour": "red", "price": "3"}, "e": {"price": "7"}}
	for _, p := range c.Photos {
		if len(got[p.ID])+len(want[p.ID]) > 0 && !reflect.DeepEqual(got[p.ID], want[p.ID]) {
			t.Errorf("%s: %v, want %v", p.ID, got[p.ID], want[p.ID])
		}
	}
	c = write("photo,path,split,product,category,title\na,a.jpg,index,p,,\n")
	if got, err := c.Fields(); got != nil || err != nil {
		t.Errorf("without other columns: %v, %v", got, err)
	}
	c = write("photo,path,split,product,category,title,price,price\na,a.jpg,index,p,,,1,2\n")
	if _, err := c.Fields(); err == nil || !strings.Contains(err.Error(), "two columns price") {
		t.Errorf("two columns of a name: %v", err)
	}
	if got, err := NewBuilder("").Catalog().Fields(); got != nil || err != nil {
		t.Errorf("without a file: %v, %v", got, err)
	}
}
