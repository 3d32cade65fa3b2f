package wavefront

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// Limits keep a hostile file from taking all memory.
const (
	maxPoints  = 4 << 20 // of each kind
	maxCorners = 1 << 12 // of a polygon
	maxTurns   = 1 << 26 // corners that are compared to cut polygons: what is left is cut as if it were convex
)

// Angles between faces that are drawn as one curved surface where a file has no normals.
// Files that do not ask for smoothing are drawn flat by other programs; round things in
// them look better so, and boxes look the same.
const (
	creaseSmooth = 62 * math.Pi / 180
	creaseFlat   = 38 * math.Pi / 180
)

// Model is what an OBJ file holds. Its axes are the file's, usually with y upwards.
type Model struct {
	Mesh  *mesh.Mesh
	Notes []string // of what is missing: libraries of materials, materials, images
}

// Read reads the OBJ file of that name and what it refers to. Open gets names with
// slashes, relative as name is.
func Read(name string, open func(name string) ([]byte, error)) (*Model, error) {
	data, err := open(name)
	if err != nil {
		return nil, err
	}
	r := &reader{library: newLibrary(path.Dir(name), open), groups: map[group]int{}}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if len(line) > 1<<20 {
			return nil, fmt.Errorf("%s, line %d: longer than a mebibyte", name, n)
		}
		if err := r.line(line); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", name, n, err)
		}
	}
	out := &Model{Mesh: r.mesh(), Notes: r.library.notes}
	if len(out.Mesh.Parts) == 0 {
		return nil, fmt.Errorf("%s holds no faces", name)
	}
	return out, nil
}

// group is what faces need in common to be one part.
type group struct {
	material string
	smooth   bool
}

// faces are the triangles of a group.
type faces struct {
	group     group
	triangles [][3]int32
	corners   []mesh.Corners
	textured  bool
}

// reader collects an OBJ file.
type reader struct {
	points, normals []mesh.Vec
	uv              []mesh.UV
	current         group
	groups          map[group]int
	all             []faces
	library         *library
	corners         []corner // of the polygon at hand
	unfinished      []byte   // of lines that end in a backslash
	turns           int      // that were looked at
}

// corner has indices, -1 for none.
type corner struct{ point, uv, normal int32 }

// line reads one line.
func (r *reader) line(line []byte) error {
	line = bytes.TrimSpace(line)
	if r.unfinished != nil {
		line = append(r.unfinished, line...)
		r.unfinished = nil
	}
	if len(line) > 0 && line[len(line)-1] == '\\' {
		if len(line) > 1<<20 {
			return errors.New("it goes on without end")
		}
		r.unfinished = append(bytes.Clone(line[:len(line)-1]), ' ')
		return nil
	}
	word, rest, _ := bytes.Cut(line, []byte(" "))
	if i := bytes.IndexByte(word, '\t'); i >= 0 {
		word, rest = line[:i], line[i+1:]
	}
	switch string(word) {
	case "v", "vn":
		var v [3]float64
		if err := numbers(rest, v[:], 3); err != nil {
			return err
		}
		if word[len(word)-1] == 'n' {
			return add(&r.normals, mesh.Vec{X: v[0], Y: v[1], Z: v[2]}.Unit())
		}
		return add(&r.points, mesh.Vec{X: v[0], Y: v[1], Z: v[2]})
	case "vt":
		var v [2]float64
		if err := numbers(rest, v[:], 1); err != nil {
			return err
		}
		return add(&r.uv, mesh.UV{U: v[0], V: v[1]})
	case "f":
		return r.face(rest)
	case "usemtl":
		r.current.material = string(bytes.TrimSpace(rest))
	case "mtllib":
		r.library.read(string(bytes.TrimSpace(rest)))
	case "s":
		s := string(bytes.TrimSpace(rest))
		r.current.smooth = s != "off" && s != "0" && s != "null"
	}
	return nil
}

// add appends within the limit.
func add[T any](list *[]T, v T) error {
	if len(*list) >= maxPoints {
		return fmt.Errorf("more than %d points", maxPoints)
	}
	*list = append(*list, v)
	return nil
}

// numbers reads as many numbers as there is room for, at least some.
func numbers(text []byte, into []float64, least int) error {
	i := 0
	for word := range bytes.FieldsSeq(text) {
		if i == len(into) {
			break
		}
		v, err := strconv.ParseFloat(string(word), 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 1e12 {
			return fmt.Errorf("%q is no usable number", clip(word))
		}
		into[i] = v
		i++
	}
	if i < least {
		return fmt.Errorf("%d numbers, %d are needed", i, least)
	}
	return nil
}

// clip shortens what is quoted.
func clip(word []byte) string {
	if len(word) > 40 {
		return string(word[:40]) + "..."
	}
	return string(word)
}

// face adds a polygon.
func (r *reader) face(text []byte) error {
	r.corners = r.corners[:0]
	for word := range bytes.FieldsSeq(text) {
		if len(r.corners) == maxCorners {
			return fmt.Errorf("a face of more than %d corners", maxCorners)
		}
		c, err := r.corner(word)
		if err != nil {
			return err
		}
		r.corners = append(r.corners, c)
	}
	if len(r.corners) < 3 {
		return nil // a line or a point, which some exporters write so
	}
	at, ok := r.groups[r.current]
	if !ok {
		at = len(r.all)
		r.groups[r.current] = at
		r.all = append(r.all, faces{group: r.current})
	}
	g := &r.all[at]
	for _, t := range r.triangulate() {
		var triangle [3]int32
		var more mesh.Corners
		for k, i := range t {
			c := r.corners[i]
			triangle[k] = c.point
			if c.uv >= 0 {
				more.UV[k], g.textured = r.uv[c.uv], true
			}
			if c.normal >= 0 {
				more.Normals[k] = r.normals[c.normal]
			}
		}
		g.triangles, g.corners = append(g.triangles, triangle), append(g.corners, more)
	}
	return nil
}

// corner reads "3", "3/1", "3//2" or "3/1/2"; negative numbers count from the end.
func (r *reader) corner(word []byte) (corner, error) {
	out := [3]int32{-1, -1, -1}
	limits := [3]int{len(r.points), len(r.uv), len(r.normals)}
	names := [3]string{"point", "texture coordinate", "normal"}
	k := 0
	for part := range bytes.SplitSeq(word, []byte("/")) {
		if k == 3 {
			return corner{}, fmt.Errorf("%q is no corner of a face", clip(word))
		}
		if len(part) > 0 {
			n, err := strconv.Atoi(string(part))
			if err != nil {
				return corner{}, fmt.Errorf("%q is no corner of a face", clip(word))
			}
			i := n - 1
			if n < 0 {
				i = limits[k] + n
			}
			if i < 0 || i >= limits[k] {
				return corner{}, fmt.Errorf("a face uses %s %d of %d", names[k], n, limits[k])
			}
			out[k] = int32(i)
		}
		k++
	}
	if out[0] < 0 {
		return corner{}, fmt.Errorf("%q is no corner of a face", clip(word))
	}
	return corner{out[0], out[1], out[2]}, nil
}

// mesh makes the parts, in the order in which the file begins them.
func (r *reader) mesh() *mesh.Mesh {
	m := &mesh.Mesh{}
	for _, g := range r.all {
		p := mesh.Part{Material: r.library.material(g.group.material)}
		crease := creaseFlat
		if g.group.smooth {
			crease = creaseSmooth
		}
		p.AddCreased(r.points, g.triangles, crease, g.corners)
		if !g.textured {
			p.UV, p.Material.Image = nil, nil
		}
		if len(p.Triangles) > 0 {
			m.Add(p)
		}
	}
	return m
}

// triangulate cuts the polygon at hand: a fan where it is convex, otherwise ear by ear
// (Meisters 1975) in the plane of its normal.
func (r *reader) triangulate() [][3]int {
	n := len(r.corners)
	if n == 3 {
		return [][3]int{{0, 1, 2}}
	}
	at := func(i int) mesh.Vec { return r.points[r.corners[i].point] }
	var normal mesh.Vec // Newell's
	for i := range n {
		a, b := at(i), at((i+1)%n)
		normal = normal.Add(a.Cross(b))
	}
	left := make([]int, n)
	for i := range left {
		left[i] = i
	}
	turn := func(a, b, c int) float64 { return at(b).Sub(at(a)).Cross(at(c).Sub(at(b))).Dot(normal) }
	convex := true
	for i := range n {
		if turn((i+n-1)%n, i, (i+1)%n) < 0 {
			convex = false
		}
	}
	var out [][3]int
	for len(left) > 3 {
		ear := 1 // a fan's next triangle
		if !convex && r.turns < maxTurns {
			ear = r.ear(left, turn)
		}
		k := len(left)
		out = append(out, [3]int{left[(ear+k-1)%k], left[ear], left[(ear+1)%k]})
		left = slices.Delete(left, ear, ear+1)
	}
	return append(out, [3]int{left[0], left[1], left[2]})
}

// ear finds a corner whose triangle holds no other; of a polygon that crosses itself any.
func (r *reader) ear(left []int, turn func(a, b, c int) float64) int {
	k := len(left)
	for i := range k {
		a, b, c := left[(i+k-1)%k], left[i], left[(i+1)%k]
		if turn(a, b, c) <= 0 {
			continue
		}
		empty := true
		for _, o := range left {
			r.turns++
			if o != a && o != b && o != c && turn(a, b, o) >= 0 && turn(b, c, o) >= 0 && turn(c, a, o) >= 0 {
				empty = false
				break
			}
		}
		if empty {
			return i
		}
	}
	return 1
}

// base is a file's name without folders, of Windows too.
func base(name string) string {
	return path.Base(strings.ReplaceAll(name, `\`, "/"))
}
