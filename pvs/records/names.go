package records

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// recordEnds are what the names of TFRecord files end in, compressed or not; "of" counts
// the files of one set, as TensorFlow and Beam do: data.tfrecord-00000-of-00003.
var (
	recordEnds = regexp.MustCompile(`(?i)\.(tfrecords?|tfrec|tfr)(-\d+-of-\d+)?(\.(gz|gzip|zlib|z))?$`)
	bareShard  = regexp.MustCompile(`-\d{5}-of-\d{5}(\.(gz|gzip|zlib|z))?$`)
	shardOf    = regexp.MustCompile(`-(\d+)-of-(\d+)`)
)

// IsFile says whether a file is one of TFRecords by its name.
func IsFile(name string) bool { return recordEnds.MatchString(name) || bareShard.MatchString(name) }

// ShardOf returns which file of how many one is by its name, from 0; ok is false where
// the name does not say.
func ShardOf(name string) (i, n int, ok bool) {
	m := shardOf.FindStringSubmatch(name)
	if m == nil {
		return 0, 0, false
	}
	i, err1 := strconv.Atoi(m[1])
	n, err2 := strconv.Atoi(m[2])
	return i, n, err1 == nil && err2 == nil && n > 0
}

// maxShards bounds what a name can claim.
const maxShards = 1_000_000

// CheckShards makes sure that the files of each set that counts its files are all among
// some names of one folder.
func CheckShards(names []string) error {
	type set struct {
		n    int
		name string // of one of its files
		have map[int]bool
	}
	sets := map[string]*set{}
	for _, name := range names {
		i, n, ok := ShardOf(name)
		if !ok {
			continue
		}
		stem := strings.TrimSuffix(shardOf.ReplaceAllString(name, "-*"), ".gz")
		s := sets[stem]
		if s == nil {
			s = &set{n: n, name: name, have: map[int]bool{}}
			sets[stem] = s
		}
		if n != s.n {
			return fmt.Errorf("%s and %s are files of two sets, of %d and of %d files; move those of one away", s.name, name,
				s.n, n)
		}
		if s.have[i] {
			return fmt.Errorf("%s is there twice, compressed and not; move one away", name)
		}
		s.have[i] = true
	}
	for _, s := range sets {
		if s.n > maxShards {
			return fmt.Errorf("%s is one of %d files by its name, and %d are read", s.name, s.n, maxShards)
		}
		from := 0
		if s.have[s.n] && !s.have[0] {
			from = 1 // counted from 1
		}
		var missing []string
		for i := from; i < from+s.n && len(s.have) < s.n; i++ {
			if !s.have[i] {
				missing = append(missing, shardName(s.name, i))
			}
		}
		if len(missing) > 0 {
			more := ""
			if len(missing) > 3 {
				missing, more = missing[:3], fmt.Sprintf(" and %d others", len(missing)-3)
			}
			return fmt.Errorf("%d of the %d files of a set are there, and %s%s not; bring them there", len(s.have), s.n,
				strings.Join(missing, ", "), more)
		}
	}
	return nil
}

// shardName is the name of another file of the set.
func shardName(name string, i int) string {
	at := shardOf.FindStringSubmatchIndex(name)
	return name[:at[2]] + fmt.Sprintf("%0*d", at[3]-at[2], i) + name[at[3]:]
}
