package serve

import (
	"maps"
	"slices"
	"strings"
)

// separator stands between the names of a category.
const separator = " > "

// CategoryTree lists categories with those above them, which count what lies below, from how many photos are in each
// category itself.
func CategoryTree(own map[string]int) []Category {
	photos := map[string]int{}
	for category, n := range own {
		names := strings.Split(category, separator)
		for i := range names {
			if category != "" {
				photos[strings.Join(names[:i+1], separator)] += n
			}
		}
	}
	return SortedCategories(photos)
}

// SortedCategories lists categories, each followed by those below it, from how many photos are in and below each.
func SortedCategories(photos map[string]int) []Category {
	paths := slices.SortedFunc(maps.Keys(photos), func(a, b string) int {
		return slices.Compare(strings.Split(a, separator), strings.Split(b, separator))
	})
	out := make([]Category, len(paths))
	for i, path := range paths {
		out[i] = Category{Path: path, Photos: photos[path]}
	}
	return out
}
