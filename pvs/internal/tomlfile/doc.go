// Package tomlfile reads settings that people write in TOML: strictly, as they save the file, with mistakes told by
// their lines.
//
//	data, err := tomlfile.Read("mine.toml", "a recipe", "recipe", &recipe)
package tomlfile
