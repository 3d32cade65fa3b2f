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
		"id,name\n7,a.jpg\r8,b.jpg\n", "id,name\r\n7,a.jpg\r\"8\",b.jpg\r", "id,name\n7,a.jpg\n8,b.jpg\n\x1a",
		"id,name\n7,a.jpg\n8,b.jpg\x1a",
		"\xff\xfei\x00d\x00,\x00n\x00a\x00m\x00e\x00\n\x007\x00,\x00a\x00.\x00j\x00p\x00g\x00\r\x00\n" +
			"\x008\x00,\x00b\x00.\x00j\x00p\x00g\x00",
	} {
		if rows, bad := read(t, text, "name", "id"); !reflect.DeepEqual(rows, want) || bad != nil {
			t.Errorf("%q: %v, bad %v", text, rows, bad)
		}
	}
}

// Quotes within the fields of a table with tabs are text; a field that begins with one is quoted.
func TestTabsAndQuotes(t *testing.T) {
	want := [][]string{{`Mug 12" high`, "7"}, {"A \"hat\"\nof\tfelt", "8"}, {`24"`, "9"}}
	text := "id\tname\n7\tMug 12\" high\n8\t\"A \"\"hat\"\"\nof\tfelt\"\n9\t24\"\n"
	if rows, bad := read(t, text, "name", "id"); !reflect.DeepEqual(rows, want) || bad != nil {
		t.Errorf("%q, bad %v", rows, bad)
	}
	if rows, bad := read(t, "id,name\n7,Mug 12\" high\n", "name", "id"); rows != nil || len(bad) != 1 {
		t.Errorf("%q, bad %v", rows, bad)
	}
}

func TestBadTables(t *testing.T) {
	twice, err := Open(strings.NewReader("id,name,name\n1,2,3\n"), "list.csv")
	if err != nil || twice.Select([]string{"id"}) != nil || twice.Twice() != "" || twice.Select([]string{"name"}) != nil ||
		twice.Twice() != "name" ||
		twice.Select([]string{"NAME"}) != nil || twice.Twice() != "name" {
		t.Errorf("a column that is there twice: %v", err)
	}
	if r, err := Open(strings.NewReader("sep=;\nid;name\n1\n"), "list.csv"); err != nil ||
		r.Read(nil) == nil || r.Line() != 3 {
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

// A carriage return within a record of all fields stays what it is.
func TestCarriageReturnInAField(t *testing.T) {
	rows, bad := read(t, "id,name\n7,a\rb\n8,\"c\rd\"\n", "name")
	if !reflect.DeepEqual(rows, [][]string{{"a\rb"}, {"c\rd"}}) || bad != nil {
		t.Errorf("%q, bad %v", rows, bad)
	}
	rows, bad = read(t, "id\n7\r8\n9\n", "id")
	if !reflect.DeepEqual(rows, [][]string{{"7"}, {"8"}, {"9"}}) || bad != nil {
		t.Errorf("%q, bad %v", rows, bad)
	}
}

// Other programs' files, and wrong lines of separators, are named with the way out.
func TestForeign(t *testing.T) {
	const save = "save it as CSV (UTF-8)"
	for text, says := range map[string][]string{
		"PK\x03\x04\x14\x00\x06\x00\x08\x00[Content_Types].xml": {"list is an Excel workbook (.xlsx), not CSV", save},
		"PK\x03\x04\x14\x00............xl/workbook.xml":         {"an Excel workbook", save},
		"PK\x03\x04\x14\x00mimetypeapplication/vnd.oasis.opendocument.spreadsheetPK\x03": {
			"an OpenDocument spreadsheet", save,
		},
		"PK\x03\x04\x14\x00Index/Document.iwa":     {"Numbers", save},
		"PK\x03\x04\x14\x00photos/1.jpg":           {"a zip archive", "unpack it"},
		"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x00": {"an old Excel workbook", save},
		"\ufeff [\n {\"photo\": \"1.jpg\"}]":       {"is JSON, not CSV"},
		"{\"photos\": [":                           {"is JSON"},
		"<html><table>":                            {"a web page or XML", save},
		"PAR1\x15":                                 {"a Parquet file"},
		"\x1f\x8b\x08":                             {"compressed"},
		"a\x00b\x01\x02c,d\n1,2\n":                 {"line 1: its first line is no text"},
		"sep=:\nid:name\n":                         {"line 1: the line \"sep=:\" should name what separates"},
		"sep=\nid,name\n":                          {"should name what separates"},
		"sep=;\nid,name\n":                         {"line 2: the line sep=; above", "but the header's are by ','"},
	} {
		_, err := Open(strings.NewReader(text), "list")
		for _, say := range says {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%q: %v, want %q", text, err, say)
			}
		}
	}
	for _, fine := range []string{"[id],name\n", "sep=;\nid\n", "{id},name\n", "Größe,id\n", "Gr\xf6\xdfe,id\n"} {
		if _, err := Open(strings.NewReader(fine), "list"); err != nil {
			t.Errorf("%q: %v", fine, err)
		}
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
	for _, text := range []string{"id,name\n1,\"a\nb\"\n", "sep=;\nid;name\n1;2;\n;;\n", "id\tname\r1\t2\r",
		"\xff\xfei\x00d\x00\n\x00"} {
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
