// Package weaviate is an index in Weaviate, a database for vectors on several machines, as the server's [serve.Index].
//
//	e, err := weaviate.Connect([]string{"http://10.0.0.1:8080"}, weaviate.Options{})
//	done, err := e.Push(ctx, index.Snapshot(), nil)      // brings it to what an index on disk holds
//	ix, err := weaviate.Open(ctx, e)                     // to be searched
//
// The index on disk stays the truth: a push compares each photo's checksums with what the engine has and sends the
// difference, so that it can be repeated, and one that was interrupted goes on. What the engine's vectors are of stands
// in the description of their class, and is compared before anything is sent or searched.
//
// It is plain HTTP: REST for objects and the schema, GraphQL for searches; Weaviate's own client would bring its module
// with some 200 others. Written for and tried with version 1.35.2. Of several addresses the next one is asked where one
// does not answer.
package weaviate
