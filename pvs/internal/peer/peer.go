package peer

import (
	"fmt"
	"net/url"
	"strings"
)

// Address reads one, as in http://10.0.0.1:8080: without a user, whose password would stand in logs, and without a
// path. What it is of, as in "a shard", is for the error.
func Address(text, of string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil ||
		strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is no address of %s: it is as in http://10.0.0.1:8080", text, of)
	}
	u.Path = ""
	return u, nil
}
