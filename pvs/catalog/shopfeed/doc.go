// Package shopfeed makes catalogue folders of shops' feeds, whose photos stand behind addresses, and brings what has
// changed of a feed into them.
//
//	summary, err := shopfeed.Import(ctx, "products.csv", "catalog", shopfeed.Options{Kind: shopfeed.Shopify})
//	summary, err = shopfeed.Sync(ctx, "products.csv", "catalog", options, func(u *shopfeed.Update) error { ... })
//
// It reads Shopify's and WooCommerce's export of products as CSV, Google Merchant Center's feed as XML and as
// tab-separated text, and lists of addresses. docs/feeds.md says which columns of each are read. Photos are downloaded
// by package download, into the catalogue's folder.
package shopfeed
