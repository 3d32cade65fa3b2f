package main

import (
	"fmt"
	"strings"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/verify"
)

type verifyCommand struct {
	Dir      string   `arg:"" help:"A folder of reference values." placeholder:"DIR"`
	Backends []string `help:"${verify_backends}" placeholder:"NAME"`
}

// Run checks.
func (c *verifyCommand) Run(a *app) error {
	checks, err := verify.Folder(a.ctx, c.Dir, verify.Options{Backends: c.Backends, Usual: backend.Usual.Name, Log: a.log})
	if err != nil {
		return err
	}
	var failed []string
	worst, worstName := 0.0, ""
	a.say("%-52s %12s %12s", "check", "error", "allowed")
	for _, k := range checks {
		mark := "ok"
		if !k.OK() {
			mark = "FAILED"
			failed = append(failed, k.Name)
		}
		a.say("%-52s %12.3g %12.3g  %s", k.Name, k.Error, k.Allowed, mark)
		if share := k.Share(); share >= worst {
			worst, worstName = share, k.Name
		}
	}
	a.say("%d checks, %d failed; the worst, %s, uses %.1f%% of what is allowed", len(checks), len(failed), worstName,
		100*worst)
	if err := a.result(map[string]any{"checks": len(checks), "failed": len(failed), "worst": worstName,
		"worst_share": worst}); err != nil {
		return err
	}
	if len(failed) > 0 {
		return fmt.Errorf("%d of %d checks failed (%s): this backend or these weights do not give the reference's values",
			len(failed), len(checks), strings.Join(failed[:min(3, len(failed))], ", "))
	}
	return nil
}
