package main

import (
	"github.com/gopvs/product-visual-search/pvs/catalog/shopfeed"
	"github.com/gopvs/product-visual-search/pvs/download"
)

// downloadFlags say how photos are downloaded.
type downloadFlags struct {
	AllowPrivate bool `help:"${download_private}"`
	PerHost      int  `min:"1" max:"32" default:"4" help:"Requests at a time to one host."`
	MaxMegabytes int  `name:"max-megabytes" min:"1" max:"256" default:"20" help:"Largest photo taken, in MiB."`
	Recheck      bool `negatable:"" default:"true" help:"${download_recheck}"`
}

func (f downloadFlags) options() download.Options {
	return download.Options{AllowPrivate: f.AllowPrivate, PerHost: f.PerHost, MaxBytes: int64(f.MaxMegabytes) << 20,
		Again: f.Recheck}
}

// importFeedFlags are those of every kind of feed.
type importFeedFlags struct {
	Src     string  `arg:"" help:"The feed: a file, or an address (http, https)." placeholder:"SRC"`
	Out     string  `required:"" help:"The catalogue folder, into which the photos are downloaded." placeholder:"DIR"`
	Queries int     `min:"0" default:"0" help:"${import_feed_queries}"`
	Train   float64 `min:"0" max:"1" default:"0" help:"${import_folder_train}"`
	Val     float64 `min:"0" below:"1" default:"0.1" help:"Share of those that go to val."`
	SkipBad bool    `help:"${import_feed_skip}"`
	Latin1  bool    `name:"latin1" help:"The text is Latin-1 (Windows-1252), not UTF-8."`
	downloadFlags
}

// variantsFlags are those of kinds whose products have variants.
type variantsFlags struct {
	Variants shopfeed.Variants `enum:"product,variant" default:"product" help:"${import_feed_variants}"`
}

func (f importFeedFlags) run(a *app, kind shopfeed.Kind, variants shopfeed.Variants) error {
	update, finish := a.progress("downloading")
	s, err := shopfeed.Import(a.ctx, f.Src, f.Out, shopfeed.Options{Kind: kind, Variants: variants, Latin1: f.Latin1,
		Queries: f.Queries, Train: f.Train, Val: f.Val, SkipBad: f.SkipBad, Download: f.options(), Progress: update,
		Log: a.log})
	finish()
	if err != nil {
		return err
	}
	a.imported(s.Summary, f.Out)
	a.say("%d photos were downloaded, %d were there and have not changed, %d could not be had", s.Downloaded, s.Unchanged,
		s.Failed)
	return a.result(s)
}

type importShopifyCommand struct {
	importFeedFlags
	variantsFlags
}

// Run imports Shopify's export.
func (c *importShopifyCommand) Run(a *app) error { return c.run(a, shopfeed.Shopify, c.Variants) }

type importWooCommerceCommand struct {
	importFeedFlags
	variantsFlags
}

// Run imports WooCommerce's export.
func (c *importWooCommerceCommand) Run(a *app) error {
	return c.run(a, shopfeed.WooCommerce, c.Variants)
}

type importMerchantCommand struct {
	importFeedFlags
	variantsFlags
}

// Run imports Google Merchant Center's feed.
func (c *importMerchantCommand) Run(a *app) error { return c.run(a, shopfeed.Merchant, c.Variants) }

type importListCommand struct{ importFeedFlags }

// Run imports a list of addresses.
func (c *importListCommand) Run(a *app) error { return c.run(a, shopfeed.List, shopfeed.OneProduct) }
