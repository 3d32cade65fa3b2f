package pvs_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/gopvs/product-visual-search/pvs"
)

// A folder of photos, a folder a product: each product's first photo searches among all
// others. The network is a tiny one of the tests, in plain Go, so that the example needs no
// downloads; NetworkOptions{} takes ImageNet weights and the fastest engine.
func Example() {
	ctx := context.Background()
	catalog, err := pvs.OpenFolder(ctx, "testdata/photos", pvs.FolderOptions{})
	if err != nil {
		log.Fatal(err)
	}
	network, err := pvs.OpenNetwork(ctx, pvs.NetworkOptions{
		Weights: "effnet/testdata/keras_efficientnet_mini_notop.h5",
		Backend: "go",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()

	index, err := network.Embed(ctx, catalog.Index(), pvs.EmbedOptions{})
	if err != nil {
		log.Fatal(err)
	}
	queries, err := network.Embed(ctx, catalog.Queries(), pvs.EmbedOptions{})
	if err != nil {
		log.Fatal(err)
	}
	results, err := index.Search(ctx, queries, 10)
	if err != nil {
		log.Fatal(err)
	}
	for _, found := range results[6][:3] {
		fmt.Println(found.Query, found.Rank, found.Index)
	}
	report, err := catalog.Score(results)
	if err != nil {
		log.Fatal(err)
	}
	mar := report.MAR()
	fmt.Printf("MAR@10 %.3f [%.2f, %.2f]\n", mar.Value, mar.Low, mar.High)
	// Output:
	// robot/0.jpg 1 robot/1.jpg
	// robot/0.jpg 2 radio/2.jpg
	// robot/0.jpg 3 mug/1.jpg
	// MAR@10 0.625 [0.50, 0.75]
}

// The index stays in files, and another program searches it for a photo that somebody sends.
func ExampleVectors_SearchPhoto() {
	ctx := context.Background()
	network, err := pvs.OpenNetwork(ctx, pvs.NetworkOptions{Name: pvs.ColourHistogram})
	if err != nil {
		log.Fatal(err)
	}
	defer network.Close()
	dir, err := os.MkdirTemp("", "pvs")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	photos := pvs.Files("testdata/photos/hat/1.jpg", "testdata/photos/mug/1.jpg", "testdata/photos/sofa/1.jpg")
	if _, err := network.Embed(ctx, photos, pvs.EmbedOptions{Save: dir + "/index"}); err != nil {
		log.Fatal(err)
	}

	index, err := pvs.ReadVectors(dir + "/index")
	if err != nil {
		log.Fatal(err)
	}
	photo, err := os.Open("testdata/photos/sofa/0.jpg")
	if err != nil {
		log.Fatal(err)
	}
	defer photo.Close()
	found, err := index.SearchPhoto(ctx, network, photo, 1)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(found[0].Index)
	// Output: testdata/photos/sofa/1.jpg
}
