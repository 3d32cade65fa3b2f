package effnet

import (
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Load creates the network's variables in scope with the values given by name
// (see [Config.Variables]; layouts are Keras's). Moving means and variances are
// marked as not trainable. A value that is missing or of another length is an error.
func (c Config) Load(scope *model.Scope, values map[string][]float32) error {
	if err := CheckExponent(values); err != nil {
		return fmt.Errorf("%s: %w", c.Title, err)
	}
	for _, v := range c.VariablesOf(values) {
		data, ok := values[v.Name]
		if !ok {
			return fmt.Errorf("%s: no value for %s", c.Title, v.Name)
		}
		if err := v.Check(data); err != nil {
			return fmt.Errorf("%s: %w", c.Title, err)
		}
		path := model.JoinPath(scope.Scope(), v.Name)
		created, err := scope.Store().CreateVariable(path, tensors.FromFlatDataAndDimensions(data, v.Shape...))
		if err != nil {
			return fmt.Errorf("%s: creating %s: %w", c.Title, v.Name, err)
		}
		created.SetTrainable(!v.Statistic())
	}
	return nil
}
