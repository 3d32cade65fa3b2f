package synth

import "github.com/gopvs/product-visual-search/data/mesh"

// paint is a colour with the name that a shop gives it.
type paint struct {
	name  string
	color mesh.Color // linear RGB
}

var (
	white    = paint{"white", mesh.Color{R: 0.83, G: 0.82, B: 0.79}}
	ivory    = paint{"ivory", mesh.Color{R: 0.78, G: 0.69, B: 0.52}}
	black    = paint{"black", mesh.Color{R: 0.02, G: 0.02, B: 0.022}}
	charcoal = paint{"charcoal", mesh.Color{R: 0.07, G: 0.075, B: 0.08}}
	grey     = paint{"grey", mesh.Color{R: 0.3, G: 0.31, B: 0.32}}
	red      = paint{"red", mesh.Color{R: 0.55, G: 0.03, B: 0.03}}
	coral    = paint{"coral", mesh.Color{R: 0.78, G: 0.2, B: 0.13}}
	orange   = paint{"orange", mesh.Color{R: 0.8, G: 0.24, B: 0.02}}
	mustard  = paint{"mustard", mesh.Color{R: 0.66, G: 0.37, B: 0.03}}
	yellow   = paint{"yellow", mesh.Color{R: 0.83, G: 0.6, B: 0.06}}
	olive    = paint{"olive", mesh.Color{R: 0.17, G: 0.19, B: 0.04}}
	green    = paint{"green", mesh.Color{R: 0.05, G: 0.3, B: 0.09}}
	mint     = paint{"mint", mesh.Color{R: 0.4, G: 0.7, B: 0.52}}
	teal     = paint{"teal", mesh.Color{R: 0.02, G: 0.27, B: 0.29}}
	sky      = paint{"sky blue", mesh.Color{R: 0.24, G: 0.5, B: 0.76}}
	blue     = paint{"blue", mesh.Color{R: 0.03, G: 0.11, B: 0.45}}
	navy     = paint{"navy", mesh.Color{R: 0.012, G: 0.03, B: 0.11}}
	violet   = paint{"violet", mesh.Color{R: 0.2, G: 0.06, B: 0.38}}
	pink     = paint{"pink", mesh.Color{R: 0.8, G: 0.32, B: 0.42}}
	brown    = paint{"brown", mesh.Color{R: 0.17, G: 0.07, B: 0.03}}
	tan      = paint{"tan", mesh.Color{R: 0.47, G: 0.29, B: 0.15}}
	oak      = paint{"oak", mesh.Color{R: 0.5, G: 0.31, B: 0.15}}
	walnut   = paint{"walnut", mesh.Color{R: 0.16, G: 0.075, B: 0.035}}
	steel    = paint{"steel", mesh.Color{R: 0.6, G: 0.61, B: 0.63}}
	brass    = paint{"brass", mesh.Color{R: 0.72, G: 0.49, B: 0.17}}
	copper   = paint{"copper", mesh.Color{R: 0.72, G: 0.31, B: 0.17}}
	gunmetal = paint{"gunmetal", mesh.Color{R: 0.13, G: 0.14, B: 0.16}}
)

// palettes are colours that go together: main, second, accent. A leaf sells in a few
// of them, so that colour alone does not tell a product from its neighbours.
var palettes = [][3]paint{
	{white, teal, mustard}, {white, navy, red}, {ivory, brown, olive}, {black, grey, red},
	{charcoal, white, orange}, {navy, white, yellow}, {teal, ivory, coral}, {red, white, black},
	{sky, white, navy}, {mint, white, pink}, {mustard, charcoal, white}, {green, ivory, brown},
	{pink, white, violet}, {orange, charcoal, sky}, {blue, yellow, white}, {grey, black, mint},
	{olive, tan, black}, {coral, navy, ivory}, {violet, mint, white}, {yellow, black, grey},
}

var (
	woods  = []paint{oak, walnut, tan}
	metals = []paint{steel, steel, gunmetal, brass, copper}
)
