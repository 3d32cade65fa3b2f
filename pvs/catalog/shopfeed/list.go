package shopfeed

import (
	"errors"
	"fmt"
	"strings"
)

var (
	listAddress = []string{"url", "address", "image url", "image", "photo url"}
	listColumns = []column{
		{listAddress, true},
		{[]string{"id", "photo"}, false},
		{[]string{"product"}, false},
		{[]string{"title"}, false},
		{[]string{"category"}, false},
	}
)

// readList reads a table of addresses.
func readList(g *gathering, s *sheet) error {
	return s.rows(g, func(line int) {
		o := offer{line: line, photo: s.get("id"), product: s.get("product"), title: s.get("title"),
			category: s.get("category")}
		address := s.get("url")
		if address == "" {
			g.bad(line, named(o), missing("url"))
			return
		}
		o.addresses = []string{address}
		g.add(o)
	})
}

// missing says which fields of a row are empty, one of which should not be.
func missing(names ...string) error {
	if len(names) == 1 {
		return fmt.Errorf("its %s is empty", names[0])
	}
	return errors.New("its " + strings.Join(names, " and ") + " are empty")
}
