package serve_test

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// empty is an index without photos; package local has one of a folder.
type empty struct{}

func (empty) Snapshot() (serve.Snapshot, error) { return state{}, nil }
func (empty) Put(context.Context, serve.Photo, []float32) (bool, error) {
	return false, serve.ErrReadOnly
}
func (empty) Remove(context.Context, ...string) error { return serve.ErrReadOnly }
func (empty) Close() error                            { return nil }

// state is its only one; what is not asked of it here is left out.
type state struct{ serve.Snapshot }

func (state) Info() serve.Info { return serve.Info{Name: "empty", Dim: embed.Histogram{}.Dim()} }
func (state) Close()           {}

// A program serves an index until its context ends.
func Example() {
	s, err := serve.New(serve.Options{Index: empty{}, Embedder: embed.Histogram{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, at) }()

	r, err := http.Get("http://" + at.Addr().String() + "/readyz")
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Body.Close()
	fmt.Println(r.StatusCode)
	stop()
	fmt.Println(<-ended)
	// Output:
	// 200
	// <nil>
}
