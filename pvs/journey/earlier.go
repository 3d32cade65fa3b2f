package journey

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/gopvs/product-visual-search/pvs/finetune"
	"github.com/gopvs/product-visual-search/pvs/recipe"
)

// check compares what an earlier start left of runs with what they would be made from now.
func (j *Journey) check(ctx context.Context, runs []recipe.Run) error {
	for _, run := range runs {
		if run.Phase == nil {
			continue
		}
		values, err := j.parent(run)
		if err != nil {
			continue // its parent is not trained, or says itself what is wrong with it
		}
		err = j.trainer.Check(ctx, j.Folder(run.Name), j.opts.Scale.Settings(run, !j.opts.Exact), values)
		if err != nil {
			return err
		}
	}
	return nil
}

// parent returns the weights that a run starts from; that they are not trained yet is an error.
func (j *Journey) parent(run recipe.Run) (map[string][]float32, error) {
	from, err := recipe.Find(j.opts.Runs, run.From)
	if err != nil {
		return nil, err
	}
	if from.Phase == nil {
		return j.opts.Values, nil
	}
	c, err := finetune.ReadCheckpoint(j.Folder(from.Name))
	if err != nil {
		return nil, err
	}
	if !c.Done {
		return nil, fmt.Errorf("run %s, which run %s starts from, is not trained to its end", from.Name, run.Name)
	}
	return c.Values, nil
}

// finished returns the results of all runs that an earlier start trained and scored, by name. What is wrong with one
// that is not asked for is said, and it is left out.
func (j *Journey) finished(ctx context.Context, asked []recipe.Run) (map[string]Result, error) {
	all := map[string]Result{}
	for _, run := range j.opts.Runs {
		if !j.isFinished(run) {
			continue
		}
		r, err := j.one(ctx, run)
		if err == nil {
			j.say(r)
			all[run.Name] = r
			continue
		}
		if ctx.Err() != nil || slices.ContainsFunc(asked, func(a recipe.Run) bool { return a.Name == run.Name }) {
			return nil, err
		}
		j.opts.Log(fmt.Sprintf("left out of the chart: %v", err))
	}
	return all, nil
}

// isFinished says whether a run was trained and scored to its end.
func (j *Journey) isFinished(run recipe.Run) bool {
	versions := 1
	if run.Phase != nil {
		c, err := finetune.ReadCheckpoint(j.Folder(run.Name))
		if err != nil || !c.Done {
			return false
		}
		if run.Phase.Siamese() {
			versions = len(c.Epochs)
		}
	}
	_, err := os.Stat(scoreFile(j.Folder(run.Name), versions))
	return err == nil
}

// inOrder lists those results that are of runs, in their order.
func inOrder(runs []recipe.Run, all map[string]Result) (list []Result) {
	for _, run := range runs {
		if r, ok := all[run.Name]; ok {
			list = append(list, r)
		}
	}
	return list
}
