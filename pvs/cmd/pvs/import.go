package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/catalog/dataset"
)

type importCommand struct {
	Folder   importFolderCommand         `cmd:"" help:"Photos in folders: a folder a product, or a folder a category."`
	CSV      importCSVCommand            `cmd:"" name:"csv" help:"A CSV that lists photos; any columns."`
	EProduct importEProductCommand       `cmd:"" name:"eproduct" help:"${import_eproduct}"`
	SOP      importOnlineProductsCommand `cmd:"" name:"sop" help:"Stanford Online Products."`
	InShop   importInShopCommand         `cmd:"" name:"inshop" help:"DeepFashion's In-Shop Clothes Retrieval benchmark."`
	Products importProducts10KCommand    `cmd:"" name:"products10k" help:"Products-10K."`

	Shopify     importShopifyCommand     `cmd:"" help:"A feed: Shopify's export of products, with its photos."`
	WooCommerce importWooCommerceCommand `cmd:"" name:"woocommerce" help:"A feed: WooCommerce's export of products."`
	Merchant    importMerchantCommand    `cmd:"" help:"A feed of Google Merchant Center, XML or tab-separated text."`
	List        importListCommand        `cmd:"" help:"A list of photos' addresses."`

	Other importOtherCommand `cmd:"" default:"withargs" hidden:"" passthrough:""`
}

// importFlags are those of every kind.
type importFlags struct {
	Src         string  `arg:"" help:"Where the set lies, unpacked." placeholder:"SRC"`
	Out         string  `required:"" help:"The catalogue folder; the photos stay where they are." placeholder:"DIR"`
	Val         float64 `min:"0" below:"1" default:"0.1" help:"${import_val}"`
	SkipBad     bool    `help:"Leave out rows and photos that are missing or bad, and list them in DIR/problems.txt."`
	FollowLinks bool    `help:"Take photos that links lead to outside of SRC."`
}

// run imports and reports.
func (f importFlags) run(a *app, kind dataset.Kind) error {
	if list, ok := kind.(interface{ CheckColumns() error }); ok {
		if err := list.CheckColumns(); err != nil {
			return misuse{err}
		}
	}
	update, finish := a.progress("importing")
	summary, err := dataset.Import(a.ctx, kind, f.Src, f.Out,
		dataset.Options{SkipBad: f.SkipBad, Val: f.Val, FollowLinks: f.FollowLinks,
			Progress: func(photos int) { update(photos, unknownTotal) }})
	finish()
	if err != nil {
		return err
	}
	a.imported(summary, f.Out)
	return a.result(summary)
}

// imported says what an import has made.
func (a *app) imported(summary dataset.Summary, out string) {
	for _, line := range summary.Bad {
		a.log("left out: " + line)
	}
	if summary.Skipped > 0 {
		a.log(fmt.Sprintf("%d photos or rows were left out; all are listed in %s", summary.Skipped,
			filepath.Join(out, dataset.ProblemsFile)))
	}
	for _, kind := range summary.Kinds {
		a.log("to have more of them, " + strings.TrimPrefix(adviceFor(kind), ", or "))
	}
	for _, note := range summary.Notes {
		a.log(note)
	}
	var splits []string
	for _, s := range catalog.Splits {
		if n := summary.BySplit[s]; n > 0 {
			splits = append(splits, fmt.Sprintf("%s %d", s, n))
		}
	}
	a.say("%d photos of %d products in %d categories are in %s (%s)", summary.Photos, summary.Products, summary.Categories,
		out, strings.Join(splits, ", "))
}

// queriesOption is the flag's number as an option, whose zero value is 1.
func queriesOption(flag int) int {
	if flag == 0 {
		return dataset.NoQueries
	}
	return flag
}

type importFolderCommand struct {
	importFlags
	Leaf    string  `default:"product" enum:"product,category" help:"What an innermost folder is: product or category."`
	Queries int     `min:"0" default:"1" help:"${import_folder_queries}"`
	Train   float64 `min:"0" max:"1" default:"0" help:"${import_folder_train}"`
}

// Run imports folders.
func (c *importFolderCommand) Run(a *app) error {
	return c.run(a, dataset.Folder{Leaf: dataset.Leaf(c.Leaf), Queries: queriesOption(c.Queries), Train: c.Train})
}

// listFlags are those of kinds whose columns can have any names.
type listFlags struct {
	Column map[string]string `help:"${list_column}" placeholder:"NAME=COLUMN"`
	Ending string            `help:"Added to paths that lack it." placeholder:".jpg"`
	Latin1 bool              `name:"latin1" help:"The text is Latin-1 (Windows-1252), not UTF-8."`
}

type importCSVCommand struct {
	importFlags
	listFlags
	Images  string  `help:"The photos' folder, relative to the file's." placeholder:"DIR"`
	Queries int     `min:"0" default:"1" help:"Photos of each product that become queries, where the list has no splits."`
	Train   float64 `min:"0" max:"1" default:"0" help:"${import_csv_train}"`
}

// Run imports a CSV.
func (c *importCSVCommand) Run(a *app) error {
	return c.run(a, dataset.CSV{Columns: c.Column, Images: c.Images, Ending: c.Ending, Queries: queriesOption(c.Queries),
		Train: c.Train, Latin1: c.Latin1})
}

type importEProductCommand struct {
	importFlags
	listFlags
}

// Run imports eProduct.
func (c *importEProductCommand) Run(a *app) error {
	return c.run(a, dataset.EProduct{Columns: c.Column, Ending: c.Ending, Latin1: c.Latin1})
}

type importOnlineProductsCommand struct {
	importFlags
	Queries int `min:"0" default:"1" help:"${import_online_products_queries}"`
}

// Run imports Stanford Online Products.
func (c *importOnlineProductsCommand) Run(a *app) error {
	return c.run(a, dataset.OnlineProducts{Queries: queriesOption(c.Queries)})
}

type importInShopCommand struct{ importFlags }

// Run imports the In-Shop benchmark.
func (c *importInShopCommand) Run(a *app) error { return c.run(a, dataset.InShop{}) }

type importProducts10KCommand struct {
	importFlags
	Train float64 `min:"0" max:"1" default:"0.5" help:"${import_products10_k_train}"`
}

// Run imports Products-10K.
func (c *importProducts10KCommand) Run(a *app) error {
	return c.run(a, dataset.Products10K{Train: c.Train})
}

// importOtherCommand catches the names of kinds that there are not.
type importOtherCommand struct {
	Args []string `arg:"" optional:""`
}

// AfterApply lists the kinds; an error of it is one of wrong usage.
func (c *importOtherCommand) AfterApply(k *kong.Context) error {
	var known []string
	for _, kind := range k.Selected().Parent.Children {
		if !kind.Hidden {
			known = append(known, kind.Name)
		}
	}
	if len(c.Args) == 0 {
		return fmt.Errorf("import KIND SRC --out DIR: KIND is one of %s", strings.Join(known, ", "))
	}
	return fmt.Errorf("there is no kind %q to import; the known ones are %s", c.Args[0], strings.Join(known, ", "))
}
