package shopfeed

import (
	"regexp"
	"strings"
)

// Google Merchant Center's product data (support.google.com/merchants, "Product data specification"). Products that are
// variants of one share an item_group_id.
var merchantColumns = []column{
	{[]string{"id"}, true},
	{[]string{"title"}, false},
	{[]string{"image link"}, true},
	{[]string{"additional image link"}, false},
	{[]string{"item group id"}, false},
	{[]string{"product type"}, false},
	{[]string{"google product category"}, false},
	{[]string{"color"}, false},
	{[]string{"size"}, false},
}

// number matches a category of Google's taxonomy that is named by its number.
var number = regexp.MustCompile(`^\d+$`)

// merchantOffer takes an item; get returns its attributes by their names with spaces.
func merchantOffer(g *gathering, line int, get func(name string) []string) {
	one := func(name string) string {
		if all := get(name); len(all) > 0 {
			return all[0]
		}
		return ""
	}
	id := one("id")
	if id == "" {
		g.bad(line, "", missing("id"))
		return
	}
	o := offer{line: line, product: id, title: one("title"), category: one("product type")}
	if of := one("google product category"); o.category == "" && !number.MatchString(of) {
		o.category = of
	}
	if group := one("item group id"); group != "" {
		o.product, o.variant = group, id
		if color := one("color"); color != "" {
			o.options = color
		}
	}
	for _, name := range []string{"image link", "additional image link"} {
		for _, cell := range get(name) {
			o.addresses = append(o.addresses, addressesOf(cell)...)
		}
	}
	g.add(o)
}

func readMerchantTable(g *gathering, s *sheet) error {
	return s.rows(g, func(line int) {
		merchantOffer(g, line, func(name string) []string {
			if text := s.get(name); text != "" {
				return []string{strings.TrimSpace(text)}
			}
			return nil
		})
	})
}
