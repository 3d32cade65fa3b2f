package serve

import (
	"log"
	"net"
	"strings"
	"sync"
)

// limited accepts at most n connections at a time; further ones wait in the system's queue.
func limited(at net.Listener, n int) net.Listener {
	return &limitedListener{Listener: at, free: make(chan struct{}, n), closed: make(chan struct{})}
}

type limitedListener struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func (l *limitedListener) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitedConn{Conn: c, free: l.free}, nil
}

func (l *limitedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	free chan struct{}
	once sync.Once
}

func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { <-c.free })
	return err
}

// quiet passes net/http's complaints on, without those about clients that speak no HTTP or go away.
func quiet(say func(string)) *log.Logger {
	return log.New(lines(say), "", 0)
}

type lines func(string)

func (l lines) Write(p []byte) (int, error) {
	line := strings.TrimSpace(string(p))
	if !strings.HasPrefix(line, "http: TLS handshake error") && !strings.HasPrefix(line, "http: URL query contains") {
		l(line)
	}
	return len(p), nil
}
