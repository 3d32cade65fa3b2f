package chart

import "math"

// sampleJourney is the original's journey with made-up measurements; 1.5 is not measured.
func sampleJourney() Journey {
	const six, eight = "A0-A5", "A0 A2-A5 A8-A10"
	j := Journey{
		Title:    "The journey: 17 runs, as published and as measured here",
		Subtitle: "Made-up numbers for a test, 800 products, 2,000 queries",
		Correlation: "The two orders of the 15 runs with both scores agree: Spearman's rank correlation is 0.91 [0.78, " +
			"0.96] (1 would be the same order).",
		Runs: []JourneyRun{
			{Name: "0", Trains: "none", Note: "ImageNet weights, no training", Published: 0.342},
			{Name: "1.1", From: "0", Trains: "new top", Note: "new top, frozen BatchNorms, dropout 0.2, Adam 1e-2, 1 epoch, " +
				six},
			{Name: "1.2", From: "1.1", Trains: "from block7a",
				Note: "from block7a, frozen BatchNorms, dropout 0.2, Adam 1e-4, 1 epoch, " + six, Published: 0.388},
			{Name: "1.3", From: "1.2", Trains: "full", Note: "full, frozen BatchNorms, dropout 0.2, Adam 1e-4, 2 epochs, " + six,
				Published: 0.412},
			{Name: "1.4", From: "1.2", Trains: "full", Note: "full, frozen BatchNorms, dropout 0.6, Adam 1e-4, 1 epoch, " + six,
				Published: 0.378},
			{Name: "1.5", From: "1.2", Trains: "full", Note: "full, trained BatchNorms, dropout 0.2, Adam 1e-4, 1 epoch, " + six,
				Published: 0.391},
			{Name: "1.6", From: "1.2", Trains: "full",
				Note: "full, frozen BatchNorms, dropout 0.2, Adam 1e-4, 1 epoch, A0 A6 A7", Published: 0.398},
			{Name: "1.7", From: "1.2", Trains: "full", Note: "full, frozen BatchNorms, dropout 0.2, Adam 1e-4, 3 epochs, A0-A7",
				Published: 0.411},
			{Name: "1.8", From: "1.2", Trains: "full", Note: "full, frozen BatchNorms, dropout 0.2, Adam 1e-5, 2 epochs, " + six,
				Published: 0.440},
			{Name: "1.9", From: "1.8", Trains: "siamese head",
				Note: "siamese head, semi-hard triplet, margin 0.5, Adam 1e-5, 2 epochs, " + six, Published: 0.454},
			{Name: "1.10", From: "1.9", Trains: "siamese head",
				Note: "siamese head, semi-hard triplet, margin 0.75, Adam 1e-5, 1 epoch, " + six, Published: 0.459},
			{Name: "1.11", From: "1.10", Trains: "siamese head",
				Note: "siamese head, semi-hard triplet, margin 0.75, Adam 1e-4, 1 epoch, " + six, Published: 0.463, Final: true},
			{Name: "2.1", From: "0", Trains: "new top", Note: "new top, frozen BatchNorms, dropout 0.2, Adam 1e-3, 20 epochs, " +
				eight, Published: 0.325},
			{Name: "2.2", From: "2.1", Trains: "new top",
				Note: "new top, trained BatchNorms, dropout 0.2, Adam 1e-3, 10 epochs, " + eight, Published: 0.396},
			{Name: "2.3", From: "2.2", Trains: "from block7a",
				Note: "from block7a, trained BatchNorms, dropout 0.2, Adam 1e-5, 10 epochs, " + eight, Published: 0.411},
			{Name: "2.4", From: "2.3", Trains: "full", Note: "full, trained BatchNorms, dropout 0.2, Adam 1e-5, 7 epochs, " +
				eight, Published: 0.399},
			{Name: "2.5", From: "2.4", Trains: "siamese head",
				Note: "siamese head, semi-hard triplet, margin 0.5, Adam 1e-5, 5 epochs, " + eight, Published: 0.433},
		},
	}
	values := []float64{0.512, 0.521, 0.556, 0.581, 0.534, 0, 0.549, 0.588, 0.604, 0.617, 0.612, 0.629, 0.498, 0.540,
		0.561, 0.552, 0.597}
	for i := range j.Runs {
		if v := values[i]; v > 0 {
			half := 0.016 + 0.004*math.Sin(float64(i))
			j.Runs[i].Measured = &Score{v, v - half, v + half}
		}
	}
	epochs := func(i int, values ...float64) {
		for _, v := range values {
			j.Runs[i].Epochs = append(j.Runs[i].Epochs, Score{v, v - 0.016, v + 0.016})
		}
	}
	epochs(9, 0.609, 0.617)
	epochs(16, 0.566, 0.581, 0.579, 0.591, 0.597)
	return j
}
