package shopfeed

import (
	"html"
	"strings"
)

// WooCommerce's export of products (woocommerce.com, "Product CSV Importer and Exporter": its schema). Variations are
// rows of their own, whose parent is named by its SKU, or as id:12 where it has none.
var wooColumns = []column{
	{[]string{"id"}, false},
	{[]string{"type"}, true},
	{[]string{"sku"}, true},
	{[]string{"name"}, false},
	{[]string{"categories"}, false},
	{[]string{"images"}, true},
	{[]string{"parent"}, false},
	{[]string{"attribute 1 value(s)"}, false},
	{[]string{"attribute 2 value(s)"}, false},
	{[]string{"attribute 3 value(s)"}, false},
}

func readWoo(g *gathering, s *sheet) error {
	var offers []offer
	skus := map[string]string{} // of products, by id:12
	err := s.rows(g, func(line int) {
		id := ""
		if n := s.get("id"); n != "" {
			id = "id:" + n
		}
		own := first(s.get("sku"), id)
		if own == "" {
			g.bad(line, "", missing("SKU", "ID"))
			return
		}
		if id != "" {
			skus[id] = own
		}
		o := offer{line: line, product: own, title: html.UnescapeString(s.get("name")),
			category: wooCategory(s.get("categories")), addresses: addressesOf(s.get("images"))}
		if parent := s.get("parent"); strings.Contains(strings.ToLower(s.get("type")), "variation") && parent != "" {
			o.product, o.variant, o.title, o.category = parent, own, "", ""
			var options []string
			for _, name := range []string{"attribute 1 value(s)", "attribute 2 value(s)", "attribute 3 value(s)"} {
				if v := s.get(name); v != "" {
					options = append(options, v)
				}
			}
			o.options = strings.Join(options, " / ")
		}
		offers = append(offers, o)
	})
	for _, o := range offers {
		if parent, ok := skus[o.product]; ok && o.variant != "" {
			o.product = parent
		}
		g.add(o)
	}
	return err
}

// wooCategory takes the deepest of a product's categories, which commas separate unless a backslash is before them.
func wooCategory(cell string) string {
	const comma = "\x00"
	deepest := ""
	for one := range strings.SplitSeq(strings.ReplaceAll(cell, `\,`, comma), ",") {
		one = strings.TrimSpace(strings.ReplaceAll(one, comma, ","))
		if deepest == "" || strings.Count(one, ">") > strings.Count(deepest, ">") {
			deepest = one
		}
	}
	return html.UnescapeString(deepest)
}
