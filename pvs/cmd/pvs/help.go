package main

import (
	"strings"

	"github.com/alecthomas/kong"
)

// longHelp fills in the texts that are too long for the tag of their flag, which names them as ${verb_flag}.
// They are no kong.Vars: those are all interpolated anew for each flag, which took 0.17 s of each start.
var longHelp = kong.PostBuild(func(k *kong.Kong) error {
	return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
		switch node := node.(type) {
		case *kong.Node:
			node.Help = longText(node.Help)
		case *kong.Value:
			node.Help, node.Default, node.Enum = longText(node.Help), longText(node.Default), longText(node.Enum)
		}
		return next(nil)
	})
})

// longText is the text that ${name} stands for, or what was given; kong refuses a name that is not there.
func longText(s string) string {
	if name, named := strings.CutPrefix(s, "${"); named {
		if text, ok := longTexts[strings.TrimSuffix(name, "}")]; ok {
			return text
		}
	}
	return s
}

// longTexts are by the names that stand for them.
var longTexts = map[string]string{
	"setup":  "Install what is missing: the backend's libraries and ImageNet weights. Safe to repeat.",
	"import": "Make a catalogue of photos in folders, in a public data set's layout, or behind the addresses of a feed.",
	"check":  "Look for bad photos, duplicates, leaks and suspicious labels in a catalogue.",

	"bench_devices": "Devices of the backend that take a training step in parallel, " +
		"each on its part of the batch; one if not given.",
	"bench_phases":  "new_top,block7a,full,full_batchnorm,siamese,fit",
	"bench_out":     "Folder for the index, which is used again; a temporary one, which is removed, if not given.",
	"bench_photo":   "The photo that is decoded and prepared; one of 500 x 400 is drawn if not given.",
	"bench_vectors": "Vectors for the index, instead of made ones.",
	"bench_whats":   "all,images,embed,search,train,index,serve",
	"bench_what": "images, embed, search, train or all of them; or index, an index on disk; " +
		"or serve, a photo to its answer over HTTP.",

	"explain": "Say why queries miss, and what would mend it by how much.",

	"check_out":   "Folder for findings.csv, check.html and what a second start goes on from.",
	"check_known": "A list of defects that were made (pvs data defects): says which were found.",

	"convert_in":  "NAME.npy, a Parquet file, a TFRecord file, a folder of them, or the manifest NAME.json of shards.",
	"convert_ids": "One id a line for the idx of TFRecords without a manifest; without it the idx is the id.",

	"data_furniture":       "Photograph furniture and household goods in rooms, from Debian's sweethome3d-furniture.",
	"data_furniture_from":  "The package's .deb file, a .sh3f file or a folder of them, instead of a download.",
	"data_furniture_train": "Further products for train and val, with categories but without product ids.",
	"data_vectors":         "Make embeddings without photos, clustered as a catalogue's, to try out a search at scale.",
	"defects_out":          "The spoiled catalogue's folder; its photos.csv names the original's photos.",
	"defects_kinds": "The kinds, all if not given: " +
		"unreadable, exact, reencoded, resized, cropped, leak, contradiction, category, product.",

	"download_private": "Download from this machine and from private networks, too, and through a proxy: " +
		"addresses in a feed are others' words, and could lead to what only this machine may see.",
	"download_recheck": "Ask again for photos of an earlier import, by their ETag, whether they have changed; " +
		"--no-recheck where a changed photo gets another address, as Shopify's do.",

	"planted_kinds": "The kinds, all if not given: " +
		"turned, little, cut, dark, blurred, small, twin, ground, label, copies. The same queries are spoiled in each.",

	"embed_part": "Embed a part only, as 3/16 for the third of sixteen, by the ids' digest: for several machines; " +
		"pvs vectors merge puts them together.",

	"embed_out": "Name of the vectors: NAME.npy and NAME.ids are written, and NAME.json and NAME.stamps, " +
		"which say what made them and of which files.",

	"evaluate_against": "Other results for the same queries: which ranking is better, and is that more than chance?",
	"evaluate_passport": "Score by every definition that papers and libraries use, with their names and formulas " +
		"(docs/metrics.md).",
	"evaluate_chart": "Draw how the score varies by definition, as a PNG or SVG.",
	"evaluate_ids": "With --truth: what the same id as query and as result means: the same photo, which is no match " +
		"(one list), another one (two lists), or another one where results and truth both have such pairs (auto).",

	"fit_pixels": "Side of the network's input in training, if not its weights'; " +
		"a search takes a larger one where that is better.",

	"import_eproduct":       "eBay's eProduct: lists of train, val, index and query and folders of the same names.",
	"import_val":            "Share of the training products that go to val where the set has no such part.",
	"import_folder_queries": "Photos of each product that become queries, all but one at most; the others are the index.",
	"import_folder_train":   "Share of the products that go to train and val instead of to a search.",
	"import_feed_queries": "Photos of each product that become queries, for a score, all but one at most; " +
		"the others are the index.",
	"import_feed_skip": "Leave out rows and photos that are bad or do not come, and list them in DIR/problems.txt.",
	"import_feed_variants": "What variants become, such as colours: one product, or products of their own " +
		"where they have photos of their own.",
	"list_column": "Which columns a catalogue's come from: " +
		"--column photo=image --column category=level1,level2,leaf (photo, path, split, product, category, title).",
	"import_csv_train": "Share of the products that go to train and val, where the list has no splits.",
	"import_online_products_queries": "Photos of each product of the test part that become queries, " +
		"all but one at most; the others are the index.",
	"import_products10_k_train": "Share of the products that go to train and val instead of to a search.",

	"index_compact": "Make the codes of an index again, of all photos, let go of removed ones, " +
		"and measure the search anew.",
	"index_export":  "Folder for index.npy, index.ids and photos.csv, of which another index can be made.",
	"index_vectors": "Vectors of the photos that were made before (pvs embed); without them the photos are embedded now.",

	"explain_index":   "The folder of an index on disk: what its search misses is told from what the network misses.",
	"explain_out":     "Folder for autopsy.html, autopsy.png, autopsy.csv and what a second start goes on from.",
	"explain_queries": "Vectors of the queries, with --index; the catalogue's queries are embedded now if not given.",
	"explain_ranked":  "Results of pvs search, whose sidecar names the vectors that were searched.",
	"explain_run": "A folder with the vectors index and query, and ranked.csv where it has one: " +
		"quickstart/network, fit's before or after, or what pvs embed and pvs search wrote there.",

	"network_weights": "keras-b0, timm-b0, lite0 to lite2 or a file (.h5, .safetensors, .pth); " +
		"the best that can be had if not given.",
	"network_onnx": "Any image network as an ONNX file, or the name of one of docs/backbones.md's table, " +
		"instead of an EfficientNet.",
	"network_normalise": "With --network: what its photos' values become, imagenet, clip, -1..1, 0..1 or 0..255, " +
		"where no NAME.json beside it says so.",
	"network_output": "With --network: the value that becomes the vector, as NAME, NAME:class (the first token) or " +
		"NAME:mean, where it has several or NAME.json is to be overruled.",
	"network_pixels": "Side of the network's input; what the weights were trained on if not given.",
	"network_centre": "The share of a photo's side that is looked at, in its middle: 0.7 shows what stands there " +
		"larger, at no cost. All if not given, or what pvs fit chose.",
	"network_views": "Views of a photo whose vectors are averaged, at their own input sizes if you like: A0,A2,A0@160 " +
		"(A0 the photo, A1 to A5 turned and mirrored, A8 shrunk, A9 its middle).",
	"network_precision": "What the network computes in: " +
		"float32, float16 for CPUs that multiply it (AVX512-FP16), bfloat16 for GPUs and TPUs, or int8, " +
		"calibrated on the photos, for CPUs that multiply bytes faster (VNNI); float32 if not given.",

	"network_shrunk": "Decode large JPEGs at a half to an eighth of their size, in a fraction of the time " +
		"and nearly the same; pvs index does, unless --no-shrunk.",

	"replay":         "Show what trainings did to a search, epoch by epoch: scores, neighbours, a map, gains and losses.",
	"replay_dirs":    "Folders of pvs train, journey or fit, or of one of their runs.",
	"replay_catalog": "The catalogue folder; the one that the runs name if not given.",

	"search_index": "Name of the index vectors, or the folder of an index on disk (pvs index create).",
	"search_where": "Search only in photos with this value: of product, title, path, digest, " +
		"or another column of the catalogue.",
	"search_candidates": "Photos that are compared exactly; as many as the index was calibrated for if not given.",
	"search_image": "A photo to search for, embedded with the network that the index was made with; " +
		"with that of the flags where the index does not say. Given again: several photos of one thing, as one query.",
	"search_expand": "Expand each query by its N nearest photos and search again (docs/after-training.md).",
	"search_rerank": "Put the first 100 results into a new order by the neighbours that they share with the query.",
	"search_ids": "What the same id in the index and among the queries means: " +
		"the same photo (one list), another one (two lists, as where both count from 0), or the same where its vector is, " +
		"too (auto). A photo is not found as itself.",

	"serve_addr": "Where to listen. Anything but this machine's own address needs a token, " +
		"which is made and printed if no file has one.",
	"serve_photos":  "Folders that photos may be read from, beside the catalogue's and the one that it was imported from.",
	"serve_uploads": "Folder for the files of photos that are added over HTTP; photos in the index's folder if not given.",
	"serve_token":   "File of the token that requests must bring.",
	"serve_host":    "Names that the server goes by, beside addresses and localhost; a request by another one is refused.",
	"serve_waiting": "Photos that wait for their turn before more are turned away (status 429).",

	"serve_shards": "Addresses of several pvs serve --index that are searched as one, as http://10.0.0.1:8080: " +
		"instead of an index (docs/shards.md).",
	"serve_shards_token":   "File of the token that the shards ask for.",
	"serve_shards_timeout": "How long a shard is waited for before an answer goes out without it.",
	"serve_whitening":      "A copy of index.whiten, where the vectors of the shards or the engine are whitened.",
	"serve_engine":         "Addresses of a Weaviate that an index was pushed to (pvs index push), instead of an index.",
	"engine_token":         "File of the engine's API key.",
	"engine_class":         "The engine's class that holds the photos; Photo if not given.",
	"index_push":           "Bring a Weaviate to what an index holds; again after changes, or after Ctrl-C.",
	"push_to":              "Addresses of the engine's machines: the next one is asked where one does not answer.",
	"push_copies":          "On how many machines each photo is, where the class is made: 3 outlast one that fails.",
	"push_parts":           "Into how many parts the class is cut, where it is made; one a machine if not given.",
	"push_anew":            "Remove the class and make it again. Searches in it fail until all is pushed.",
	"serve_teach": "Keep clicks of \"same product\" and \"not it\" in this file, which is made if it is not there, " +
		"and search by what they teach (docs/teach.md); without it there are no such buttons.",

	"setup_device": "cuda or tpu: XLA's plugin for it even if none is here, " +
		"as for an image (one that is here needs no word).",

	"teach_pairs": "The clicks: the file that pvs serve --teach keeps.",
	"teach_seed":  "Of the photos that guard the fit, and of the clicks that are held out.",

	"train_out":     "Folder for checkpoints, logs and cached features; a run that is there is resumed.",
	"train_scale":   "smoke (minutes), small (20 minutes on 2 cores), medium (a night) or full (the original's sizes).",
	"train_records": "Train on the records in this folder (pvs records), instead of the catalogue's photos.",
	"train_weights": "ImageNet weights to start from: keras-b0, timm-b0, lite0 to lite2 or a file; " +
		"the best that can be had if not given.",
	"train_devices": "Devices of the backend that take a step in parallel, each on its part of the batch; " +
		"all that divide the batch on a GPU or TPU, one on a CPU if not given.",
	"train_another_way": "Go on with a run although its steps are computed otherwise than before (micro-batches, " +
		"devices, engine, processor): sums then differ in rounding.",
	"train_precision": "What the backbone computes in: float32, or bfloat16 for GPUs and TPUs; " +
		"weights and losses stay float32.",
	"train_name": "The run: 1.8, or a name of the phases file. What it builds on is trained first. " +
		"With --from the new run's name.",
	"train_from": "Branch off: start from this epoch of a run, as 1.8@2, with other settings. " +
		"A run of this folder, or a run's folder.",
	"train_keep":         "Photos whose vectors are kept after each epoch, as float16, for pvs replay; 0: none.",
	"train_keep_weights": "Epochs of a run, beside its last, whose weights are kept to branch off from.",

	"vectors_whiten":     "Whiten the vectors of an index (PCA). A search in them whitens queries and photos alike.",
	"vectors_augment":    "Move each vector of an index towards its nearest others. Queries stay as they are.",
	"vectors_merge":      "Put the parts of a split together, as if it had been embedded in one run.",
	"vectors_join":       "Join the vectors of two networks or more: index and queries alike, with the same weights.",
	"vectors_out":        "Name of the new vectors.",
	"vectors_whiten_out": "Name of the new vectors; NAME.whiten, beside them, is what a search whitens queries by.",
	"vectors_by":         "Whiten by what whitened these vectors, as for queries of a joined index; learned if not given.",
	"vectors_dim":        "Dimensions that are kept, those that vary most; 256, or all that vary, if not given.",
	"vectors_shrinkage":  "How far variances are drawn towards their mean before: 0 whitens fully, 1 only turns.",
	"vectors_alpha":      "A neighbour counts as much as its cosine to this power; 0: as much as the vector itself.",
	"vectors_weights":    "What each network's cosines count, as in 1,0.5; all the same if not given.",

	"verify_backends": "Backends to compare, as in GOMLX_BACKEND; those that can be had if not given.",
}
