// Package explain says why queries do not find all they could: for each of them the causes that a test in code finds,
// and for each cause how much of MAR@10 its cure brings, which is counted by mending just that and searching again.
//
//	report, err := explain.Explain(ctx, explain.Search{Catalog: cat, Index: index, Queries: queries},
//		explain.Options{Embedder: e, Dir: "autopsy/work"})
//	err = report.WriteCSV("autopsy/autopsy.csv")
//
// Photos are looked at (light, sharpness, where the product is), treated - turned, cropped, brightened, laid on a plain
// ground, made grey - and embedded again by the embedder that made the vectors. What a treatment does by chance is
// known from photos of the index that are treated alike. [Occlude] shows where in two photos their similarity comes
// from.
//
// docs/explain.md has each cause with its test, and what was found of causes that were planted on purpose.
package explain
