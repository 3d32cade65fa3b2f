package index

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
)

// Photos of equal vectors, as copies of one, have equal scores. Of such the ids decide, and not the order in which they
// were added: then an index answers as another one of the same photos, and several as one.

// mostTied bounds how many photos of one score are looked at for those whose ids come first. In an index with more of
// them, as of a placeholder for missing photos, which of these are found is left open.
const mostTied = 20_000

// byIDs sorts photos of equal scores by their ids, down to a rank and what has its score, and says whether there are
// any.
func (s *Snapshot) byIDs(ctx context.Context, all []scored, rank int) (tied bool, err error) {
	end := min(rank, len(all))
	for end > 0 && end < len(all) && all[end].score == all[end-1].score {
		end++
	}
	var keys []int64
	for i := range end {
		if i > 0 && all[i].score == all[i-1].score || i+1 < end && all[i].score == all[i+1].score {
			keys = append(keys, all[i].key)
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	ids, err := s.idsOf(ctx, keys)
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(all[:end], func(a, b scored) int {
		if a.score != b.score {
			return better(a, b)
		}
		return strings.Compare(ids[a.key], ids[b.key])
	})
	return true, nil
}

// tiedBeyond says whether photos that were left out may have the score of the last that was taken.
func tiedBeyond(all []scored, rank int) bool {
	if rank == 0 || rank > len(all) || all[rank-1].score != all[len(all)-1].score {
		return false
	}
	first, _ := slices.BinarySearchFunc(all, all[rank-1].score, func(x scored, score float32) int {
		if x.score > score {
			return -1
		}
		return 1
	})
	return len(all)-first < mostTied
}

// idsOf looks up the ids of photos.
func (s *Snapshot) idsOf(ctx context.Context, keys []int64) (map[int64]string, error) {
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	ids := make(map[int64]string, len(keys))
	err = s.ask(func(q queryer) error {
		return each(ctx, q, func(r *sql.Rows) error {
			var key int64
			var id string
			err := r.Scan(&key, &id)
			ids[key] = id
			return err
		}, "SELECT photos.key, photo FROM json_each(?) AS wanted CROSS JOIN photos ON photos.key = wanted.value",
			string(text))
	})
	return ids, err
}
