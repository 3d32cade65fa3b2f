package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/gopvs/product-visual-search/kernels/variables"
)

// commands are the verbs.
type commands struct {
	JSON  bool `help:"Print one JSON object on the last line of stdout."`
	Debug bool `help:"Show where an error came from."`

	Setup      setupCommand      `cmd:"" help:"${setup}"`
	Lab        labCommand        `cmd:"" help:"Start JupyterLab on the notebooks."`
	Quickstart quickstartCommand `cmd:"" help:"The main job on a small drawn catalogue, start to finish, in minutes."`
	Data       dataCommand       `cmd:"" help:"Fill a catalogue folder with photos."`
	Import     importCommand     `cmd:"" help:"${import}"`
	Check      checkCommand      `cmd:"" help:"${check}"`
	Records    recordsCommand    `cmd:"" help:"Write the photos of a catalogue as TFRecord shards."`
	Train      trainCommand      `cmd:"" help:"Train one run of the journey, or of a phases file, with what it builds on."`
	Fit        fitCommand        `cmd:"" help:"Make the search of a catalogue better, and say by how much."`
	Journey    journeyCommand    `cmd:"" help:"Train and score all runs of the journey and draw its chart."`
	Replay     replayCommand     `cmd:"" help:"${replay}"`
	Embed      embedCommand      `cmd:"" help:"Turn the photos of a split into vectors."`
	Convert    convertCommand    `cmd:"" help:"Carry embeddings to and from Parquet and TFRecord."`
	Vectors    vectorsVerbs      `cmd:"" help:"Make vectors of others that find more: whitened, augmented, joined."`
	Index      indexCommand      `cmd:"" help:"An index on disk: make, change, check and export it."`
	Sync       syncCommand       `cmd:"" help:"Bring a changed feed into its catalogue and an index."`
	Search     searchCommand     `cmd:"" help:"Find the nearest index vectors of each query."`
	Serve      serveCommand      `cmd:"" help:"Answer searches over HTTP: a page for people, an API for programs."`
	Teach      teachCommand      `cmd:"" help:"Fit a search to clicks of pvs serve --teach, and say whether they help."`
	Evaluate   evaluateCommand   `cmd:"" help:"Score ranked results against the truth."`
	Explain    explainCommand    `cmd:"" help:"${explain}"`
	Verify     verifyCommand     `cmd:"" help:"Compare with values that Keras and TensorFlow computed."`
	Bench      benchCommand      `cmd:"" help:"Measure the speed of this machine."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is main without the process: it returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr *os.File) int {
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("pvs"),
		kong.Description("Product visual search: find photos of the same product."),
		kong.Writers(stdout, stderr), kong.Exit(func(status int) { exit = status }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), longHelp)
	if err != nil {
		fmt.Fprintln(stderr, "pvs:", err)
		return 1
	}
	parsed, err := parser.Parse(withNegatives(args))
	if exit >= 0 { // --help
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "pvs: %v (pvs --help lists verbs and flags)\n", err)
		return 2
	}
	if err := checkValues(parsed); err != nil {
		fmt.Fprintln(stderr, "pvs:", err)
		return 2
	}
	variables.Apply()
	a := &app{ctx: ctx, stdout: stdout, stderr: stderr, json: c.JSON}
	err = parsed.Run(a)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(stderr, "pvs: interrupted; what is done is kept, the same command goes on from there")
	case c.Debug:
		fmt.Fprintf(stderr, "pvs: %+v%s\n", err, adviceFor(err))
	default:
		fmt.Fprintf(stderr, "pvs: %v%s\n", err, adviceFor(err))
	}
	if errors.As(err, new(misuse)) {
		return 2
	}
	return 1
}

// misuse is an error of wrong usage: no other files or photos would mend it.
type misuse struct{ error }

// Unwrap returns what is wrong.
func (m misuse) Unwrap() error { return m.error }
