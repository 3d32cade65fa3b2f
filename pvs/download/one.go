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
	h, turn := &host{name: u.Host}, make(chan struct{}, 1)
	for attempt := 1; ; attempt++ {
		a, err := c.attempt(ctx, ctx, h, turn, address, had{})
		if err == nil {
			return a.content, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		pause, err := c.retry(h, attempt, err)
		if err != nil {
			return nil, err
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}
