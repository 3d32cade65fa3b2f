package download

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"
)

// letPass lets a client connect to one address of this machine, as if it were a public one.
func letPass(c *client, address string) {
	t := c.http.Transport.(*http.Transport)
	guarded := t.DialContext
	t.DialContext = func(ctx context.Context, network, to string) (net.Conn, error) {
		if to == address {
			return (&net.Dialer{}).DialContext(ctx, network, to)
		}
		return guarded(ctx, network, to)
	}
}

// What is of this machine, of a private network or of nobody is told from public hosts, in each form.
func TestPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "8.8.8.8": true, "2606:2800:220:1:248:1893:25c8:1946": true, "172.32.0.1": true,
		"64:ff9b::8.8.8.8": true, "2002:808:808::1": true, "100.128.0.1": true,
		"127.0.0.1": false, "127.9.9.9": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "0.0.0.0": false, "0.1.2.3": false, "100.64.0.1": false, "192.0.0.8": false,
		"198.18.0.1": false, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::1": false, "::": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"fec0::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::127.0.0.1": false,
		"64:ff9b::127.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "2002:7f00:1::1": false, "64:ff9b:1::1": false,
	} {
		if got := public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://a.example/b.jpg": true, "HTTPS://a.example": true, "https://a.example:8443/b?c=d": true,
		"": false, "a.jpg": false, "/a.jpg": false, "ftp://a.example/b.jpg": false, "file:///etc/passwd": false,
		"http://": false, "http:///a.jpg": false, "javascript:alert(1)": false, "data:image/png;base64,AA": false,
		"http://a.example/%zz": false, "http://a b/": false, "http://a.example/\x00": false,
	} {
		if err := CheckAddress(address); (err == nil) != ok || err != nil && !errors.Is(err, ErrAddress) {
			t.Errorf("%q: %v", address, err)
		}
	}
}

func TestProxyIsRefused(t *testing.T) {
	proxied := func(r *http.Request) (*url.URL, error) { return url.Parse("http://user:secret@proxy.example:3128") }
	_, err := refuse(proxied)(&http.Request{})
	if !errors.Is(err, ErrPrivate) || err.Error() != "the proxy http://user:xxxxx@proxy.example:3128 is between, so that "+
		"it is not seen whether an address is of a private network" {
		t.Error(err)
	}
	none := func(*http.Request) (*url.URL, error) { return nil, nil }
	if u, err := refuse(none)(&http.Request{}); u != nil || err != nil {
		t.Error(u, err)
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "120": 2 * time.Minute, " 7 ": 7 * time.Second, "-5": 0, "soon": 0, "1.5": 0,
		"Mon, 30 Nov 2026 12:00:30 GMT": 30 * time.Second, "Mon, 30 Nov 2026 11:00:00 GMT": 0,
		"4294967295": longestRetryAfter, "99999999999999999999": 0,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("%q: %s, not %s", text, got, want)
		}
	}
	o := Options{}.withDefaults()
	for attempt := 2; attempt < 40; attempt++ {
		if p := o.pause(attempt); p < o.Pause/2 || p > 1024*o.Pause {
			t.Errorf("pause %s before attempt %d", p, attempt)
		}
	}
}
