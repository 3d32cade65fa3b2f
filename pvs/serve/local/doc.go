// Package local is an index folder of this machine (package index) as the server's [serve.Index].
//
//	ix, err := local.Open("shop.index", local.Options{})
//	s, err := serve.New(serve.Options{Index: ix, Embedder: network})
//
// Another process may change the folder meanwhile: each snapshot is of the newest state. The folder is locked for
// writing from the first change until a moment after the last, so that a program at the command line gets its turn.
package local
