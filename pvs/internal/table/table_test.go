package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

// read returns all rows of the selected columns and the errors between them.
func read(t testing.TB, text string, columns ...string) (rows [][]string, bad []string) {
	t.Helper()
	r, err := Open(strings.NewReader(text), "list.csv")
	if err != nil {
		t.Fatal(err)
	}
	if missing := r.Select(columns); missing != nil {
		t.Fatal(missing)
	}
	for {
		fields := make([]string, len(columns))
		err := r.Read(fields)
		if errors.Is(err, io.EOF) {
			return rows, bad
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("line %d: %v", r.Line(), err))
			continue
		}
		rows = append(rows, fields)
	}
}

// Tables that programs and countries write differently are the same table.
func TestSeparatorsAndLineEnds(t *testing.T) {
	want := [][]string{{"a.jpg", "7"}, {"b.jpg", "8"}}
	for _, text := range []string{
		"id,name\n7,a.jpg\n8,b.jpg\n",
		"\ufeffid,name\r\n7,a.jpg\r\n\r\n8,b.jpg\r\n",
		"\"id\",\"name\"\n7,\"a.jpg\"\n\"8\",b.jpg",
		"id;name;price\n7;a.jpg;1,50\n8;\"b.jpg\";2,50\n",
		"id\tname\n7\ta.jpg\n8\tb.jpg\n",
		"id|name\n7|a.jpg\n8|b.jpg\n",
		"id,name\r7,a.jpg\r8,b.jpg\r",
		"sep=;\r\nid;name\r\n7;a.jpg\r\n8;b.jpg\r\n",
		"\ufeffSEP=\t\nid\tname\n7\ta.jpg\n8\tb.jpg\n",
		"\"sep=;\"\nid;name\n7;a.jpg\n8;b.jpg\n",
		"sep=,,\nid,name,\n7,a.jpg,\n8,b.jpg,\n",
		"\n\nid;name;price, EUR\n7;a.jpg;1,50\n8;b.jpg;2,50\n;;\n ; ;\n\n",
		" ID , Name \n7,a.jpg\n8,b.jpg,\n,,,\n",
		"\xff\xfei\x00d\x00,\x00n\x00a\x00m\x00e\x00\n\x007\x00,\x00a\x00.\x00j\x00p\x00g\x00\r\x00\n\x008\x00,\x00b\x00.\x00j\x00p\x00g\x00",
	} {
		if rows, bad := read(t, text, "name", "id"); !reflect.DeepEqual(rows, want) || bad != nil {
			t.Errorf("%q: %v, bad %v", text, rows, bad)
		}
	}
}

func TestBadTables(t *testing.T) {
	twice, err := Open(strings.NewReader("id,name,name\n1,2,3\n"), "list.csv")
	if err != nil || twice.Select([]string{"id"}) != nil || twice.Twice() != "" || twice.Select([]string{"name"}) != nil || twice.Twice() != "name" ||
		twice.Select([]string{"NAME"}) != nil || twice.Twice() != "name" {
		t.Errorf("a column that is there twice: %v", err)
	}
	if r, err := Open(strings.NewReader("sep=;\nid;name\n1\n"), "list.csv"); err != nil || r.Read(nil) == nil || r.Line() != 3 {
		t.Errorf("lines are counted wrongly below sep=; %v", err)
	}
	if _, err := Open(strings.NewReader("\ufeff\n\n"), "list.csv"); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
	r, err := Open(strings.NewReader("id,name\n"), "list.csv")
	if err != nil {
		t.Fatal(err)
	}
	if missing := r.Select([]string{"photo", "id", "path"}); !reflect.DeepEqual(missing, []string{"photo", "path"}) {
		t.Errorf("missing %v of %v", missing, r.Header())
	}
	rows, bad := read(t, "id,name\n1\n2,b,c\n3,\"c\n4,d\n", "id")
	if !reflect.DeepEqual(rows, [][]string{{"4"}}) || len(bad) != 3 {
		t.Errorf("rows %v, bad %v", rows, bad)
	}
}

func ExampleOpen() {
	r, err := Open(strings.NewReader("id;name\n7;\"a; b\"\n"), "list.csv")
	if err != nil {
		fmt.Println(err)
		return
	}
	fields := make([]string, 1)
	fmt.Println(r.Header(), r.Select([]string{"name"}), r.Read(fields), fields[0])
	// Output: [id name] [] <nil> a; b
}

// Whatever a file holds, reading it ends, and a row has the selected fields.
func FuzzTable(f *testing.F) {
	for _, text := range []string{"id,name\n1,\"a\nb\"\n", "sep=;\nid;name\n1;2;\n;;\n", "id\tname\r1\t2\r", "\xff\xfei\x00d\x00\n\x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(bytes.NewReader(data), "x")
		if err != nil || r.Select(r.Header()) != nil {
			return
		}
		r.IsRow = func(fields []string) bool { return len(fields)%2 == 0 }
		fields := make([]string, len(r.Header()))
		for rows := 0; ; rows++ {
			if err := r.Read(fields); errors.Is(err, io.EOF) {
				break
			}
			if rows > len(data) {
				t.Fatal("there are more rows than bytes")
			}
		}
	})
}
