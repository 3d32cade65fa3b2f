// Package labels finds what a catalogue offers as labels for metric learning: product ids, titles that several photos
// share, words of titles, categories; and holds whole products out to validate by.
//
//	photos := c.Split(catalog.Train)
//	choice := labels.Choose(photos)
//	fmt.Println(choice.Reason)                     // titles: 700 of 1000 photos share theirs with another photo, ...
//	byPhoto := choice.Set.Single()                 // a class for each photo, or -1, as feed.NewByClass takes them
//	train, held, err := labels.HoldOut(photos, choice.Set.Kind, 0.2, seed)
//
// The finest labels that most photos have are chosen: photos of one product are what a search has to find, a shared
// title mostly names one product, words and categories tell kinds of products apart.
package labels
