package shopfeed

import (
	"errors"
	"fmt"
)

// Kind is a kind of feed.
type Kind string

// The kinds that are read.
const (
	Shopify     Kind = "shopify"     // the export of products as CSV, with old or new names of columns
	WooCommerce Kind = "woocommerce" // the export of products as CSV, in English
	Merchant    Kind = "merchant"    // Google Merchant Center: RSS 2.0 or Atom, or tab-separated text
	List        Kind = "list"        // addresses, one a line, or a CSV with a column url
)

// titles are the kinds in words.
var titles = map[Kind]string{
	Shopify:     "an export of Shopify's products (CSV)",
	WooCommerce: "an export of WooCommerce's products (CSV)",
	Merchant:    "a feed of Google Merchant Center",
	List:        "a list of addresses",
}

// Variants says what the variants of a product become, such as its colours.
type Variants string

// The choices.
const (
	OneProduct Variants = "product" // one product, with the photos of all of them
	// EachVariant makes a product of each variant that has photos of its own. Variants that share a photo, as sizes do,
	// are one; photos of no variant stay with the product that they vary.
	EachVariant Variants = "variant"
)

// What can be the matter with a feed, to be told apart with errors.Is.
var (
	// ErrKind says that a feed is of another kind than it was read as.
	ErrKind = errors.New("the feed is of another kind")
	// ErrAnother says that a folder holds the catalogue of another feed.
	ErrAnother = errors.New("the folder holds the catalogue of another feed")
	// ErrNoFeed says that a folder holds no catalogue of a feed.
	ErrNoFeed = errors.New("the folder holds no catalogue of a feed")
	// ErrRemovals says that a feed lacks so many products that it looks cut off: see [Options].AllowRemovals.
	ErrRemovals = errors.New("the feed lacks products that the catalogue has")
)

func (k Kind) check() error {
	if titles[k] == "" {
		return fmt.Errorf("there is no kind of feed %q", string(k))
	}
	return nil
}

func (v Variants) check() error {
	if v != OneProduct && v != EachVariant {
		return fmt.Errorf("variants become a product or a variant each, not %q", string(v))
	}
	return nil
}
