package download

import (
	"context"
	"time"
)

// queue is the addresses of a host that have not come yet.
type queue struct {
	host
	fresh []string // not asked for yet
	later []wanted // to be asked for again
	most  int      // of later, from which on nothing fresh is begun
}

// laterPerWorker bounds how many files of a host wait for another attempt: a host that fails is not asked for all else.
const laterPerWorker = 16

// wanted is an address that is asked for.
type wanted struct {
	address string
	attempt int // from 1
	due     time.Time
}

// put keeps an address for another attempt, so that others can be asked for meanwhile.
func (q *queue) put(w wanted) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.later = append(q.later, w)
}

// next returns what is to be asked for; not ok where nothing is left, or ctx has ended.
func (q *queue) next(ctx context.Context) (w wanted, ok bool) {
	for ctx.Err() == nil {
		w, wait, ok := q.take(time.Now())
		if ok || wait == 0 {
			return w, ok
		}
		if sleep(ctx, wait) != nil {
			break
		}
	}
	return wanted{}, false
}

// take returns what may be asked for now; else how long to wait until something may, 0 if nothing is left.
func (q *queue) take(now time.Time) (w wanted, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	first := -1
	for i, l := range q.later {
		if first < 0 || l.due.Before(q.later[first].due) {
			first = i
		}
	}
	if first >= 0 && !q.later[first].due.After(now) {
		w = q.later[first]
		q.later = append(q.later[:first], q.later[first+1:]...)
		return w, 0, true
	}
	if len(q.fresh) > 0 && len(q.later) < q.most {
		w = wanted{address: q.fresh[0], attempt: 1}
		q.fresh = q.fresh[1:]
		return w, 0, true
	}
	if first < 0 {
		return w, 0, false
	}
	return w, q.later[first].due.Sub(now), false
}
