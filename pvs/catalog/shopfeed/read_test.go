package shopfeed

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
)

// lines shows a feed's photos, a line each, without the addresses' hosts.
func lines(f *Feed) string {
	var out strings.Builder
	for _, p := range f.Photos {
		fmt.Fprintf(&out, "%d %s|%s|%s|%s\n", p.Line, p.Product, p.Address[strings.LastIndex(p.Address, "/")+1:], p.Category,
			p.Title)
	}
	return out.String()
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The same shop in the layouts of all kinds, with variants as one product and as products of their own.
func TestKinds(t *testing.T) {
	for _, c := range []struct {
		file     string
		kind     Kind
		variants Variants
		want     string
	}{
		{"shopify.csv", Shopify, OneProduct, "2 mug|a.jpg?v=17|Home > Mugs|Mug, 12\" high\n" +
			"4 mug|b.jpg?v=17|Home > Mugs|Mug, 12\" high\n6 hat|c.jpg?v=17|Hats|Hat\n"},
		{"shopify.csv", Shopify, EachVariant, "2 mug|a.jpg?v=17|Home > Mugs|Mug, 12\" high\n" +
			"4 mug/M-B|b.jpg?v=17|Home > Mugs|Mug, 12\" high - Blue / S\n6 hat|c.jpg?v=17|Hats|Hat\n"},
		{"shopify-2025.csv", Shopify, OneProduct, "2 mug|a.jpg?v=17|Home > Mugs|Mug\n3 mug|b.jpg?v=17|Home > Mugs|Mug\n"},
		{"woocommerce.csv", WooCommerce, OneProduct, "2 MUG|a.jpg|Home, Garden > Mugs|Mug & more\n" +
			"2 MUG|b,c.jpg|Home, Garden > Mugs|Mug & more\n3 MUG|blue.jpg|Home, Garden > Mugs|Mug & more\n" +
			"5 id:14|hat.jpg|Hats|Hat\n6 id:14|red.jpg|Hats|Hat\n"},
		{"woocommerce.csv", WooCommerce, EachVariant, "2 MUG|a.jpg|Home, Garden > Mugs|Mug & more\n" +
			"2 MUG|b,c.jpg|Home, Garden > Mugs|Mug & more\n3 MUG-B|blue.jpg|Home, Garden > Mugs|Mug & more - Blue\n" +
			"5 id:14|hat.jpg|Hats|Hat\n6 id:15|red.jpg|Hats|Hat - Red\n"},
		{"merchant.xml", Merchant, OneProduct, "9 mug|a.jpg|Home > Mugs|Mug in red\n9 mug|a2.jpg|Home > Mugs|Mug in red\n" +
			"9 mug|a3.jpg|Home > Mugs|Mug in red\n21 mug|b.jpg|Home > Mugs|Mug in red\n28 hat|c.jpg|Hats|Hat, très chic\n"},
		{"merchant.xml", Merchant, EachVariant, "9 m1|a.jpg|Home > Mugs|Mug in red - red\n" +
			"9 m1|a2.jpg|Home > Mugs|Mug in red - red\n9 m1|a3.jpg|Home > Mugs|Mug in red - red\n" +
			"21 m2|b.jpg|Home > Mugs|Mug in red\n28 hat|c.jpg|Hats|Hat, très chic\n"},
		{"merchant-atom.xml", Merchant, OneProduct, "5 mug|a.jpg|Home > Mugs|Mug\n12 hat|c.jpg||Hat\n"},
		{"merchant.tsv", Merchant, OneProduct, "2 mug|a.jpg|Home > Mugs|Mug 12\" high\n" +
			"2 mug|a2.jpg|Home > Mugs|Mug 12\" high\n" +
			"3 mug|b.jpg|Home > Mugs|Mug 12\" high\n4 hat|c.jpg||A \"hat\"\n"},
		{"list.csv", List, OneProduct, "2 mug|a.jpg|Home > Mugs|Mug\n3 mug|b.jpg|Home > Mugs|Mug\n4 |c.jpg|Hats|Hat\n"},
		{"list.txt", List, OneProduct, "2 |a.jpg||\n4 |b,1.jpg||\n"},
	} {
		f, err := Read(readFile(t, c.file), c.file, ReadOptions{Kind: c.kind, Variants: c.variants})
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if got := lines(f); got != c.want || len(f.Bad) > 0 {
			t.Errorf("%s, a %s each:\n%s, not\n%s; bad %v", c.file, c.variants, got, c.want, f.Bad)
		}
	}
}

// A feed that is read as another kind says which it looks like; what is no feed says what it is.
func TestAnotherKind(t *testing.T) {
	files := map[Kind][]string{Shopify: {"shopify.csv", "shopify-2025.csv"}, WooCommerce: {"woocommerce.csv"},
		Merchant: {"merchant.xml", "merchant-atom.xml", "merchant.tsv"}, List: {"list.csv", "list.txt"}}
	for is, names := range files {
		for _, name := range names {
			for as := range titles {
				if as == is {
					continue
				}
				_, err := Read(readFile(t, name), name, ReadOptions{Kind: as})
				want := fmt.Sprintf("%s is not %s: it looks like %s", name, titles[as], titles[is])
				if err == nil || err.Error() != want || !errors.Is(err, ErrKind) {
					t.Errorf("%s read as %s: %v", name, as, err)
				}
			}
		}
	}
	for text, want := range map[string]string{
		"":                                         "feed is empty",
		"\ufeff \n\n":                              "feed is empty",
		"<!DOCTYPE html><html><body>Log in":        "it looks like a web page, such as a shop shows to who is not logged in",
		`<?xml version="1.0"?><urlset></urlset>`:   "it looks like a sitemap",
		`<?xml version="1.0"?><orders></orders>`:   "it looks like XML of another kind",
		`{"products": []}`:                         "is JSON",
		"PK\x03\x04[Content_Types].xml":            "is an Excel workbook",
		"name;price\nmug;7\n":                      "its columns are name, price",
		"Handle,Title\nmug,Mug\n":                  "it has no column image src",
		"Handle,Image Src,Image Src\na,b,c\n":      "has two columns",
		"Handle,Image Src\n":                       "it lists no photo",
		"Handle,Image Src\nmug,\n":                 "it lists no photo",
		"\x00\x01\x02\x03binary\x00\x00\x00\x00\n": "its first line is no text",
	} {
		if _, err := Read([]byte(text), "feed", ReadOptions{Kind: Shopify}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, not %q", text, err, want)
		}
	}
	for text, want := range map[string]string{
		"<rss><channel></channel></rss>": "feed has no items: it is not a feed of Google Merchant Center",
		"<rss><channel>\n<item><id>7</id>\n<item><id>8": "feed breaks off or is damaged on line 3 (unexpected EOF): " +
			"get it again",
		"<rss><item><g:id>7</g:id></item></rss>": "it lists no photo",
	} {
		if _, err := Read([]byte(text), "feed", ReadOptions{Kind: Merchant}); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %v, not %q", text, err, want)
		}
	}
	if _, err := Read(nil, "feed", ReadOptions{Kind: "magento"}); err == nil {
		t.Error("a kind that there is not is read")
	}
	if _, err := Read([]byte("a"), "feed", ReadOptions{Kind: List, Variants: "each"}); err == nil {
		t.Error("a choice that there is not is taken")
	}
}

// The same feed as programs and countries save it.
func TestEncodings(t *testing.T) {
	const text = "Category;ID;URL;Product\nHüte;1;http://a.example/b.jpg;Größe\n"
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	latin1, err := charmap.Windows1252.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text   string
		latin1 bool
	}{"UTF-8": {text, false}, "mark": {"\ufeff" + text, false}, "UTF-16": {utf16, false}, "Latin-1": {latin1, true},
		"CRLF": {strings.ReplaceAll(text, "\n", "\r\n"), false}, "Excel": {"sep=;\r\n" + text, false}} {
		f, err := Read([]byte(c.text), "feed", ReadOptions{Kind: List, Latin1: c.latin1})
		if err != nil || len(f.Photos) != 1 || f.Photos[0].Product != "Größe" || f.Photos[0].Category != "Hüte" ||
			f.Photos[0].ID != "1" {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
	f, err := Read([]byte(latin1), "feed", ReadOptions{Kind: List})
	if err != nil || len(f.Bad) != 1 || !errors.Is(f.Bad[0].Err, dataset.ErrNotUTF8) {
		t.Errorf("Latin-1 without a word: %v, %v", f, err)
	}
	// XML says itself what it is in.
	const item = `<rss><item><id>7</id><title>Gr` + "\xf6" + `&szlig;e</title>` +
		`<image_link>http://a.example/b.jpg</image_link></item></rss>`
	for head, option := range map[string]bool{`<?xml version="1.0" encoding="ISO-8859-1"?>`: false, "": true} {
		f, err = Read([]byte(head+item), "feed", ReadOptions{Kind: Merchant, Latin1: option})
		if err != nil || len(f.Photos) != 1 || f.Photos[0].Title != "Größe" {
			t.Errorf("%s: %v, %v", head, f, err)
		}
	}
	wide, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(
		`<?xml version="1.0" encoding="UTF-16"?><rss><item><id>7</id><title>ö</title>` +
			`<image_link>http://a.example/b.jpg</image_link></item></rss>`)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = Read([]byte(wide), "feed", ReadOptions{Kind: Merchant}); err != nil || f.Photos[0].Title != "ö" {
		t.Errorf("UTF-16: %v, %v", f, err)
	}
}

// Bad rows and addresses are listed with their line and what they are of; the others are read.
func TestBadRows(t *testing.T) {
	f, err := Read([]byte("id,url,product\n1,http://a.example/1.jpg,mug\n2,a.jpg,mug\n3,,mug\n"+
		"1,http://a.example/2.jpg,mug\n"+
		"4,\"http://a.example/3.jpg,mug\n5,ftp://a.example/4.jpg,mug\n6,http://a.example/5.jpg\n"+
		"7,http:///x.jpg,mug\n8, HTTP://A.example/6.jpg#top ,mug\n9,//a.example/7.jpg,\n"), "list.csv",
		ReadOptions{Kind: List})
	if err != nil {
		t.Fatal(err)
	}
	var bad []string
	for _, p := range f.Bad {
		bad = append(bad, p.String())
	}
	want := []string{
		`list.csv line 3 (photo 2): "a.jpg" is no address that starts with http:// or https://`,
		`list.csv line 4 (photo 3): its url is empty`,
		`list.csv line 5 (photo 1): the id is used on line 2 already`,
		`list.csv line 6: a quote is broken`,
		`list.csv line 7 (photo 5): "ftp://a.example/4.jpg" is no address that starts with http:// or https://`,
		`list.csv line 8: it has 2 fields, not the header's 3`,
		`list.csv line 9 (photo 7): "http:///x.jpg" names no host`,
	}
	for i := range max(len(bad), len(want)) {
		if i >= len(bad) || i >= len(want) || !strings.HasPrefix(bad[i], want[i]) {
			t.Fatalf("%s\nnot\n%s", strings.Join(bad, "\n"), strings.Join(want, "\n"))
		}
	}
	if len(f.Photos) != 3 || f.Photos[1].Address != "http://a.example/6.jpg" ||
		f.Photos[2].Address != "https://a.example/7.jpg" {
		t.Errorf("%v", f.Photos)
	}
}

// Ids stay from night to night: with Shopify's states of a photo, and whatever else a product has.
func TestIDs(t *testing.T) {
	read := func(text string) *Feed {
		t.Helper()
		f, err := Read([]byte(text), "feed", ReadOptions{Kind: Shopify})
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const cdn = "https://cdn.shopify.com/s/files/1/a.jpg"
	first := read("Handle,Image Src\nmug," + cdn + "?v=1\nmug,http://a.example/b.jpg?v=1\n").Photos
	second := read("Handle,Image Src\nmug,http://a.example/new.jpg\nmug," + cdn + "?v=2\n" +
		"mug,http://a.example/b.jpg?v=2\nhat," + cdn + "?v=2\nmug," + cdn + "?v=2\n").Photos
	if len(first) != 2 || len(second) != 4 || first[0].ID != second[1].ID || first[0].Address == second[1].Address ||
		first[1].ID == second[2].ID || second[1].ID == second[3].ID || !strings.HasPrefix(first[0].ID, "mug-") {
		t.Errorf("%v, then %v", first, second)
	}
	for address, want := range map[string]string{"http://a.example/x/front%20view.jpg": "front-view-",
		"http://a.example/": "photo-", "http://a.example/a%0Ab.jpg": "a-b-", "http://a.example/..": "photo-",
		"http://a.example/" + strings.Repeat("é", 300) + ".jpg": strings.Repeat("é", 40) + "-"} {
		if id := idOf("", address); !strings.HasPrefix(id, want) || len(id) != len(want)+12 {
			t.Errorf("%s: %q", address, id)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"shopify.csv", "woocommerce.csv", "merchant.xml", "merchant-atom.xml", "merchant.tsv",
		"list.csv", "list.txt"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, byte(len(name)), false)
	}
	kinds := []Kind{Shopify, WooCommerce, Merchant, List}
	f.Fuzz(func(t *testing.T, data []byte, kind byte, latin1 bool) {
		feed, err := Read(data, "feed", ReadOptions{Kind: kinds[kind%4], Latin1: latin1, Variants: EachVariant})
		if err != nil {
			return
		}
		for _, p := range feed.Photos {
			if again, err := canonical(p.Address); err != nil || again != p.Address {
				t.Errorf("%q becomes %q, %v", p.Address, again, err)
			}
		}
	})
}
