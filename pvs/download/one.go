package download

import "context"

// One downloads one file into memory, such as a feed, with the same care.
func One(ctx context.Context, address string, opts Options) ([]byte, error) {
	opts = opts.withDefaults()
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	c := newClient(opts)
	defer c.http.CloseIdleConnections()
	a, err := c.file(ctx, ctx, &host{name: u.Host}, make(chan struct{}, 1), address, had{})
	return a.content, err
}
