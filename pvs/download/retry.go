package download

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// refusal is the error of an answer that brings no file.
func refusal(r *http.Response) error {
	err := fmt.Errorf("it answers %d %s", r.StatusCode, http.StatusText(r.StatusCode))
	switch r.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return passing{err, retryAfter(r.Header.Get("Retry-After"), time.Now())}
	}
	return err
}

// longestRetryAfter keeps what a host says within what a duration can hold.
const longestRetryAfter = 365 * 24 * time.Hour

// retryAfter reads Retry-After, seconds or a date (RFC 9110, section 10.2.3); 0 if it says neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longestRetryAfter)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(0, at.Sub(now)), longestRetryAfter)
	}
	return 0
}

// pause is how long to wait before an attempt, of which 2 is the first that is one again: at random up to a time that
// doubles, so that many who failed together do not come back together.
func (o Options) pause(attempt int) time.Duration {
	most := o.Pause << min(attempt-2, 10)
	return most/2 + rand.N(most/2+1)
}
