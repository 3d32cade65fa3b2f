package pace

import (
	"fmt"
	"testing"
	"time"
)

func TestLeft(t *testing.T) {
	type report struct {
		after       time.Duration
		done, total int
		want        time.Duration
	}
	for name, reports := range map[string][]report{
		"from the start": {{0, 0, 100, 0}, {10 * time.Second, 10, 100, 90 * time.Second},
			{20 * time.Second, 40, 100, 30 * time.Second}},
		"an earlier start's half":  {{time.Hour, 500, 1000, 0}, {time.Hour + time.Minute, 600, 1000, 4 * time.Minute}},
		"a few of many":            {{0, 0, 100, 0}, {time.Second, 4, 100, 0}, {time.Second, 5, 100, 19 * time.Second}},
		"nothing new":              {{0, 7, 10, 0}, {time.Second, 7, 10, 0}},
		"done":                     {{0, 0, 2, 0}, {time.Second, 2, 2, 0}},
		"a total that is unknown":  {{0, 0, -1, 0}, {time.Second, 50, -1, 0}},
		"all of it at once":        {{0, 3, 3, 0}},
		"a total that was too low": {{0, 0, 3, 0}, {time.Second, 4, 3, 0}},
	} {
		var p Pace
		begin := time.Unix(0, 0)
		for _, r := range reports {
			if got := p.Left(begin.Add(r.after), r.done, r.total); got != r.want {
				t.Errorf("%s: %v left at %d of %d, want %v", name, got, r.done, r.total, r.want)
			}
		}
	}
}

func Example() {
	var p Pace
	begin := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	p.Left(begin, 400, 1000) // an earlier start came that far
	fmt.Println(p.Left(begin.Add(time.Minute), 600, 1000))
	// Output: 2m0s
}
