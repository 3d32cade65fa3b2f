package shards

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// fits says what keeps two shards from being searched as one.
func fits(a *shard, of *info, b *shard, other *info) error {
	switch {
	case of.Index == other.Index:
		return refused("%s and %s serve the same index: name it once", a.name, b.name)
	case of.Dim != other.Dim:
		return refused("%s has vectors of %d values, of %s, and %s of %d, of %s: all shards need one network", a.name, of.Dim,
			known(of.Network), b.name, other.Dim, known(other.Network))
	}
	if err := vectors.Compare("the index of "+a.name, of.origin, "that of "+b.name, other.origin); err != nil {
		return silence{refusal{err}}
	}
	return nil
}

// known is a network in words.
func known(network string) string { return cmp.Or(network, "a network that is not known") }

// ids are those of a shard, in the order of their bytes, read a page at a time.
type ids struct {
	s    *shard
	of   string // index
	page []string
	more bool
}

// next is the id that follows; "": there is none.
func (l *ids) next(ctx context.Context, x *Index) (string, error) {
	if len(l.page) == 0 {
		return "", nil
	}
	last := l.page[0]
	if l.page = l.page[1:]; len(l.page) == 0 && l.more {
		return last, l.read(ctx, x, last)
	}
	return last, nil
}

func (l *ids) read(ctx context.Context, x *Index, after string) error {
	limited, cancel := context.WithTimeout(ctx, x.opts.ChangeTimeout)
	defer cancel()
	got, err := get[serve.ShardIDs](limited, l.s, "/v1/shard/ids", url.Values{"index": {l.of}, "after": {after},
		"limit": {strconv.Itoa(x.pageOfIDs)}})
	if err != nil {
		return err
	}
	if len(got.IDs) > 0 && (got.IDs[0] <= after || !slices.IsSorted(got.IDs)) {
		return silent("its ids are not in order")
	}
	l.page, l.more = got.IDs, len(got.IDs) == x.pageOfIDs
	return nil
}

// apart makes sure that no photo is in two shards, by comparing all of their ids. Each is read as a stream.
func (x *Index) apart(ctx context.Context, list []*shard, infos []*info) (at *shard, err error) {
	if len(list) < 2 {
		return nil, nil
	}
	var heads []head
	for i, s := range list {
		h := head{ids: &ids{s: s, of: infos[i].Index}}
		if err := h.read(ctx, x, ""); err != nil {
			return s, err
		}
		heads = append(heads, h)
	}
	var first *head // whose id was the last
	last, twice := "", 0
	var where [2]string
	var which string
	for i := range heads {
		if heads[i].id, err = heads[i].next(ctx, x); err != nil {
			return heads[i].s, err
		}
	}
	for {
		var least *head
		for i := range heads {
			if h := &heads[i]; h.id != "" && (least == nil || h.id < least.id) {
				least = h
			}
		}
		if least == nil {
			break
		}
		if first != nil && least.id == last {
			if twice++; twice == 1 {
				which, where = last, [2]string{first.s.name, least.s.name}
			}
		}
		first, last = least, least.id
		if least.id, err = least.next(ctx, x); err != nil {
			return least.s, err
		}
	}
	if twice > 0 {
		more := ""
		if twice > 1 {
			more = fmt.Sprintf(", and %d more are in two shards", twice-1)
		}
		return nil, refused("the photo %q is in both %s and %s%s: remove it from one, or name shards that share no photos",
			which, where[0], where[1], more)
	}
	return nil, nil
}

// head is a shard's next id.
type head struct {
	*ids
	id string
}
