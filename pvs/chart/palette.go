package chart

import "image/color"

// hue is a colour for the foreground and a tint of it for the background.
type hue struct{ full, tint color.RGBA }

// hues are the colours of branches and lines. They differ in lightness too, so people with red-green colour blindness
// can tell them from each other. The first is for what belongs to none.
var hues = []hue{
	{color.RGBA{74, 80, 94, 255}, color.RGBA{188, 192, 202, 255}},
	{color.RGBA{47, 91, 183, 255}, color.RGBA{170, 190, 230, 255}},
	{color.RGBA{201, 93, 10, 255}, color.RGBA{242, 195, 155, 255}},
	{color.RGBA{13, 133, 120, 255}, color.RGBA{158, 212, 203, 255}},
	{color.RGBA{139, 63, 150, 255}, color.RGBA{216, 180, 221, 255}},
}

// card is the ground of a plot, guide the faintest line on it.
var (
	card  = color.RGBA{255, 255, 255, 255}
	guide = color.RGBA{238, 239, 243, 255}
)

// dark maps the colours of a drawing to those on a dark page.
var dark = map[color.RGBA]color.RGBA{
	paper: {22, 24, 29, 255}, card: {31, 34, 41, 255}, guide: {43, 47, 56, 255}, faint: {58, 63, 75, 255},
	ink: {236, 238, 242, 255}, grey: {162, 168, 182, 255},
	hues[0].full: {176, 182, 196, 255}, hues[0].tint: {94, 100, 114, 255},
	hues[1].full: {126, 166, 255, 255}, hues[1].tint: {66, 86, 130, 255},
	hues[2].full: {255, 160, 84, 255}, hues[2].tint: {130, 84, 48, 255},
	hues[3].full: {80, 205, 188, 255}, hues[3].tint: {38, 104, 96, 255},
	hues[4].full: {214, 148, 226, 255}, hues[4].tint: {104, 68, 112, 255},
}
