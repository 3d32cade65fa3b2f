package furniture

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/gopvs/product-visual-search/data/mesh"
	"github.com/gopvs/product-visual-search/data/studio"
)

// good is an entry of a package's index.
type good struct {
	id, name, category string
	creator, license   string
	model              string      // path of the OBJ file in the package
	size               [3]float64  // width, depth and height in centimetres
	elevation          float64     // of its foot above the floor, centimetres
	rotation           *[9]float64 // of the model, by rows; nil: none
	lamps              []studio.Lamp
	file               string // the package
}

// goodsOf reads a package's index.
func goodsOf(properties map[string]string, file string) ([]good, error) {
	license := properties["license"]
	var out []good
	for n := 1; ; n++ {
		get := func(key string) string { return properties[key+"#"+strconv.Itoa(n)] }
		if get("name") == "" {
			break
		}
		g := good{id: get("id"), name: tidy(get("name")), category: tidy(get("category")), creator: tidy(get("creator")),
			license: license, model: strings.TrimPrefix(get("model"), "/"), file: file}
		if l := get("license"); l != "" {
			g.license = l
		}
		if g.id == "" {
			g.id = g.model
		}
		for i, key := range []string{"width", "depth", "height"} {
			v, err := strconv.ParseFloat(get(key), 64)
			if err != nil || !(v > 0 && v < 1e5) {
				return nil, fmt.Errorf("%s#%d (%s): %q is no size in centimetres", key, n, g.name, get(key))
			}
			g.size[i] = v
		}
		g.elevation, _ = strconv.ParseFloat(get("elevation"), 64) // 0 where there is none
		if text := get("modelRotation"); text != "" {
			var r [9]float64
			words := strings.Fields(text)
			for i := range min(9, len(words)) {
				v, err := strconv.ParseFloat(words[i], 64)
				if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || len(words) != 9 {
					return nil, fmt.Errorf("modelRotation#%d (%s): %q is no matrix of 3 x 3", n, g.name, text)
				}
				r[i] = v
			}
			g.rotation = &r
		}
		g.lamps = lampsOf(get, g.size)
		if g.model == "" {
			return nil, fmt.Errorf("%s (number %d) names no model", g.name, n)
		}
		out = append(out, g)
	}
	return out, nil
}

// lampsOf reads an entry's sources of light: places from the left, the back and the foot in
// centimetres, and colours. What is no number is left out.
func lampsOf(get func(string) string, size [3]float64) (lamps []studio.Lamp) {
	var at [3][]string
	for i, key := range []string{"lightSourceX", "lightSourceY", "lightSourceZ"} {
		at[i] = strings.Fields(get(key))
	}
	for i, color := range strings.Fields(get("lightSourceColor")) {
		if i >= min(len(at[0]), len(at[1]), len(at[2])) || i == 16 {
			break
		}
		var v [3]float64
		usable := true
		for k := range v {
			number, err := strconv.ParseFloat(at[k][i], 64)
			usable = usable && err == nil && math.Abs(number) < 1e5
			v[k] = number
		}
		rgb, err := strconv.ParseUint(strings.TrimPrefix(color, "#"), 16, 32)
		if !usable || err != nil {
			continue
		}
		c := mesh.Color{R: float64(rgb>>16&255) + 1, G: float64(rgb>>8&255) + 1, B: float64(rgb&255) + 1}
		top := max(c.R, c.G, c.B)
		lamps = append(lamps, studio.Lamp{At: mesh.Vec{X: v[0] - size[0]/2, Y: size[1]/2 - v[1], Z: v[2]},
			Color: mesh.Color{R: c.R / top, G: 0.92 * c.G / top, B: 0.78 * c.B / top}}) // bulbs are warm
	}
	return lamps
}

// tidy makes one line of a name.
func tidy(s string) string { return strings.Join(strings.Fields(s), " ") }

// What is no good that a shop sells, or is too large to be shown in a room.
var (
	otherCategories = map[string]bool{"Characters": true, "Doors and windows": true, "Staircases": true}
	otherNames      = regexp.MustCompile(`(?i)\b(acacia|pine|maple|beech|cypress|poplar|palm|coconut tree|peach blossom|` +
		`hedge|bush|ficus|bamboo|rails?|crossing|arrow|parking|sidewalk|rocks?|chimney|porch column|elevator|` +
		`swimming pool|sandpit|barnum|contemporary living room|bill|street light|deer)\b`)
)

const tooLong = 520 // centimetres

// sold tells whether a good belongs into the catalogue.
func (g good) sold() bool {
	return !otherCategories[g.category] && !otherNames.MatchString(g.name) &&
		max(g.size[0], g.size[1], g.size[2]) < tooLong
}

// title is what a shop might write.
func (g good) title() string {
	cm := func(v float64) string {
		if v < 10 {
			return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
		}
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return fmt.Sprintf("%s, %s x %s x %s cm", g.name, cm(g.size[0]), cm(g.size[1]), cm(g.size[2]))
}

// kinds that names do not end in.
var kinds = map[string]string{
	"Toilets unit": "Toilet", "Small lavatory": "Toilet", "Couch": "Sofa", "Futon": "Sofa", "Sneakers": "Shoes",
	"Woman shoes": "Shoes", "Mocassin": "Shoes", "Bootie": "Shoes", "Slippers": "Shoes", "Plastic cup": "Cup",
	"Coffee mug": "Cup", "Clear sofa": "Sofa", "Dryer machine": "Washing machine",
	"Clothes washing machine": "Washing machine",
	"Washing machine":         "Washing machine", "Coffee maker": "Coffee machine", "Coffee brewer": "Coffee machine",
	"Coffee machine": "Coffee machine", "Refrigerator": "Fridge", "TV stand": "TV stand", "Television cabinet": "TV stand",
	"Desk table": "Desk", "Wood bank": "Bench", "Little bank": "Bench", "Dress": "Clothes", "Short": "Clothes",
	"Trousers": "Clothes", "Jacket": "Clothes", "Skirt": "Clothes", "Suit": "Clothes", "Hanging clothes": "Clothes",
	"Folded clothes": "Clothes", "Crib": "Child bed", "Baby bed": "Child bed", "Child bed": "Child bed",
	"Intercom with screen": "Intercom", "CCTV": "Camera", "Lamppost": "Lamp", "Cupboard": "Wardrobe",
	"Concept Sedan 02 Sport": "Car", "Concept Sedan 01": "Car", "Concept Sedan 02": "Car", "VW new beetle": "Car",
	"Seat Leon": "Car", "Peugeot 308 CC": "Car", "Renault Scenic": "Car",
	"SUV": "Car", "Chevrolet": "Car", "Smart car": "Car",
	"Ford Focus": "Car", "Bike": "Bicycle", "Indoor bike": "Fitness", "Treadmill": "Fitness", "Abdominal bench": "Fitness",
	"Fitness tower": "Fitness", "Rattan armchair": "Armchair", "Rattan sofa": "Sofa", "Shelves": "Bookcase",
	"Vertical shelves": "Bookcase", "Full bookcase": "Bookcase", "Yucca": "Plant", "Cactus": "Plant", "Orchids": "Plant",
	"Spathiphyllum": "Plant", "Spider plant": "Plant", "Tulips": "Plant", "White lily": "Plant", "Flowers": "Plant",
	"Bonsai tree": "Plant", "Bedside table": "Bedside table", "Coffee table": "Coffee table", "Towel rack": "Towel rack",
	"Wall flat TV": "TV", "TV 16:9": "TV", "Screen": "TV", "Corner bathtub": "Bath", "Island bath": "Bath",
}

// more is what follows a name's noun: "with cushion", "2 seats", ", glass and cutlery".
var more = regexp.MustCompile(`(,| with | on | - | \d|\(| 16:| BZ).*$`)

// kind is what a good is, in a word or two.
func (g good) kind() string {
	if k := kinds[g.name]; k != "" {
		return k
	}
	name := strings.TrimSpace(more.ReplaceAllString(g.name, ""))
	if k := kinds[name]; k != "" {
		return k
	}
	words := strings.Fields(name)
	if len(words) == 0 {
		return g.name
	}
	last := words[len(words)-1]
	return strings.ToUpper(last[:1]) + last[1:]
}
