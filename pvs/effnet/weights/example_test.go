package weights_test

import (
	"fmt"

	"github.com/gopvs/product-visual-search/pvs/effnet/weights"
)

func ExampleIdentify() {
	f, err := weights.Read("../testdata/keras_efficientnet_mini_notop.h5")
	if err != nil {
		fmt.Println(err)
		return
	}
	config, err := weights.Identify(f)
	fmt.Println(f.Format, "of", config.Title, err)
	// Output: Keras HDF5 of EfficientNet-Mini <nil>
}
