package download

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"syscall"

	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// reserved are the networks, beside those that netip names, that are of no public host: IANA's special-purpose
// address registries (RFC 6890).
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),      // this network
	netip.MustParsePrefix("100.64.0.0/10"),  // shared by a carrier's customers
	netip.MustParsePrefix("192.0.0.0/24"),   // protocol assignments
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks of routers
	netip.MustParsePrefix("240.0.0.0/4"),    // reserved, and broadcast
	netip.MustParsePrefix("fec0::/10"),      // site-local, deprecated
	netip.MustParsePrefix("64:ff9b:1::/48"), // NAT64 within a network
	netip.MustParsePrefix("::/96"),          // IPv4-compatible, deprecated
}

// embedding are networks of IPv6 that hold an IPv4 address, from which byte on: it is what they lead to.
var embedding = []struct {
	netip.Prefix
	at int
}{
	{netip.MustParsePrefix("64:ff9b::/96"), 12}, // NAT64
	{netip.MustParsePrefix("2002::/16"), 2},     // 6to4
}

// public says whether an address is of a public host.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if !ip.IsGlobalUnicast() || ip.IsPrivate() { // loopback, link-local, multicast and the unspecified are not unicast
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	for _, e := range embedding {
		if e.Contains(ip) {
			all := ip.As16()
			return public(netip.AddrFrom4([4]byte(all[e.at : e.at+4])))
		}
	}
	return true
}

// guard refuses to connect to what is not public. It is called with the address that a connection is made to, after
// names were looked up, so that no name and no redirect leads around it.
func guard(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s is no address: %w", address, err)
	}
	if !public(at.Addr()) {
		return tag.Error(fmt.Errorf("it leads to %s, an address of this machine or of a private network", at.Addr()),
			ErrPrivate)
	}
	return nil
}

// CheckAddress says what keeps a text from being an address that can be downloaded; nil if nothing does.
func CheckAddress(address string) error {
	_, err := parse(address)
	return err
}

func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case address == "":
		err = fmt.Errorf("the address is empty")
	case err != nil:
		err = fmt.Errorf("%.200q is no address", address)
	case !strings.EqualFold(u.Scheme, "http") && !strings.EqualFold(u.Scheme, "https"):
		err = fmt.Errorf("%.200q is no address that starts with http:// or https://", address)
	case u.Hostname() == "":
		err = fmt.Errorf("%.200q names no host", address)
	}
	return u, tag.Error(err, ErrAddress)
}
