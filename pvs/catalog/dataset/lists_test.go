package dataset

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopvs/product-visual-search/pvs/catalog"
)

// eProduct's layout as docs/data.md describes it, with titles of every kind.
func eProductFiles() map[string]string {
	return with(photosAt("train/a.jpg", "train/b.jpg", "val/c.jpg", "index/d.jpg", "index/e.jpg", "query/f.jpg"),
		map[string]string{
			"metadata/train.csv": "\ufeffimage,level1,level2,leaf,title\r\na.jpg,Toys,Cars,Red Cars,\"Car, \"\"fast\"\"\"\r\n" +
				"b.jpg,Home,Mugs,Mugs,\"two\r\nlines\"\r\n",
			"metadata/val.csv":   "image,level1,level2,leaf,title\nc.jpg,Home,,Mugs,Blue mug\n",
			"metadata/index.csv": "image,title,product\nd.jpg,Blue mug,7\ne.jpg,Car,8\n",
			"metadata/query.csv": "image,product\nf.jpg,7\n",
		})
}

func TestEProduct(t *testing.T) {
	same(t, rows(t, EProduct{}, source(t, eProductFiles()), Options{Val: 0.9}),
		`train||Toys > Cars > Red Cars|train/a.jpg|Car, "fast"`, "train||Home > Mugs|train/b.jpg|two\nlines",
		"val||Home > Mugs|val/c.jpg|Blue mug",
		"index|7||index/d.jpg|Blue mug", "index|8||index/e.jpg|Car", "query|7||query/f.jpg|")
}

// The columns' names, the folder of the photos and the ending of their names can differ.
func TestEProductColumns(t *testing.T) {
	src := source(t, map[string]string{
		"images/train/1f.jpg": "", "images/query/2f.jpg": "",
		"train.csv": "uuid,meta,lvl2,leaf_name,auct_title\n1f,Toys,Cars,Cars,Car\n", "query.csv": "uuid\n2f\n"})
	k := EProduct{Ending: ".jpg", Columns: Columns{"photo": "uuid", "path": "uuid",
		"category": "meta,lvl2,leaf_name", "title": "auct_title"}}
	same(t, rows(t, k, src, Options{}), "train||Toys > Cars|1f|Car", "query|||2f|")
	s, err := Import(context.Background(), k, src, t.TempDir(), Options{})
	if err != nil || len(s.Notes) != 1 || s.Notes[0] != "there is no list for val and index: the catalogue is without" {
		t.Errorf("notes %q, %v", s.Notes, err)
	}
	refused(t, EProduct{}, src, Options{},
		"train.csv has no column image for the photo; its columns are uuid, meta, lvl2, leaf_name, auct_title")
	k.Columns["title"] = "titel"
	refused(t, k, src, Options{}, "none of its lists has the column titel for the title")
	k.Columns["colour"] = "red"
	refused(t, k, src, Options{}, `a catalogue has no column "colour"`)
}

func TestEProductBad(t *testing.T) {
	files := eProductFiles()
	files["metadata/index.csv"] = "image,title\nd.jpg,caf\xe9\n../../x.jpg,out\n/etc/passwd,out\ngone.jpg,missing\n" +
		"e.jpg,ok\nhttp://x/y.jpg,net\n..\\..\\x.jpg,out\nd.jpg,too,many\n"
	src := source(t, files)
	refused(t, EProduct{}, src, Options{}, "7 photos or rows are bad")
	out := t.TempDir()
	s, err := Import(context.Background(), EProduct{}, src, out, Options{SkipBad: true})
	if err != nil || s.Photos != 5 || s.Skipped != 7 {
		t.Fatalf("%+v, %v", s, err)
	}
	list, err := os.ReadFile(filepath.Join(out, ProblemsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, say := range []string{
		"metadata/index.csv line 2: it is not UTF-8; save the file as UTF-8",
		"line 3: its path leads out of the folder: ../../x.jpg", "line 4: its path leads out of the folder: /etc/passwd",
		"line 5: there is no such file: index/gone.jpg", "line 7: http://x/y.jpg is an address",
		"line 8: its path leads out of the folder: ../../x.jpg", "line 9: it has 3 fields"} {
		if !strings.Contains(string(list), say) {
			t.Errorf("%q is not in\n%s", say, list)
		}
	}
	files["metadata/index.csv"] = "image,title\nd.jpg,caf\xe9 \x93x\x94\ne.jpg,ok\n"
	if got := rows(t, EProduct{Latin1: true}, source(t, files), Options{}); got[0] != "index|||index/d.jpg|café “x”" {
		t.Errorf("got %q", got)
	}
	files["metadata/query.csv"] = "image\n"
	refused(t, EProduct{Latin1: true}, source(t, files), Options{}, "its part query has no photos")
	files["metadata/query.csv"] = "image\ngone.jpg\n"
	refused(t, EProduct{Latin1: true}, source(t, files), Options{SkipBad: true},
		"no photo of its part query is left: all 1 are bad")
	refused(t, EProduct{}, source(t, photosAt("train/a.jpg", "metadata.zip")), Options{},
		"metadata.zip is still packed; unpack it there")
	refused(t, EProduct{}, source(t, photosAt("train/a.jpg")), Options{}, "it has none of metadata/train.csv")
}

// A quote that is left open swallows no rows: what is not imported is listed.
func TestOpenQuote(t *testing.T) {
	for _, k := range []EProduct{{}, {Ending: ".jpg"}} {
		end := ".jpg"
		if k.Ending != "" {
			end = ""
		}
		files := eProductFiles()
		files["metadata/index.csv"] = "image,title\nd" + end + ",\"half\ne" + end + ",whole\nd" + end + ",TV 32\"\n"
		files["metadata/query.csv"] = "image\nf" + end + "\n"
		s, err := Import(context.Background(), k, source(t, files), t.TempDir(), Options{SkipBad: true})
		if err != nil || s.Skipped != 2 || s.BySplit[catalog.Index] != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

// Stanford_Online_Products as it is published, with fewer lines.
func onlineProductsFiles() map[string]string {
	const header = "image_id class_id super_class_id path\n"
	train := "1 1 1 bicycle_final/111085122871_0.JPG\n2 1 1 bicycle_final/111085122871_1.JPG\n" +
		"3 2 4 coffee_maker_final/1.JPG\n"
	test := "4 11319 1 bicycle_final/2_0.JPG\n5 11319 1 bicycle_final/2_1.JPG\n6 11319 1 bicycle_final/2_2.JPG\n" +
		"7 11320 8 mug_final/3_0.JPG\n"
	return with(photosAt("bicycle_final/111085122871_0.JPG", "bicycle_final/111085122871_1.JPG",
		"coffee_maker_final/1.JPG",
		"bicycle_final/2_0.JPG", "bicycle_final/2_1.JPG", "bicycle_final/2_2.JPG", "mug_final/3_0.JPG"),
		map[string]string{"Ebay_train.txt": header + train, "Ebay_test.txt": header + test,
			"Ebay_info.txt": header + train + test, "bicycle_final.txt": "", "README": ""})
}

func TestOnlineProducts(t *testing.T) {
	train := []string{"train|1|bicycle|bicycle_final/111085122871_0.JPG|",
		"train|1|bicycle|bicycle_final/111085122871_1.JPG|", "train|2|coffee_maker|coffee_maker_final/1.JPG|"}
	same(t, rows(t, OnlineProducts{}, source(t, onlineProductsFiles()), Options{}), append([]string{
		"query|11319|bicycle|bicycle_final/2_0.JPG|", "index|11319|bicycle|bicycle_final/2_1.JPG|",
		"index|11319|bicycle|bicycle_final/2_2.JPG|", "index|11320|mug|mug_final/3_0.JPG|"}, train...)...)
	// A query that would be left without truth by a missing photo is none.
	files := onlineProductsFiles()
	delete(files, "bicycle_final/2_0.JPG")
	delete(files, "bicycle_final/2_1.JPG")
	same(t, rows(t, OnlineProducts{}, source(t, files), Options{SkipBad: true}),
		append([]string{"index|11319|bicycle|bicycle_final/2_2.JPG|", "index|11320|mug|mug_final/3_0.JPG|"}, train...)...)
	// val takes whole products of the train part and none of the test part.
	same(t, rows(t, OnlineProducts{}, source(t, onlineProductsFiles()), Options{Val: 0.999999})[4:],
		"val|1|bicycle|bicycle_final/111085122871_0.JPG|", "val|1|bicycle|bicycle_final/111085122871_1.JPG|",
		"val|2|coffee_maker|coffee_maker_final/1.JPG|")
}

func TestOnlineProductsBad(t *testing.T) {
	files := onlineProductsFiles()
	files["Ebay_test.txt"] += "8 2 4 coffee_maker_final/1.JPG\n"
	refused(t, OnlineProducts{}, source(t, files), Options{},
		"Ebay_test.txt line 6: its class 2 is in Ebay_train.txt, too")
	s, err := Import(context.Background(), OnlineProducts{}, source(t, files), t.TempDir(), Options{SkipBad: true})
	if err != nil || len(s.Notes) != 2 ||
		!strings.Contains(s.Notes[0], "lists 7 photos, but Ebay_train.txt and Ebay_test.txt 8") {
		t.Errorf("%v, %v", s.Notes, err)
	}
	files = onlineProductsFiles()
	files["Ebay_test.txt"] = strings.ReplaceAll(files["Ebay_test.txt"], "image_id ", "id ")
	refused(t, OnlineProducts{}, source(t, files), Options{},
		"Ebay_test.txt is no list of photos: it should start with the line image_id class_id super_class_id path")
	delete(files, "Ebay_test.txt")
	refused(t, OnlineProducts{}, source(t, files), Options{}, "it has no Ebay_test.txt")
	files = onlineProductsFiles()
	files["Ebay_test.txt"] = "image_id class_id super_class_id path\r\n"
	refused(t, OnlineProducts{}, source(t, files), Options{}, "its part Ebay_test.txt has no photos")
}

// The In-Shop benchmark as it is published, with fewer lines.
func inShopFiles(img string) map[string]string {
	names := []string{"WOMEN/Dresses/id_00000002/02_1_front.jpg", "WOMEN/Dresses/id_00000002/02_2_side.jpg",
		"MEN/Tees_Tanks/id_00000003/01_1_front.jpg", "MEN/Tees_Tanks/id_00000003/01_2_side.jpg"}
	list := "4\r\nimage_name                                          item_id        evaluation_status\r\n"
	files := map[string]string{}
	for i, n := range names {
		files[img+n] = ""
		list += fmt.Sprintf("img/%s   id_0000000%d   %s\r\n", n, 2+i/2, []string{"train", "train", "query", "gallery"}[i])
	}
	files["Eval/list_eval_partition.txt"] = list
	return files
}

func TestInShop(t *testing.T) {
	for _, img := range []string{"Img/img/", "img/", "Img/img_highres/"} {
		same(t, rows(t, InShop{}, source(t, inShopFiles(img)), Options{}),
			"train|id_00000002|WOMEN > Dresses|img/WOMEN/Dresses/id_00000002/02_1_front.jpg|",
			"train|id_00000002|WOMEN > Dresses|img/WOMEN/Dresses/id_00000002/02_2_side.jpg|",
			"query|id_00000003|MEN > Tees_Tanks|img/MEN/Tees_Tanks/id_00000003/01_1_front.jpg|",
			"index|id_00000003|MEN > Tees_Tanks|img/MEN/Tees_Tanks/id_00000003/01_2_side.jpg|")
	}
}

func TestInShopBad(t *testing.T) {
	files := inShopFiles("Img/img/")
	const list = "Eval/list_eval_partition.txt"
	whole := files[list]
	for text, say := range map[string]string{
		strings.Replace(whole, "4\r\n", "52712\r\n", 1): "it speaks of 52712 photos and lists 4: " +
			"it is cut off or was changed",
		strings.Replace(whole, "gallery", "test", 1):  `the status "test" is none of train, query and gallery`,
		strings.ReplaceAll(whole, "query", "gallery"): "its part query has no photos",
		"one two\n": "it should start with the line image_name item_id evaluation_status",
	} {
		files[list] = text
		refused(t, InShop{}, source(t, files), Options{}, say)
	}
	refused(t, InShop{}, source(t, map[string]string{list: whole, "Img/img.zip": "PK\x03\x04"}), Options{},
		"Img/img.zip is still packed; unpack it there")
}

// Products-10K as it is published, with fewer lines.
func products10KFiles() map[string]string {
	files := map[string]string{}
	train, test := "name,class,group\n", "name,class,Usage\n"
	for class := range 40 {
		for i := range 2 {
			n := fmt.Sprintf("%d.jpg", 2*class+i)
			files["train/"+n], files["test/"+n] = "", ""
			train += fmt.Sprintf("%s,%d,%d\n", n, class, class/10)
			test += fmt.Sprintf("%s,%d,Public\n", n, class)
		}
	}
	return with(files, map[string]string{"train.csv": train, "test_kaggletest.csv": test})
}

// No product is on both sides: of those trained on, the test photos are for val.
func TestProducts10K(t *testing.T) {
	count := map[string]int{}
	for _, line := range rows(t, Products10K{Train: 0.5}, source(t, products10KFiles()), Options{}) {
		f := strings.Split(line, "|")
		count[f[0]]++
		if (f[0] == "train" || f[0] == "index") != strings.HasPrefix(f[3], "train/") ||
			f[2] != string(f[1][0]) && len(f[1]) == 2 {
			t.Errorf("got %s", line)
		}
	}
	if count["train"] != count["val"] || count["query"] != count["index"] || count["train"]+count["query"] != 80 ||
		count["train"] < 20 || count["query"] < 20 {
		t.Errorf("got %v", count)
	}
	got := rows(t, Products10K{}, source(t, products10KFiles()), Options{})
	if !strings.HasPrefix(got[0], "index|0|0|train/0.jpg") || len(got) != 160 {
		t.Errorf("%d photos, the first %s", len(got), got[0])
	}
}

func TestProducts10KBad(t *testing.T) {
	files := products10KFiles()
	delete(files, "test_kaggletest.csv")
	refused(t, Products10K{}, source(t, files), Options{}, "it has no test_kaggletest.csv")
	refused(t, Products10K{}, source(t, with(photosAt("train.zip", "test.zip", "train.csv"))), Options{},
		"train.zip is still packed")
	files["test.csv"] = "name\n0.jpg\n" // as a contest hands it out
	refused(t, Products10K{}, source(t, files), Options{}, "test.csv has no column class for the product")
}

func TestCSV(t *testing.T) {
	photos := photosAt("img/a1.jpg", "img/a2.jpg", "img/a3.jpg", "img/b1.jpg", "img/c1.jpg")
	// Products without splits are for a search; b has one photo, a2 is not there.
	delete(photos, "img/a2.jpg")
	list := "sku;picture;department;shelf;name\na;a2.jpg;Home;Mugs;gone\na;a1.jpg;Home;Mugs;Mug, blue\n" +
		"b;b1.jpg;Home;;Bowl\na;a3.jpg;Home;Mugs;Mug\n"
	columns := Columns{"photo": "picture", "product": "sku", "category": "department,shelf", "title": "name"}
	src := source(t, with(photos, map[string]string{"list.csv": list}))
	same(t, rows(t, CSV{Columns: columns, Images: "img"}, filepath.Join(src, "list.csv"), Options{SkipBad: true}),
		"query|a|Home > Mugs|img/a1.jpg|Mug, blue", "index|a|Home > Mugs|img/a3.jpg|Mug", "index|b|Home|img/b1.jpg|Bowl")
	// Splits of every name; a test part is divided.
	src = source(t, with(photosAt("1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg"), map[string]string{
		"list.csv": "photo,path,split,product,category\nq,1.jpg,test,m,A > B\ni,2.jpg,test,m,A > B\nt,3.jpg,Train,,A > B\n" +
			"v,4.jpg,validation,,A\ng,5.jpg,gallery,m,\n"}))
	same(t, rows(t, CSV{}, filepath.Join(src, "list.csv"), Options{}),
		"query|m|A > B|q|", "index|m|A > B|i|", "train||A > B|t|", "val||A|v|", "index|m||g|")
	// Without products it is for training, without anything it is an index.
	for text, want := range map[string]string{"photo,category\n1.jpg,A\n": "train||A|1.jpg|",
		"photo\n1.jpg\n": "index|||1.jpg|", "photo,product\n" + filepath.Join(src, "1.jpg") + ",p\n": "index|p||1.jpg|"} {
		if err := os.WriteFile(filepath.Join(src, "list.csv"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		same(t, rows(t, CSV{}, filepath.Join(src, "list.csv"), Options{}), want)
	}
}

func TestCSVBad(t *testing.T) {
	src := source(t, map[string]string{"list.csv": "photo,split\n1.jpg,tset\n", "none.csv": "file\n1.jpg\n",
		"empty.csv": "", "1.jpg": ""})
	refused(t, CSV{}, filepath.Join(src, "list.csv"), Options{}, `list.csv line 2: split "tset" is none of`)
	refused(t, CSV{}, filepath.Join(src, "none.csv"), Options{},
		"none.csv has no column photo, which names the files; its columns are file")
	refused(t, CSV{}, filepath.Join(src, "empty.csv"), Options{}, "the file is empty")
	refused(t, CSV{}, src, Options{}, "name the CSV file in it")
}

// A product that is trained on and searched for is said.
func TestLeakNote(t *testing.T) {
	src := source(t, with(photosAt("1.jpg", "2.jpg"),
		map[string]string{"list.csv": "photo,split,product\n1.jpg,train,p\n2.jpg,index,p\n"}))
	s, err := Import(context.Background(), CSV{}, filepath.Join(src, "list.csv"), t.TempDir(), Options{})
	if err != nil || len(s.Notes) != 1 ||
		!strings.Contains(s.Notes[0], "1 products are both trained on and searched for, p for one") {
		t.Errorf("%v, %v", s.Notes, err)
	}
}

// Hostile lists make sentences, never a panic, and no photo outside of the folder.
func FuzzLists(f *testing.F) {
	f.Add("photo,split,product\n1.jpg,train,p\n../x.jpg,index,p\n")
	f.Add("4\nimage_name item_id evaluation_status\nimg/A/B/id/1.jpg id query\n")
	f.Add("image_id class_id super_class_id path\n1 1 1 1.jpg\n")
	f.Add("name;class;group\n1.jpg;1;\"2\n")
	dir := f.TempDir()
	for _, d := range []string{"train", "test", "Eval", "Img/img"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			f.Fatal(err)
		}
	}
	for _, p := range []string{"1.jpg", "train/1.jpg", "test/1.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, p), []byte("its pixels"), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	out := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		for _, name := range []string{"list.csv", "train.csv", "test_kaggletest.csv", "Ebay_train.txt", "Ebay_test.txt",
			"Eval/list_eval_partition.txt"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for k, src := range map[Kind]string{&CSV{}: filepath.Join(dir, "list.csv"), &EProduct{}: dir, &OnlineProducts{}: dir,
			&InShop{}: dir, &Products10K{}: dir} {
			if err := os.RemoveAll(out); err != nil { // it is of another source
				t.Fatal(err)
			}
			s, err := Import(context.Background(), k, src, out, Options{SkipBad: true})
			if err != nil {
				continue
			}
			c, err := catalog.Open(out, catalog.Options{})
			if err != nil || len(c.Photos) != s.Photos {
				t.Fatalf("%T: %d photos of %d, %v", k, len(c.Photos), s.Photos, err)
			}
			for _, p := range c.Photos {
				if _, err := os.Stat(c.File(p)); err != nil || !strings.HasPrefix(c.File(p), dir) {
					t.Fatalf("%T: %s, %v", k, c.File(p), err)
				}
			}
		}
	})
}
