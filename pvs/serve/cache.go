package serve

import (
	"container/list"
	"sync"
)

// cache keeps the pictures that were asked for last, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	most  int
	size  int
	order *list.List // of *cached, the last used in front
	by    map[string]*list.Element
}

type cached struct {
	key  string
	data []byte
}

func newCache(bytes int) *cache {
	return &cache{most: bytes, order: list.New(), by: map[string]*list.Element{}}
}

func (c *cache) get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.by[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).data, true
}

func (c *cache) put(key string, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.by[key]; ok {
		c.drop(e)
	}
	c.by[key] = c.order.PushFront(&cached{key, data})
	c.size += len(data)
	for c.size > c.most && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	old := c.order.Remove(e).(*cached)
	delete(c.by, old.key)
	c.size -= len(old.data)
}
