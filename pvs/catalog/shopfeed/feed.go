package shopfeed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/download"
)

// Photo is a photo as a feed lists it.
type Photo struct {
	ID       string // of the product and the address; or as the list says
	Product  string
	Category catalog.Category
	Title    string
	Address  string
	Line     int // of the feed, from 1
}

// Feed is what was read of a feed.
type Feed struct {
	Photos []Photo           // in the feed's order
	Bad    []catalog.Problem // rows and addresses that are left out
	Bare   int               // products without a photo
}

// offer is a row of a feed: photos of a product, or of one of its variants.
type offer struct {
	line            int
	photo           string // id that the list gives
	product         string
	variant         string // "": the product itself
	title, category string // of the product
	options         string // of the variant, for its title
	addresses       []string
}

// gathering makes the photos of offers.
type gathering struct {
	name     string // of the feed, for messages
	variants Variants
	feed     Feed
	products map[string]*product
	ids      map[string]int       // that a list gives: their lines
	photos   map[[2]string]int    // by product and address: which of feed.Photos
	claims   map[[2]string]*offer // the first variant that has a photo
	bare     map[string]struct{}  // products that were seen, until they have a photo
}

// product is what a feed says of a product, in whichever of its rows.
type product struct {
	title    string
	category catalog.Category
}

func newGathering(name string, variants Variants) *gathering {
	return &gathering{name: name, variants: variants, products: map[string]*product{}, ids: map[string]int{},
		photos: map[[2]string]int{}, claims: map[[2]string]*offer{}, bare: map[string]struct{}{}}
}

// bad lists what cannot be read.
func (g *gathering) bad(line int, of string, err error) {
	where := fmt.Sprintf("%s line %d", g.name, line)
	if of != "" {
		where += fmt.Sprintf(" (%s)", of)
	}
	g.feed.Bad = append(g.feed.Bad, catalog.Problem{Where: where, Err: err})
}

// add takes an offer.
func (g *gathering) add(o offer) {
	p := g.products[o.product]
	if p == nil {
		p = &product{}
		g.products[o.product] = p
		g.bare[o.product] = struct{}{}
	}
	if p.title == "" {
		p.title = o.title
	}
	if p.category == "" {
		p.category = category(o.category)
	}
	if was := g.ids[o.photo]; was > 0 {
		g.bad(o.line, named(o), fmt.Errorf("the id is used on line %d already", was))
		return
	}
	if o.photo != "" {
		g.ids[o.photo] = o.line
	}
	for _, text := range o.addresses {
		address, err := canonical(text)
		if err != nil {
			g.bad(o.line, named(o), err)
			continue
		}
		delete(g.bare, o.product)
		key := [2]string{o.product, address}
		if o.variant != "" && g.claims[key] == nil {
			g.claims[key] = &o
		}
		if _, twice := g.photos[key]; twice && o.photo == "" {
			continue
		}
		g.photos[key] = len(g.feed.Photos)
		photo := Photo{ID: o.photo, Product: o.product, Address: address, Line: o.line}
		if o.product == "" { // each row is for itself
			photo.Title, photo.Category = o.title, category(o.category)
		}
		if photo.ID == "" {
			photo.ID = idOf(o.product, address)
		}
		g.feed.Photos = append(g.feed.Photos, photo)
	}
}

// named says of what an offer is, for messages.
func named(o offer) string {
	switch {
	case o.photo != "":
		return "photo " + o.photo
	case o.product != "":
		return "product " + o.product
	}
	return ""
}

// finish gives all photos what is known of their products.
func (g *gathering) finish() *Feed {
	for i := range g.feed.Photos {
		p := &g.feed.Photos[i]
		if p.Product == "" {
			continue
		}
		of := g.products[p.Product]
		p.Title, p.Category = of.title, of.category
		claim := g.claims[[2]string{p.Product, p.Address}]
		if g.variants != EachVariant || claim == nil {
			continue
		}
		if p.Product = claim.variant; claim.options != "" {
			p.Title = strings.TrimPrefix(p.Title+" - "+claim.options, " - ")
		}
	}
	delete(g.bare, "")
	g.feed.Bare = len(g.bare)
	return &g.feed
}

// canonical makes an address one that can be asked for, and the same of those that differ in writing only.
func canonical(text string) (string, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "//") { // as pages have them that are read by HTTP and HTTPS
		text = "https:" + text
	}
	if err := download.CheckAddress(text); err != nil {
		return "", err
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	u.Scheme, u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Scheme), strings.ToLower(u.Host), "", ""
	return u.String(), nil
}

// idOf makes a photo's id of its product and its address: the same every night.
func idOf(product, address string) string {
	sum := sha256.Sum256([]byte(identity(address)))
	name := product
	if name == "" {
		name = stem(address)
	}
	return name + "-" + hex.EncodeToString(sum[:6])
}

// identity is what of an address says which photo it is. Shopify's says in v which state of it is meant.
func identity(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host != "cdn.shopify.com" && !strings.Contains(u.Path, "/cdn/shop/") {
		return address
	}
	q := u.Query()
	q.Del("v")
	u.RawQuery = q.Encode()
	return u.String()
}

// stem is the name of the file that an address is of, for an id that people can read.
func stem(address string) string {
	const longest = 40
	u, err := url.Parse(address)
	if err != nil {
		return "photo"
	}
	name := path.Base(u.Path)
	name = strings.TrimSuffix(name, path.Ext(name))
	clean := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`/\"'<>,;`, r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	if r := []rune(clean); len(r) > longest {
		clean = string(r[:longest])
	}
	if strings.Trim(clean, "-.") == "" {
		return "photo"
	}
	return clean
}

// category makes a path of names of a feed's.
func category(text string) catalog.Category {
	var levels []string
	for level := range strings.SplitSeq(text, ">") {
		if level = strings.TrimSpace(level); level != "" {
			levels = append(levels, level)
		}
	}
	return catalog.Category(strings.Join(levels, " > "))
}

// addressesOf splits a cell of several addresses. A comma within an address is none between two.
func addressesOf(cell string) (all []string) {
	for part := range strings.SplitSeq(cell, ",") {
		start := strings.ToLower(strings.TrimSpace(part))
		if len(all) > 0 && !strings.HasPrefix(start, "http:") && !strings.HasPrefix(start, "https:") &&
			!strings.HasPrefix(start, "//") {
			all[len(all)-1] += "," + part
			continue
		}
		if start != "" {
			all = append(all, part)
		}
	}
	return all
}

// errNoPhotos says that there is nothing to download.
var errNoPhotos = errors.New("it lists no photo")
