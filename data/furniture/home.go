package furniture

import (
	"regexp"

	"github.com/gopvs/product-visual-search/data/studio"
)

// Names that say more of a place than sizes do.
var (
	hangs   = regexp.MustCompile(`(?i)hanging light|pendant|chandelier|ceiling|fluorescent|track lights`)
	onWalls = regexp.MustCompile(`(?i)^wall |^frame|cuckoo|radiator|thermometer|upper.* cabinet|^hood|range hood|` +
		`water heater`)
	onFloors = regexp.MustCompile(`(?i)chair|stool|seat|\btable$|\btable (with|on)|bench|ottoman|puff|` +
		`bin|trashcan|radiator on`)
	onTables = regexp.MustCompile(`(?i)toilet brush|^towel$|lock$|^vase|bottle|guitar|racket|umbrella$|^ruler|` +
		`trousers|jacket|^dress$|skirt|pliers|^saw$|tennis bat|screen$|newspaper`)
	outside = regexp.MustCompile(`(?i)railing|basketball net|lamppost|street lamp|park light|outdoor lamp`)
)

// small is the largest side, in centimetres, of what is shown on a table.
const small = 52

// home says where a good is photographed.
func (g good) home() studio.Home {
	wide, high := max(g.size[0], g.size[1]), g.size[2]
	h := studio.Home{Flat: high < 0.09*wide}
	switch {
	case hangs.MatchString(g.name):
		return studio.Home{Place: studio.OnCeiling, Below: max(90, g.elevation)}
	case onTables.MatchString(g.name) && max(wide, high) < 150:
		h.Place = studio.OnTable
	case outside.MatchString(g.name):
		h.Place = studio.Outdoors
	case g.elevation >= 8 || onWalls.MatchString(g.name):
		return studio.Home{Place: studio.OnWall, Below: max(10, g.elevation)}
	case max(wide, high) < small && !onFloors.MatchString(g.name), g.category == "Lights" && wide < small && high < 75:
		h.Place = studio.OnTable
	case g.category == "Kitchen" && high < 60 && wide < 85 && !onFloors.MatchString(g.name):
		h.Place = studio.OnTable
	case g.category == "Exterior" || g.category == "Vehicles":
		h.Place = studio.Outdoors
	case g.category == "Kitchen" || g.category == "Bathroom":
		h.Place = studio.Wet
	default:
		h.Place = studio.OnFloor
	}
	return h
}
