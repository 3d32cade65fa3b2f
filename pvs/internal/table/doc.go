// Package table reads the text tables that lists of photos come in: CSV with a header
// line, with the line ends of any system, with a byte order mark or not, in UTF-8 or
// UTF-16, with commas, semicolons, tabs or bars between the fields, with Excel's line
// sep=; or not. Rows of nothing but separators are no rows.
//
//	t, err := table.Open(file, "photos.csv")
//	missing := t.Select([]string{"photo", "path"})
//	for err := t.Read(fields); ; err = t.Read(fields) { ... } // io.EOF after the last
//
// A row that does not parse costs itself only: the next line is read as a row again,
// and no row is swallowed by a quote that another row left open.
package table
