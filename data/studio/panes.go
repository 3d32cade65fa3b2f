package studio

import (
	"slices"

	"github.com/gopvs/product-visual-search/data/mesh"
)

// pane is a triangle that is seen through.
type pane struct {
	part, triangle int
	inv            float64 // nearness: of its corners, added
}

// panesOf lists the triangles of some parts, farthest first; screens are the parts' corners as the camera sees them.
func panesOf(m *mesh.Mesh, parts []int, screens [][]screen) []pane {
	var list []pane
	for _, i := range parts {
		v := screens[i]
		for t, tri := range m.Parts[i].Triangles {
			list = append(list, pane{i, t, v[tri[0]].inv + v[tri[1]].inv + v[tri[2]].inv})
		}
	}
	slices.SortStableFunc(list, func(a, b pane) int {
		if a.inv < b.inv {
			return -1
		}
		return 1
	})
	return list
}
