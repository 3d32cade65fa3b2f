package labels

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// row makes photos of "product|category|title".
func rows(list ...string) (photos []catalog.Photo) {
	for i, r := range list {
		f := strings.Split(r, "|")
		photos = append(photos, catalog.Photo{ID: fmt.Sprint("p", i), Split: catalog.Train, Product: f[0],
			Category: catalog.Category(f[1]), Title: f[2]})
	}
	return photos
}

func TestNormalize(t *testing.T) {
	const composed, decomposed = "caf\u00e9 cr\u00e8me", "  CAFE\u0301\tCre\u0300me "
	if got := Normalize(decomposed); got != composed {
		t.Errorf("%q, want %q", got, composed)
	}
	got := Tokens("USB-C cable, 2m (usb, 2 m) Cafe\u0301")
	want := []string{"2", "2m", "c", "cable", "caf\u00e9", "m", "usb"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestOf(t *testing.T) {
	photos := rows("a|Mugs|Blue mug", "a|Mugs|blue  mug", "b|Mugs|Red mug", "|Chairs|", "|Chairs|Oak chair", "b||mug")
	for kind, want := range map[Kind]struct {
		names  []string
		single []int32
	}{
		Products:   {[]string{"a", "b"}, []int32{0, 0, 1, -1, -1, 1}},
		Titles:     {[]string{"blue mug"}, []int32{0, 0, -1, -1, -1, -1}},
		Words:      {[]string{"blue"}, []int32{0, 0, -1, -1, -1, -1}}, // mug is on 4 of 6, the others on one
		Categories: {[]string{"Chairs", "Mugs"}, []int32{1, 1, 1, 0, 0, -1}},
		None:       {[]string{"p0", "p1", "p2", "p3", "p4", "p5"}, []int32{0, 1, 2, 3, 4, 5}},
	} {
		s := Of(photos, kind)
		if !slices.Equal(s.Names, want.names) || !slices.Equal(s.Single(), want.single) {
			t.Errorf("%s: %q, %v", kind, s.Names, s.Single())
		}
	}
}

// Of a photo's words the rarest is the single one.
func TestWords(t *testing.T) {
	s := Of(rows("||oak chair", "||oak table", "||oak chair low", "||low table", "||tin", "||tin", "||x", "||y"), Words)
	if want := []string{"chair", "low", "oak", "table", "tin"}; !slices.Equal(s.Names, want) {
		t.Fatalf("%q", s.Names)
	}
	if want := [][]int32{{0, 2}, {2, 3}, {0, 1, 2}, {1, 3}, {4}, {4}, nil, nil}; !reflect.DeepEqual(s.Of, want) {
		t.Errorf("%v", s.Of)
	}
	if want := []int32{0, 3, 0, 1, 4, 4, -1, -1}; !slices.Equal(s.Single(), want) {
		t.Errorf("%v", s.Single())
	}
}

func TestSummary(t *testing.T) {
	photos := rows("a|Mugs|Mug", "a|Cups|Mug", "b|Mugs|Mug", "c|Mugs|Pot", "c|Mugs|Pot", "|Mugs|")
	got := Of(photos, Titles).Summary(photos)
	want := Summary{Kind: Titles, Photos: 6, Classes: 2, Labelled: 5, Shared: 5, Median: 3, Largest: 3, Contradicted: 3,
		Contradictions: []Contradiction{{Titles, "mug", Products, []string{"a", "b"}, 3}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	products := Of(photos, Products).Summary(photos)
	if products.Shared != 4 || products.Labelled != 5 || len(products.Contradictions) != 1 ||
		products.Contradictions[0].String() != `the product "a" has 2 categories (Cups, Mugs)` {
		t.Errorf("%+v", products)
	}
}

func TestChoose(t *testing.T) {
	var words []string
	for i := range 24 {
		words = append(words, fmt.Sprintf("|Things|kind%d model%d", i%12, i)) // 12 words, two photos each
	}
	for name, c := range map[string]struct {
		photos []catalog.Photo
		kind   Kind
		says   string
	}{
		"products": {rows("a|X|1", "a|X|1", "b|X|2", "b|Y|2", "|Y|"), Products,
			"products: 4 of 5 photos share theirs with another photo, in 2 classes with a median of 2 photos"},
		"titles":     {rows("|X|one", "|X|one", "|X|two", "|X|Two", "p||"), Titles, "products: none"},
		"words":      {rows(words...), Words, "words of titles: 24 of 24 photos share one with another photo, of 12 words"},
		"categories": {rows("|X|a", "|X|b", "|Y|c", "|Y|d"), Categories, "words: none"},
		"contradictions": {rows("a|X|mug", "b|X|mug", "c|Y|mug", "d|Y|pot", "e|Y|pot"), Categories,
			"titles contradict the product ids (5 photos)"},
		"none":      {rows("||a", "||b", "||c"), None, "each is a class of its own"},
		"one class": {rows("|X|", "|X|", "|X|"), None, "each is a class of its own"},
		"nothing":   {nil, None, "of 0 photos"},
		"a tenth":   {rows("a||", "a||", "b||", "b||", "||", "||", "||", "||", "||", "||"), Products, "4 of 10"},
	} {
		got := Choose(c.photos)
		if got.Set.Kind != c.kind || !strings.Contains(got.Reason, c.says) || len(got.Offers) != 4 {
			t.Errorf("%s: %s (%s)", name, got.Set.Kind, got.Reason)
		}
	}
}

// Groups stay whole, about the share is held out, the same for the same seed.
func TestHoldOut(t *testing.T) {
	var list []string
	for i := range 300 {
		switch i % 3 {
		case 0:
			list = append(list, fmt.Sprintf("product%d||any", i/12)) // 25 products of 4 photos
		case 1:
			list = append(list, fmt.Sprintf("||Title %d", i/12))
		default:
			list = append(list, "||")
		}
	}
	photos := rows(list...)
	train, held, err := HoldOut(photos, Products, 0.2, 1)
	if err != nil || len(train)+len(held) != 300 || len(held) < 57 || len(held) > 63 {
		t.Fatalf("%d and %d photos, %v", len(train), len(held), err)
	}
	part := map[int]bool{}
	group := map[string]bool{}
	for _, i := range held {
		part[i] = true
		if list[i] != "||" {
			group[strings.ToLower(list[i])] = true
		}
	}
	for _, i := range train {
		if part[i] || group[strings.ToLower(list[i])] {
			t.Fatalf("photo %d (%s) is in both parts, or its product is", i, list[i])
		}
	}
	if len(group) < 5 {
		t.Errorf("only %d products and titles are held out", len(group))
	}
	if _, again, _ := HoldOut(photos, Products, 0.2, 1); !slices.Equal(again, held) {
		t.Error("the same seed holds out other photos")
	}
	if _, other, _ := HoldOut(photos, Products, 0.2, 2); slices.Equal(other, held) {
		t.Error("another seed holds out the same photos")
	}
	_, more, err := HoldOut(append(slices.Clone(photos), rows("new||", "new||")...), Products, 0.2, 1)
	same := 0
	for _, i := range more {
		if part[i] {
			same++
		}
	}
	if err != nil || same < 50 {
		t.Errorf("of %d photos only %d stay held out when two are added, %v", len(held), same, err)
	}
}

// Where titles are the labels, products of one title stay in one part, which other labels do not ask for.
func TestHoldOutTitles(t *testing.T) {
	var list []string
	for i := range 40 {
		list = append(list, fmt.Sprintf("product%d||title %d", i/2, i/4)) // two products a title
	}
	photos := rows(list...)
	apart := 0
	for seed := range uint64(10) {
		for kind, joined := range map[Kind]bool{Titles: true, Products: false} {
			_, held, err := HoldOut(photos, kind, 0.3, seed)
			if err != nil {
				t.Fatal(err)
			}
			n := map[int]int{}
			for _, i := range held {
				n[i/4]++
			}
			for title, photos := range n {
				if photos%4 != 0 && joined {
					t.Errorf("seed %d: %d photos of title %d are held out", seed, photos, title)
				} else if photos%4 != 0 {
					apart++
				}
			}
		}
	}
	if apart == 0 {
		t.Error("products of one title were never in two parts: the test shows nothing")
	}
}

func TestHoldOutRefuses(t *testing.T) {
	query := rows("a||", "b||")
	query[1].Split = catalog.Query
	for says, c := range map[string]struct {
		photos []catalog.Photo
		share  float64
	}{
		"photo p1 is of the split query":    {query, 0.5},
		"a share of 1 ":                     {rows("a||", "b||"), 1},
		"the 2 train photos are all of one": {rows("a||", "a||"), 0.5},
	} {
		if _, _, err := HoldOut(c.photos, Products, c.share, 1); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q, got %v", says, err)
		}
	}
	// However small the share, something is held out, and something is left.
	train, held, err := HoldOut(rows("a||", "a||", "a||", "b||", "b||"), Products, 0.01, 1)
	if err != nil || len(held) != 2 || len(train) != 3 {
		t.Errorf("%v, %v, %v", train, held, err)
	}
}

// What contradicts product ids, or tells nothing apart, is said.
func TestReasons(t *testing.T) {
	photos := func(product, title func(i int) string) (out []catalog.Photo) {
		for i := range 40 {
			out = append(out, catalog.Photo{ID: fmt.Sprint(i), Split: catalog.Train, Product: product(i), Title: title(i)})
		}
		return out
	}
	same := func(int) string { return "Mug" }
	tens := func(i int) string { return fmt.Sprint("ten ", i/10) }
	fours := func(i int) string { return fmt.Sprint("four ", i%10) }
	for want, p := range map[string][]catalog.Photo{
		"titles contradict them on":                  photos(fours, tens),
		"none: all 40 photos have the same of prod":  photos(same, same),
		"titles: 40 of 40 photos share theirs":       photos(func(int) string { return "" }, tens),
		"none: all 40 photos have the same of title": photos(func(i int) string { return "" }, same),
	} {
		if c := Choose(p); !strings.Contains(c.Reason, want) {
			t.Errorf("%q, want %q", c.Reason, want)
		}
	}
}
