package weaviate_test

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/serve/weaviate"
)

// An engine is named by its addresses; that none answers is an error.
func Example() {
	e, err := weaviate.Connect([]string{"http://127.0.0.1:1"}, weaviate.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := weaviate.Open(context.Background(), e); err != nil {
		fmt.Println(err)
	}
	// Output:
	// the engine does not answer: 127.0.0.1:1: connect: connection refused
}
