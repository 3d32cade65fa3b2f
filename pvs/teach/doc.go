// Package teach makes a search better by clicks: somebody says of a photo that was searched for and a photo that was
// found that they show the same product, or that they do not.
//
//	j, err := teach.Open("clicks.jsonl")                   // a line for each click, one for each that is taken back
//	c, err := j.Add(teach.Click{Query: q, Found: f, Same: true, Who: "Ann", Index: made})
//	t, err := teach.Fit(ctx, teach.Of(snapshot), made, j.State().Clicks, teach.Options{})
//	fmt.Println(t.Report.Verdict)                          // by clicks that were held out
//	photos, err := teach.Search(ctx, teach.Of(snapshot), t.Metric, vector, 10)
//
// What is fitted is a linear map A of all vectors ([Metric]): cos(Ax, Ay) takes the place of cos(x, y). A is the
// identity but in at most 48 directions, those in which the photos that were clicked on differ. The index stays as it
// is: it proposes candidates for A'Ax, which are put into order by their cosines.
//
// The loss has four parts (docs/teach.md):
//
//   - of clicks, a softmax over cosines: a photo is nearer to photos of its own product than to those that are not it;
//   - of their kin, the same for products of the index that are near to those that were clicked for;
//   - of a guard, photos of further products: each costs nothing as long as its own product's photos stand no worse
//     than before;
//   - of the distance of A from the identity.
//
// Whether it helps is measured, not assumed: by clicks that a fit did not see, and by photos of other products, which
// no fit had, with paired intervals.
package teach
