package shopfeed

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
)

// google is the namespace of Merchant Center's attributes; a feed that does not declare it has its prefix instead.
const google = "http://base.google.com/ns/1.0"

// readXML reads a feed as RSS 2.0 or Atom; decoded says that the text is UTF-8 whatever it declares.
func readXML(g *gathering, text io.Reader, decoded bool) error {
	d := xml.NewDecoder(text)
	d.Entity = xml.HTMLEntity
	d.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if decoded {
			return input, nil
		}
		return charset(label, input)
	}
	items := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return g.brokenXML(d, err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "item" && start.Name.Local != "entry" {
			continue
		}
		items++
		line, _ := d.InputPos()
		of, err := attributes(d)
		if err != nil {
			return g.brokenXML(d, err)
		}
		merchantOffer(g, line, func(name string) []string { return of[name] })
	}
	if items == 0 {
		return fmt.Errorf("%s has no items: it is not %s", g.name, titles[Merchant])
	}
	return nil
}

// charset decodes what the text's declaration names. UTF-16 is decoded before, by its marks.
func charset(label string, input io.Reader) (io.Reader, error) {
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return input, nil
	}
	e, err := htmlindex.Get(label)
	if err != nil {
		return nil, fmt.Errorf("there is no encoding %.40q", label)
	}
	return e.NewDecoder().Reader(input), nil
}

func (g *gathering) brokenXML(d *xml.Decoder, err error) error {
	line, _ := d.InputPos()
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		err = errors.New(syntax.Msg)
	}
	return fmt.Errorf("%s breaks off or is damaged on line %d (%w): get it again", g.name, line, err)
}

// attributes reads an item, to its end: the texts of its elements by their names with spaces. Google's go before those
// of RSS and Atom that are called the same.
func attributes(d *xml.Decoder) (map[string][]string, error) {
	of, ofGoogle := map[string][]string{}, map[string]bool{}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.EndElement:
			return of, nil
		case xml.StartElement:
			var text struct {
				Data string `xml:",chardata"`
			}
			if err := d.DecodeElement(&text, &t); err != nil {
				return nil, err
			}
			value := strings.TrimSpace(text.Data)
			if value == "" {
				continue
			}
			name, its := simple(t.Name.Local), t.Name.Space == google || t.Name.Space == "g"
			switch {
			case its && !ofGoogle[name]:
				of[name], ofGoogle[name] = []string{value}, true
			case its || !ofGoogle[name]:
				of[name] = append(of[name], value)
			}
		}
	}
}
