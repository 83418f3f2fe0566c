package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/mogplex/mogplex-cli/internal/account"
	"github.com/mogplex/mogplex-cli/internal/hosted"
)

func (p *program) modelsCommand() *cli.Command {
	return &cli.Command{
		Name:  "models",
		Usage: "list the models of your account",
		Description: `Prints each model's name, context length in tokens, and price in US dollars
for a million tokens. Fetches the list at most every ten minutes. Prints an
older list if the service can't be reached.

Examples:
  mogplex models
  mogplex models --refresh         fetch the list again
  mogplex models --json`,
		Flags:  []cli.Flag{jsonFlag(), refreshFlag()},
		Action: p.command(p.printModels),
	}
}

// modelsReport is the object of --json.
type modelsReport struct {
	Models []hosted.Model `json:"models"`
	listReport
}

func (p *program) printModels(ctx context.Context, c *cli.Context) error {
	got, res, err := account.List(ctx, p.account, c.Bool("refresh"), hosted.Catalog.Models)
	return printList(p, got, res, err, printing[hosted.Model]{
		table:  modelTable,
		empty:  "Your account has no models. See " + p.account.Origin + "/web/models.",
		report: func(list []hosted.Model, how listReport) any { return modelsReport{list, how} },
	})
}

func modelTable(models []hosted.Model, width int) string {
	rows := [][]string{{"ID", "NAME", "CONTEXT", "INPUT", "OUTPUT", "CAPABILITIES"}}
	for _, m := range models {
		rows = append(rows, []string{
			m.ID, m.Name, tokens(m.ContextLength), dollars(m.Pricing.Input), dollars(m.Pricing.Output),
			strings.Join(m.Capabilities, ", "),
		})
	}
	return table(rows, []int{2, 3, 4}, []int{5, 1, 3, 4, 2}, width)
}

// tokens formats a number of tokens, such as 128k.
func tokens(n *int64) string {
	switch {
	case n == nil || *n <= 0:
		return "-"
	case *n >= 1_000_000:
		return strconv.FormatFloat(float64(*n/100_000)/10, 'f', -1, 64) + "M"
	case *n >= 1000:
		return strconv.FormatInt(*n/1000, 10) + "k"
	}
	return strconv.FormatInt(*n, 10)
}

// dollars formats a price with all its digits, at least two after the point.
func dollars(price *float64) string {
	if price == nil || *price < 0 {
		return "-"
	}
	text := strconv.FormatFloat(*price, 'f', -1, 64)
	whole, cents, _ := strings.Cut(text, ".")
	return "$" + whole + "." + cents + strings.Repeat("0", max(0, 2-len(cents)))
}
