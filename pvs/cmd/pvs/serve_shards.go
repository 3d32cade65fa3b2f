package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/shards"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// shardsFlags name several servers that are searched as one.
type shardsFlags struct {
	Shards          []string      `xor:"what" required:"" help:"${serve_shards}" placeholder:"URL"`
	ShardsTokenFile string        `help:"${serve_shards_token}" placeholder:"FILE"`
	ShardsTimeout   time.Duration `default:"2s" help:"${serve_shards_timeout}"`
	Whitening       string        `help:"${serve_whitening}" placeholder:"FILE"`
}

// Longest and shortest times that a shard is waited for.
const leastShardTime, mostShardTime = 10 * time.Millisecond, 9 * time.Second

// Validate refuses flags that do not go together.
func (c *serveCommand) Validate() error {
	switch given := len(c.Shards) > 0; {
	case given && (len(c.Photos) > 0 || c.Uploads != ""):
		return errors.New("the shards keep the photos: leave out --photos and --uploads, or give them to the shards")
	case !given && (c.ShardsTokenFile != "" || c.Whitening != ""):
		return errors.New("--shards-token-file and --whitening are for --shards: leave them out")
	case c.ShardsTimeout < leastShardTime || c.ShardsTimeout > mostShardTime:
		return fmt.Errorf("--shards-timeout is %v; it must be at least %v and at most %v", c.ShardsTimeout, leastShardTime,
			mostShardTime)
	}
	return c.networkFlags.Validate()
}

// openShards asks the shards what they hold, and starts the network that made their vectors.
func (c *shardsFlags) openShards(a *app, n *networkFlags) (serve.Index, embed.Embedder, *vectors.Origin, error) {
	opts := shards.Options{Timeout: c.ShardsTimeout, Log: a.log}
	if c.ShardsTokenFile != "" {
		var err error
		if opts.Token, err = readToken(c.ShardsTokenFile); err != nil {
			return nil, nil, nil, err
		}
	}
	index, err := shards.Open(a.ctx, c.Shards, opts)
	if err != nil {
		return nil, nil, nil, err
	}
	origin := index.Origin()
	e, err := c.embedder(a, n, origin)
	if err != nil {
		return nil, nil, nil, errors.Join(err, index.Close())
	}
	return index, e, origin, nil
}

// embedder makes what the shards' photos were embedded with.
func (c *shardsFlags) embedder(a *app, n *networkFlags, origin *vectors.Origin) (embed.Embedder, error) {
	const name = "of the shards" // "the index of the shards"
	if !origin.Known() {
		e, _, err := n.open(a)
		return e, err
	}
	if !whiten.Whitened(origin) {
		return n.plain(a, name, origin)
	}
	if c.Whitening == "" {
		return nil, errors.New("the shards' vectors are whitened: name a copy of index.whiten, which is in the folder of " +
			"each of their indexes, by --whitening")
	}
	w, err := readWhitening(c.Whitening)
	if err != nil {
		return nil, err
	}
	before, ok := w.Before(origin)
	if !ok {
		return nil, fmt.Errorf("%s is not what whitened the shards' vectors: take the index.whiten of one of them",
			c.Whitening)
	}
	e, err := n.plain(a, name, before)
	if err != nil {
		return nil, err
	}
	return whiten.NewEmbedder(e, w)
}
