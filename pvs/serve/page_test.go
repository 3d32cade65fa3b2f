package serve

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// page gets a page as a browser without script does.
func (s *shop) page(t *testing.T, url string, status int) string {
	t.Helper()
	r := get(url)
	r.Header.Set("Accept", "text/html,*/*")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if kind := w.Header().Get("Content-Type"); w.Code != status || !strings.HasPrefix(kind, "text/html") {
		t.Fatalf("%s: %d %s: %s", url, w.Code, kind, w.Body)
	}
	return w.Body.String()
}

// contains checks what a page has, and with a - before it, what it has not.
func contains(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if not, is := strings.CutPrefix(text, "-"); strings.Contains(page, not) == is {
			t.Helper()
			t.Errorf("the page has %q: %v", not, is)
		}
	}
}

// Without script: a form, a link that can be shared, results, categories, refinement.
func TestPageWithoutScript(t *testing.T) {
	s := openShop(t, func(o *Options) { o.Title = "Our shop" })
	contains(t, s.page(t, "/", 200), "Our shop", `action="/search"`, `enctype="multipart/form-data"`,
		`href="/?category=Cups"`,
		`src="/image?id=`, "<!doctype html>", "-<style", "-style=", "-onclick", "-https://")
	r := form("POST", "/search", "@photo", plain(red, white))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	link := w.Header().Get("Location")
	if w.Code != 303 || !strings.HasPrefix(link, "/?q=") {
		t.Fatalf("%d to %s: %s", w.Code, link, w.Body)
	}
	found := s.page(t, link, 200)
	contains(t, found, "This one is likely it.", "Red mug", `class="also"`, "They look alike", `src="/preview?of=`,
		`Green &lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;`, "-<script>alert", "more=blue-1", "less=blue-1")
	if strings.Index(found, "Red mug") > strings.Index(found, "Blue plate") {
		t.Error("the red mug is not first")
	}
	contains(t, s.page(t, link+"&category=Plates", 200), "Blue plate", "-Red mug", "Nothing is surely the same")
	contains(t, s.page(t, link+"&more=green-1&less=red-1", 200), "More like", "Less like")
	contains(t, s.page(t, link+"&f=size%3Ds", 200), "size=s", "Red mug", "-Blue plate")
	contains(t, s.page(t, "/product?photo=red%2F2&"+link[2:], 200), "Why it was found", "Another of its 2 photos", "size",
		"Back to the results")
	contains(t, s.page(t, "/product?photo=loose", 200), "Of no product", "<title>Of no product · ",
		"-<span>Of no product", "-Why it was found")
	contains(t, s.page(t, "/?id=red-1", 200), "-Nothing", "Green")
	contains(t, s.page(t, "/?id=red-1&crop=0.3,0.3,0.4,0.4", 200), `data-crop="0.3,0.3,0.4,0.4"`)
	contains(t, s.page(t, "/?more=blue-1", 200), "Blue plate")
	contains(t, s.page(t, "/?category=Cups", 200), "Red mug", "-Blue plate")
	// The preview goes when others came; the link goes on.
	s.previews = newCache(0)
	s.previews.put("another", []byte("x"))
	contains(t, s.page(t, link, 200), "Red mug", "the photo itself is not kept")
}

// What goes wrong is a page for people, a problem for the script.
func TestPageErrors(t *testing.T) {
	s := openShop(t, nil)
	for url, c := range map[string]struct {
		status int
		say    string
	}{
		"/?q=damaged":                      {400, "the link is damaged"},
		"/?id=gone":                        {404, "there is no photo"},
		"/?category=None":                  {404, "there is no category"},
		"/?id=red-1&crop=x":                {400, "crop must be"},
		"/?id=red-1&q=x":                   {400, "not for both"},
		"/product?photo=gone":              {404, "there is no photo"},
		"/nothing":                         {404, "nothing at this address"},
		"/?id=" + strings.Repeat("x", 600): {400, "longer than"},
		"/?category=Cups&f=nonsense":       {400, "colour=red"},
	} {
		contains(t, s.page(t, url, c.status), "That did not work", c.say)
		r := get(url)
		r.Header.Set("Accept", "text/html")
		r.Header.Set("X-Fragment", "1")
		s.refuses(t, r, c.status, c.say)
	}
	r := form("POST", "/search", "@photo", []byte("no photo"))
	r.Header.Set("Accept", "text/html")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	contains(t, w.Body.String(), "That did not work", "not an image")
	s.refuses(t, form("POST", "/search", "k", 3), 400, "the photo is missing")
	s.index.cutoff = 0
	contains(t, s.page(t, "/?more=blue-1", 200), "These look most like it.", "-likely")
}

// A link is of one network, and whole; an answer by link is that of its photo.
func TestLinks(t *testing.T) {
	s := openShop(t, nil)
	vector := vectorOfJPEG(t, plain(red, white))
	link := linkOf("key", vector)
	got, err := parseLink(link, "key", len(vector))
	if err != nil || dot(got, vector) < 0.9999 {
		t.Errorf("%v, cosine %g", err, dot(got, vector))
	}
	if _, err := parseLink(link, "another", len(vector)); err != errOtherLink {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", link[:len(link)-4], link + "AAAA", "!" + link[1:],
		strings.Repeat("A", len(link))} {
		if _, err := parseLink(bad, "key", len(vector)); err == nil {
			t.Errorf("%.20s... was taken", bad)
		}
	}
	s.page(t, "/?q="+url.QueryEscape(linkOf("another", vector)), 410)
}

func TestQueryURLs(t *testing.T) {
	v := url.Values{"q": {"abc"}, "category": {"A > B"}, "more": {"x/1", "y"}, "less": {"z"}, "k": {"48"}, "f": {"a=b"}}
	q, err := pageQueryOf(v)
	if err != nil {
		t.Fatal(err)
	}
	again, err := url.Parse(q.URL())
	if err != nil || again.Query().Encode() != v.Encode() {
		t.Errorf("%s, not %s", again.Query().Encode(), v.Encode())
	}
	for got, want := range map[string]string{
		q.Like("z").URL():                 "/?category=A+%3E+B&f=a%3Db&k=48&more=x%2F1&more=y&more=z&q=abc",
		q.Neither("y").Neither("z").URL(): "/?category=A+%3E+B&f=a%3Db&k=48&more=x%2F1&q=abc",
		q.In("").Unfiltered("a=b").URL():  "/?less=z&more=x%2F1&more=y&q=abc",
		q.For("p").URL():                  "/?id=p",
		pageQuery{}.URL():                 "/",
		q.Further().URL():                 "/?category=A+%3E+B&f=a%3Db&k=72&less=z&more=x%2F1&more=y&q=abc",
	} {
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
}
