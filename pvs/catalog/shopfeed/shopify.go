package shopfeed

import "strings"

// Shopify's export of products, by the names of columns that it has had until 2024 and since
// (help.shopify.com, "Using CSV files to import and export products"). A product has a row for each variant and each
// photo, whichever are more; a photo stands beside a variant by chance, but for its column of the variant's photo.
var (
	shopifyHandle  = []string{"handle", "url handle"}
	shopifyColumns = []column{
		{shopifyHandle, true},
		{[]string{"title"}, false},
		{[]string{"product category"}, false},
		{[]string{"type"}, false},
		{[]string{"image src", "product image url"}, true},
		{[]string{"variant image", "variant image url"}, false},
		{[]string{"variant sku", "sku"}, false},
		{[]string{"option1 value"}, false},
		{[]string{"option2 value"}, false},
		{[]string{"option3 value"}, false},
	}
)

func readShopify(g *gathering, s *sheet) error {
	return s.rows(g, func(line int) {
		handle := s.get("handle")
		if handle == "" {
			g.bad(line, "", missing("handle"))
			return
		}
		of := s.get("product category")
		if of == "" {
			of = s.get("type")
		}
		o := offer{line: line, product: handle, title: s.get("title"), category: of}
		if address := s.get("image src"); address != "" {
			o.addresses = []string{address}
		}
		g.add(o)
		if address := s.get("variant image"); address != "" {
			var options []string
			for _, name := range []string{"option1 value", "option2 value", "option3 value"} {
				if v := s.get(name); v != "" && v != "Default Title" { // of a product without variants
					options = append(options, v)
				}
			}
			v := offer{line: line, product: handle, options: strings.Join(options, " / "), addresses: []string{address}}
			v.variant = handle + "/" + first(s.get("variant sku"), v.options, "variant")
			g.add(v)
		}
	})
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
