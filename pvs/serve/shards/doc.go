// Package shards is several servers, each with an index of its own, as one [serve.Index].
//
//	x, err := shards.Open(ctx, []string{"http://10.0.0.1:8080", "http://10.0.0.2:8080"}, shards.Options{})
//	s, err := serve.New(serve.Options{Index: x, Embedder: network})
//
// Each photo is in one shard, by its id: in that of [catalog.PartOf] if it is put here, in any if it was put there.
// A search asks all at once for as many products as are wanted and merges: a product stands in the answer with the
// nearest of its photos, wherever they are. As scores depend on two vectors alone and ids break ties, an exact search
// finds what it would in one index of all photos, to the last id and score.
//
// A shard that does not answer in time is named (Missing) and left out, until it answers again: it is asked every half
// second. One with vectors of another network, or with photos that another one has, is refused: by Open if it is there
// then, else it stays left out. What an answer is made of is one state of each shard, not one of all together.
//
// The network stays with the server in front, which embeds a photo once; the photos' files stay with the shards, which
// give pictures and vectors of crops ([serve.Keeper]).
package shards
