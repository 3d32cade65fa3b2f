package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Values that programs write where an id was lost, and ids that look a little like them.
func TestLossOf(t *testing.T) {
	for l, values := range map[loss][]string{
		scientific: {"1.23457E+12", "4,00638E+12", "1.2346e+15", "1E+12", "-1.5E+10", "1.23E-05"},
		placeholder: {"NULL", "null", "#N/A", "#NV", "nan", "NaN", "None", "-", "n/a", "<NA>", `\N`, "#REF!",
			"?", "#DIV/0!", " NULL "},
		date:    {"1-Mar", "Mar-01", "01. Mrz", "3-Dec", "12-Okt"},
		rounded: {"4006381333931120000", "1234567890123450"},
		intact: {"", "1E5", "E+12", "A1E+12", "12E+3", "P1", "1234567890123456", "123456789012345", "B-12",
			"mar", "Nullarbor", "a-b",
			"2024-03-01", "march-1", "-12", "1.5", "none of these", "DEC", "1.2.3", "0"},
	} {
		for _, v := range values {
			if got := lossOf(v); got != l {
				t.Errorf("%q is of kind %d, want %d", v, got, l)
			}
		}
	}
}

// A catalogue says which of its products are many in truth.
func TestNotesOfACatalogue(t *testing.T) {
	dir := t.TempDir()
	text := "photo,path,split,product,category,title\n" +
		"1,1.jpg,index,1.23457E+12,A,\n2,2.jpg,index,1.23457E+12,A,\n3,3.jpg,index,NULL,A,\n4,4.jpg,index,#N/A,#N/A,\n" +
		"5,5.jpg,index,P5 ,A,\n6,6.jpg,index,P5,A,\n" +
		"7,7.jpg,index,40063813339311200,A,\n8,8.jpg,index,40063813339311300,A,\n9,9.jpg,index,40063813339311400,A,\n"
	if err := os.WriteFile(filepath.Join(dir, PhotosFile), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(c.Notes, "\n")
	for _, say := range []string{"2 photos have the product 1.23457E+12; a spreadsheet has rounded",
		"2 photos have the product #N/A, NULL; that stands for none",
		"1 photos have the category #N/A",
		"3 photos have the product 40063813339311200, 40063813339311300, 40063813339311400; all their digits"} {
		if !strings.Contains(got, say) {
			t.Errorf("%q is not said:\n%s", say, got)
		}
	}
	if len(c.Notes) != 4 {
		t.Errorf("%d notes:\n%s", len(c.Notes), got)
	}
	if c.Photos[4].Product != c.Photos[5].Product {
		t.Error("a space behind a product's id makes another product")
	}
	if n := c.Summary().Products; n != 7 {
		t.Errorf("%d products", n)
	}
}

// Numbers that a spreadsheet wrote without their last digits, and the same number written in
// two ways.
func TestLostNumbers(t *testing.T) {
	for _, c := range []struct {
		products []string
		say      string // "": nothing
	}{
		{[]string{"1234567890123450000", "P1"},
			"1 photos have the product 1234567890123450000; all their digits after the 15th"},
		{[]string{"1234567890123450000", "1234567890123456789"}, ""},
		{[]string{"1234567890123450", "1234567890123460"}, ""}, // two zeros may be chance
		{[]string{"400638133393100", "400638133393200", "4006381333931"},
			"2 photos have the product 400638133393100, 400638133393200; all numbers of 15"},
		{[]string{"400638133393100", "400638133393200", "400638133393215"}, ""},
		{[]string{"400638133393100"}, ""},
		{[]string{"1.0", "1", "2.0", "1.0"},
			"2 photos have the product 1 with a fraction of zeros, as 1.0, and others without"},
		{[]string{"1.0", "2.0"}, ""},
		{[]string{"1,00", "1"}, "1 photos have the product 1"},
		{[]string{"1.5", "1", "01.0", "A.0"}, "1 photos have the product 01"},
	} {
		var s Suspects
		for _, p := range c.products {
			s.Add(Photo{Product: p})
		}
		got := strings.Join(s.Notes(), "\n")
		if c.say == "" && got != "" || !strings.Contains(got, c.say) {
			t.Errorf("%q: %q, want %q", c.products, got, c.say)
		}
	}
}

// Bytes that would end a line, or a text, in other programs are in no photo's row.
func TestBytesOfNoText(t *testing.T) {
	for _, p := range []Photo{{ID: "a\u2028b", Path: "a.jpg"}, {ID: "a", Path: "a\vb.jpg"}, {ID: "a\rb", Path: "a.jpg"}} {
		if err := p.check(nil); err == nil || !strings.Contains(err.Error(), "line break") {
			t.Errorf("%v: %v", p, err)
		}
	}
	for _, p := range []Photo{{ID: "a\x00", Path: "a.jpg"}, {ID: "a", Path: "a.jpg", Product: "p\x00q"},
		{ID: "a", Path: "a.jpg", Title: "\x00"}} {
		if err := p.check(nil); err == nil || !strings.Contains(err.Error(), "zero byte") {
			t.Errorf("%v: %v", p, err)
		}
	}
}

// A file is found by a name that looks like its own.
func TestFileOfAnotherSpelling(t *testing.T) {
	dir := t.TempDir()
	folder, name := norm.NFD.String("Möbel"), norm.NFC.String("café.jpg")
	if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, folder, name)
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	c := &Catalog{Dir: dir}
	for _, path := range []string{"Möbel/café.jpg", norm.NFC.String("Möbel/café.jpg"), norm.NFD.String("Möbel/café.jpg"),
		norm.NFC.String(`Möbel\café.jpg`), filepath.Join(dir, norm.NFC.String("Möbel/café.jpg"))} {
		if got := c.File(Photo{Path: path}); got != file {
			t.Errorf("%q leads to %q", path, got)
		}
	}
	for _, path := range []string{norm.NFC.String("Möbel/thé.jpg"), `a\b.jpg`} {
		if got := c.File(Photo{Path: path}); got != filepath.Join(dir, path) {
			t.Errorf("%q, which is not there, became %q", path, got)
		}
	}
}

// A value that was lost is told whatever is around it, and never breaks the notes.
func FuzzSuspects(f *testing.F) {
	f.Add("1.23457E+12", "NULL")
	f.Add("1-Mar", "4006381333931120000")
	f.Fuzz(func(t *testing.T, product, category string) {
		var s Suspects
		for range 2 {
			s.Add(Photo{Product: product, Category: Category(category)})
		}
		if n := s.Notes(); len(n) > 2 || (lossOf(product) == placeholder) != strings.Contains(strings.Join(n, "\n"),
			"none, but makes one product") {
			t.Errorf("%q, %q: %q", product, category, n)
		}
	})
}
