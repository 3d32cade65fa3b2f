package shards_test

import (
	"context"
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/serve/shards"
)

// Shards are opened by their addresses; that none answers is an error.
func Example() {
	x, err := shards.Open(context.Background(), []string{"http://127.0.0.1:1"}, shards.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer x.Close()
	// Output:
	// none of the shards answers: 127.0.0.1:1: connect: connection refused
}
