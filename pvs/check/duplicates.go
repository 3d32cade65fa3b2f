package check

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"sync"

	"github.com/gopvs/product-visual-search/pvs/imageprep"
	"github.com/gopvs/product-visual-search/pvs/internal/cores"
	"github.com/gopvs/product-visual-search/pvs/internal/onewriter"
	"github.com/gopvs/product-visual-search/pvs/wholefile"
)

// Thresholds of near duplicates: docs/check.md has what was measured.
const (
	// proposedAbove is the cosine of fingerprints above which a pair is proposed: a
	// crop of up to 1/20 at each edge has 0.958 or more.
	proposedAbove = 0.94
	// sameAbove is the share of variance (align) above which two files show one picture.
	sameAbove = 0.965
	// proposals is how many photos may be proposed for one.
	proposals = 8
)

// Pair is two photos, by their indices, that show the same picture.
type Pair struct {
	A, B      int // A < B
	Agreement float64
	Exact     bool // their files have the same bytes
}

// DuplicateOptions of [Duplicates].
type DuplicateOptions struct {
	Search SearchOptions
	Limits imageprep.Limits
	Verify func(done, total int) // proposed pairs looked at; may be nil
}

// Duplicates finds pairs of files that show one picture. Files of the same bytes come
// first, each paired with the first of them. Only that one is then compared with others:
// pairs with similar fingerprints are proposed, and [Align] decides. Results are cached
// in the files NAME*.
func Duplicates(ctx context.Context, files []string, facts []Facts, name string, opts DuplicateOptions) ([]Pair,
	error) {
	var pairs []Pair
	first := map[[32]byte]int{}
	var distinct []int // indices of photos that have a fingerprint
	for i := range facts {
		if facts[i].Problem != "" {
			continue
		}
		if j, twice := first[facts[i].SHA256]; twice {
			pairs = append(pairs, Pair{A: j, B: i, Agreement: 1, Exact: true})
			continue
		}
		first[facts[i].SHA256] = i
		if !facts[i].Blank() {
			distinct = append(distinct, i)
		}
	}
	proposed, err := propose(ctx, facts, distinct, name, opts.Search)
	if err != nil {
		return nil, fmt.Errorf("comparing fingerprints: %w", err)
	}
	near, err := verify(ctx, files, facts, proposed, name+".csv", opts)
	if err != nil {
		return nil, fmt.Errorf("comparing photos that look alike: %w", err)
	}
	return append(pairs, near...), nil
}

// propose returns the pairs whose fingerprints agree.
func propose(ctx context.Context, facts []Facts, distinct []int, name string, opts SearchOptions) ([]Pair, error) {
	key := sha256.New()
	ids := make([]string, len(distinct))
	for i, at := range distinct {
		key.Write(facts[at].SHA256[:]) // a hash's Write does not fail
		ids[i] = strconv.Itoa(at)
	}
	prints := source{ids: ids, dim: FingerprintLen, views: margins, read: func(row, view int, dst []float32) error {
		facts[distinct[row]].Prints[view].floats(dst)
		return nil
	}}
	digest := "fingerprints of " + hex.EncodeToString(key.Sum(nil)[:8])
	near, err := neighbours(ctx, prints, proposals, name, digest, opts)
	if err != nil {
		return nil, err
	}
	defer near.Close()
	var pairs []Pair
	for row, at := range distinct {
		list, err := near.Of(row)
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if n.Score >= proposedAbove {
				other := distinct[n.Row]
				pairs = append(pairs, Pair{A: min(at, other), B: max(at, other)})
			}
		}
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return cmp.Or(cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B)) })
	return slices.Compact(pairs), nil
}

// verify returns the proposed pairs that show the same picture. Agreements are stored
// under the two files' digests: as they come in PATH.part, in the end those of all pairs,
// in order, in PATH.
func verify(ctx context.Context, files []string, facts []Facts, proposed []Pair, path string,
	opts DuplicateOptions) ([]Pair, error) {
	held, err := onewriter.Lock(path)
	if err != nil {
		return nil, err
	}
	defer held.Release()
	known := map[string]float64{}
	for _, kept := range []string{path, path + ".part"} {
		if err := readAgreements(kept, known); err != nil {
			return nil, fmt.Errorf("reading the kept comparisons %s: %w; remove it and start again", kept, err)
		}
	}
	log, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, wholefile.Explain(err)
	}
	if _, err := log.WriteString("\n"); err != nil { // ends a line that a kill cut off
		return nil, errors.Join(wholefile.Explain(err), log.Close())
	}
	pictures := &pictures{files: files, limits: opts.Limits, held: map[int]*picture{}}
	var lock sync.Mutex
	done := 0
	err = cores.Each(ctx, len(proposed), func(i int) error {
		p := &proposed[i]
		key := agreementKey(facts[p.A].SHA256, facts[p.B].SHA256)
		had, ok := known[key]
		p.Agreement = had
		if !ok {
			// Rounded as in the file, so that a run that was interrupted has the same result.
			p.Agreement = math.Round(pictures.agreement(p.A, p.B)*1e5) / 1e5
		}
		lock.Lock()
		defer lock.Unlock()
		if !ok {
			if err := writeAgreement(log, key, p.Agreement); err != nil {
				return wholefile.Explain(err)
			}
		}
		done++
		if opts.Verify != nil {
			opts.Verify(done, len(proposed))
		}
		return nil
	})
	if err := errors.Join(err, log.Close()); err != nil {
		return nil, err
	}
	if err := writeAgreements(path, facts, proposed); err != nil {
		return nil, err
	}
	if err := os.Remove(path + ".part"); err != nil {
		return nil, err
	}
	same := slices.DeleteFunc(proposed, func(p Pair) bool { return p.Agreement < sameAbove })
	return same, nil
}

func agreementKey(a, b [32]byte) string {
	return hex.EncodeToString(a[:12]) + "," + hex.EncodeToString(b[:12])
}

func writeAgreement(out io.Writer, key string, agreement float64) error {
	_, err := fmt.Fprintf(out, "%s,%.5f\n", key, agreement)
	return err
}

func writeAgreements(path string, facts []Facts, pairs []Pair) error {
	return wholefile.Write(path, func(file io.Writer) error {
		buf := bufio.NewWriter(file)
		for _, p := range pairs {
			_ = writeAgreement(buf, agreementKey(facts[p.A].SHA256, facts[p.B].SHA256), p.Agreement) // Flush returns its error
		}
		return buf.Flush()
	})
}

// readAgreements adds the complete lines of a file to known.
func readAgreements(path string, known map[string]float64) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(bufio.NewReader(f))
	r.FieldsPerRecord = -1
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(row) == 3 && len(row[0]) == 24 && len(row[1]) == 24 && len(row[2]) == len("0.12345") {
			if v, err := strconv.ParseFloat(row[2], 64); err == nil {
				known[row[0]+","+row[1]] = v
			}
		}
	}
}

// pictures is a cache of the photos that are compared.
type pictures struct {
	files  []string
	limits imageprep.Limits
	lock   sync.Mutex
	held   map[int]*picture
	order  []int // of their reading
}

// heldPictures is the size of the cache; a picture takes about 70 KB.
const heldPictures = 1024

// agreement is the better alignment of the two directions: a crop lies within the whole,
// but not the whole within the crop. A file that can no longer be read has the agreement 0.
func (p *pictures) agreement(a, b int) float64 {
	x, y := p.get(a), p.get(b)
	if x == nil || y == nil {
		return 0
	}
	v := align(x, y)
	if v >= sameAbove {
		return v
	}
	return max(0, v, align(y, x))
}

func (p *pictures) get(i int) *picture {
	p.lock.Lock()
	had, ok := p.held[i]
	p.lock.Unlock()
	if ok {
		return had
	}
	var made *picture
	if photo, err := imageprep.Open(p.files[i], p.limits); err == nil {
		made = newPicture(photo)
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if _, ok := p.held[i]; !ok {
		p.held[i] = made
		p.order = append(p.order, i)
		if len(p.order) > heldPictures {
			delete(p.held, p.order[0])
			p.order = p.order[1:]
		}
	}
	return made
}

// Groups returns for each of n photos the index of the first photo that shows the same
// picture, its own where it has no duplicate: the connected components of the pairs.
func Groups(n int, pairs []Pair) []int {
	group := make([]int, n)
	for i := range group {
		group[i] = i
	}
	root := func(i int) int {
		for group[i] != i {
			group[i] = group[group[i]]
			i = group[i]
		}
		return i
	}
	for _, p := range pairs {
		a, b := root(p.A), root(p.B)
		group[max(a, b)] = min(a, b)
	}
	for i := range group {
		group[i] = root(i)
	}
	return group
}
