package shopfeed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/internal/plaintext"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// ReadOptions of [Read].
type ReadOptions struct {
	Kind     Kind
	Variants Variants // "": OneProduct
	Latin1   bool     // the text is Latin-1 (Windows-1252), not UTF-8
}

// Read reads a feed; the name is for messages. What is wrong with single rows and addresses is listed in the feed; an
// error is of all of it.
func Read(data []byte, name string, o ReadOptions) (*Feed, error) {
	if o.Variants == "" {
		o.Variants = OneProduct
	}
	if err := errors.Join(o.Kind.check(), o.Variants.check()); err != nil {
		return nil, err
	}
	head := headOf(o.text(data))
	if head == "" {
		return nil, fmt.Errorf("%s is empty", name)
	}
	g := newGathering(name, o.Variants)
	var err error
	switch {
	case isMarkup(head) && o.Kind == Merchant && !webPage.MatchString(head):
		err = readXML(g, o.text(data), o.Latin1)
	case isMarkup(head):
		err = another(name, o.Kind, head)
	case o.Kind == List && addresses.MatchString(head):
		err = readPlain(g, o.text(data))
	default:
		err = readSheet(g, data, o, head)
	}
	if err != nil {
		return nil, err
	}
	feed := g.finish()
	if len(feed.Photos) == 0 && len(feed.Bad) == 0 {
		return nil, fmt.Errorf("%s: %w", name, errNoPhotos)
	}
	return feed, nil
}

// text is a feed as UTF-8.
func (o ReadOptions) text(data []byte) io.Reader {
	if o.Latin1 {
		return plaintext.Latin1(bytes.NewReader(data))
	}
	return plaintext.Reader(bytes.NewReader(data))
}

// headOf is the start of a text.
func headOf(r io.Reader) string {
	const enough = 1 << 14
	start, _ := io.ReadAll(io.LimitReader(r, enough)) // a text that cannot be read is told when all of it is
	return strings.TrimLeft(string(start), " \t\r\n")
}

var (
	webPage  = regexp.MustCompile(`(?i)^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body|script)`)
	sitemap  = regexp.MustCompile(`(?i)<(urlset|sitemapindex)\b`)
	merchant = regexp.MustCompile(`(?i)<(rss|feed|rdf:rdf)\b`)
)

func isMarkup(head string) bool { return strings.HasPrefix(head, "<") }

// addresses matches a text that begins with an address, after comments.
var addresses = regexp.MustCompile(`(?i)^(#.*\n\s*)*https?://`)

// another says what a feed is that is not of its kind.
func another(name string, kind Kind, head string) error {
	looks, is := looksLike(head)
	if looks == "" {
		return nil
	}
	err := fmt.Errorf("%s is not %s: it looks like %s", name, titles[kind], looks)
	if is == "" {
		return err
	}
	return tag.Error(err, ErrKind)
}

// looksLike says what a text looks like; "" if it is not known. The kind is the one to read it as, if it is one.
func looksLike(head string) (looks string, kind Kind) {
	switch {
	case webPage.MatchString(head):
		return "a web page, such as a shop shows to who is not logged in; open its address in a browser", ""
	case sitemap.MatchString(head):
		return "a sitemap", ""
	case merchant.MatchString(head):
		return titles[Merchant], Merchant
	case isMarkup(head):
		return "XML of another kind", ""
	case strings.HasPrefix(head, "{") || strings.HasPrefix(head, "["):
		return "JSON", ""
	case addresses.MatchString(head):
		return titles[List], List
	}
	header := headerOf(head)
	for _, k := range []Kind{Shopify, WooCommerce, Merchant, List} {
		if layouts[k].recognizes(header) {
			return titles[k], k
		}
	}
	return "", ""
}

// readPlain reads addresses, one a line.
func readPlain(g *gathering, text io.Reader) error {
	const longest = 1 << 16
	lines := bufio.NewScanner(text)
	lines.Buffer(nil, longest)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.Contains(line, "\t") {
			g.bad(n, "", errors.New("it holds more than an address; name the columns in a first line, such as url,product"))
			continue
		}
		g.add(offer{line: n, addresses: []string{line}})
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s after line %d: %w", g.name, n, err)
	}
	return nil
}
