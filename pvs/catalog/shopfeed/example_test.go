package shopfeed_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/catalog/shopfeed"
)

func ExampleRead() {
	feed, err := shopfeed.Read([]byte("Handle,Title,Image Src\nmug,Red mug,//cdn.example/mug.jpg\nmug,,mug.jpg\n"),
		"products.csv", shopfeed.ReadOptions{Kind: shopfeed.Shopify})
	if err != nil {
		panic(err)
	}
	for _, p := range feed.Photos {
		fmt.Println(p.Product, p.Title, p.Address)
	}
	fmt.Println(feed.Bad[0])
	// Output:
	// mug Red mug https://cdn.example/mug.jpg
	// products.csv line 3 (product mug): "mug.jpg" is no address that starts with http:// or https://
}
