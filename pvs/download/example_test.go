package download_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/gopvs/product-visual-search/pvs/download"
)

func Example() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "the photo "+r.URL.Path)
	}))
	defer shop.Close()
	dir, _ := os.MkdirTemp("", "")
	defer os.RemoveAll(dir)
	s, err := download.Open(dir, download.Options{AllowPrivate: true})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	addresses := []string{shop.URL + "/mug.jpg"}
	err = s.Get(context.Background(), addresses, func(_ string, f download.File, err error) {
		fmt.Println(f.Size, f.SHA256[:8], f.New, err)
	})
	fmt.Println(err, s.Finish(addresses))
	// Output:
	// 18 5730aabb true <nil>
	// <nil> <nil>
}
