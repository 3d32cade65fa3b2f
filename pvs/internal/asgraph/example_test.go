package asgraph_test

import (
	"fmt"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute/gobackend"

	"github.com/gopvs/product-visual-search/pvs/internal/asgraph"
)

func Example() {
	one, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	other, err := compute.NewWithConfig("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	asgraph.Want(one)
	fmt.Println(asgraph.Wanted(one), asgraph.Wanted(other))
	// Output: true false
}
