package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// guarded is what every request passes: headers that make a browser careful, the names that this server goes by,
// requests that another site's page makes, and the token.
func (s *Server) guarded(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusForbidden, "a page of another site asked for this: only this server's own page may")
	}))
	next = cross.Handler(s.withToken(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		careful(w.Header())
		if !s.knows(r.Host) {
			fail(w, r, http.StatusMisdirectedRequest,
				"this server does not go by the name that was asked for: whoever starts it says which names it goes by")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// careful sets headers after which a browser runs only this server's script, sends nobody the address of a page,
// shows the page in no frame and guesses no types.
func careful(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
}

// knows says whether a request's Host is this server's. Addresses and localhost are: a page that turns its own name
// into this machine's address (DNS rebinding) comes with that name.
func (s *Server) knows(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	return name == "localhost" || net.ParseIP(name) != nil || slices.Contains(s.opts.Hosts, name)
}

// Names of the token in a link and in a browser.
const tokenQuery, tokenCookie = "token", "pvs_token"

// withToken asks for the token, if there is one. Programs send it as a bearer, browsers come once with it in the link
// and have it in a cookie then.
func (s *Server) withToken(next http.Handler) http.Handler {
	if s.opts.Token == "" {
		return next
	}
	want := sha256.Sum256([]byte(s.opts.Token))
	right := func(token string) bool {
		got := sha256.Sum256([]byte(token))
		return subtle.ConstantTimeCompare(got[:], want[:]) == 1
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		cookie, err := r.Cookie(tokenCookie)
		switch {
		case r.URL.Path == "/healthz" || r.URL.Path == "/readyz", strings.HasPrefix(r.URL.Path, "/assets/"),
			isBearer && right(bearer), err == nil && right(cookie.Value):
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet && r.URL.Path == "/" && right(r.URL.Query().Get(tokenQuery)):
			http.SetCookie(w, &http.Cookie{Name: tokenCookie, Value: s.opts.Token, Path: "/", HttpOnly: true,
				Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode})
			without := r.URL.Query()
			without.Del(tokenQuery)
			to := url.URL{Path: "/", RawQuery: without.Encode()}
			http.Redirect(w, r, to.String(), http.StatusSeeOther)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="product search"`)
			if wantsPage(r) {
				s.askToken(w, r)
				return
			}
			fail(w, r, http.StatusUnauthorized, "the token is missing or wrong: send it as Authorization: Bearer TOKEN")
		}
	})
}

// Open says whether an address is only this machine's own, where no token is needed.
func Open(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, fmt.Errorf("the address %s is none: it is a host and a port, as in 127.0.0.1:8080", addr)
	}
	if host == "localhost" {
		return true, nil
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback(), nil
}
