package lab

import (
	"fmt"
	"html"
	"image"
	"os"
	"path/filepath"
	"strings"

	"github.com/janpfeifer/must"
)

// Show draws a picture of package chart in the cell's output.
func Show(p Picture) { NewFrame().Show(p) }

// Image draws an image in the cell's output, pixel by pixel.
func Image(m image.Image) { NewFrame().Image(m) }

// HTML writes HTML into the cell's output.
func HTML(text string) { NewFrame().HTML(text) }

// Markdown writes Markdown into the cell's output.
func Markdown(format string, args ...any) { NewFrame().Markdown(fmt.Sprintf(format, args...)) }

// Page is what package chart writes as a page.
type Page interface{ HTML(path string) error }

// ShowPage shows a page of package chart in a window of the cell's output, height
// pixels high; its script runs there.
func ShowPage(p Page, height int) {
	dir := must.M1(os.MkdirTemp("", "lab"))
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "page.html")
	must.M(p.HTML(path))
	page := must.M1(os.ReadFile(path))
	HTML(fmt.Sprintf(`<iframe srcdoc="%s" `+
		`style="width:100%%;height:%dpx;border:1px solid #e0e2e7;border-radius:8px"></iframe>`,
		html.EscapeString(string(page)), height))
}

// Table shows rows of values below a header. Columns of numbers are set to the right.
func Table(header []string, rows ...[]any) { HTML(table(header, rows)) }

func table(header []string, rows [][]any) string {
	var b strings.Builder
	cell := func(tag string, right bool, text string) {
		align := "left"
		if right {
			align = "right"
		}
		fmt.Fprintf(&b, `<%s style="text-align:%s">%s</%[1]s>`, tag, align, html.EscapeString(text))
	}
	number := func(column int) bool { // whether the column holds numbers
		return len(rows) > 0 && column < len(rows[0]) && isNumber(rows[0][column])
	}
	b.WriteString("<table><thead><tr>")
	for i, h := range header {
		cell("th", number(i), h)
	}
	b.WriteString("</tr></thead><tbody>")
	for _, row := range rows {
		b.WriteString("<tr>")
		for i, v := range row {
			cell("td", number(i), text(v))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	return b.String()
}

func isNumber(v any) bool {
	switch v.(type) {
	case int, int32, int64, float32, float64:
		return true
	}
	return false
}

// text prints a value as a table shows it: numbers with three digits after the point.
func text(v any) string {
	switch v.(type) {
	case float32, float64:
		return fmt.Sprintf("%.3f", v)
	}
	return fmt.Sprint(v)
}
