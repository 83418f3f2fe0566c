// Command mogplex is the terminal client of Mogplex.
package main

import (
	"os"

	"github.com/mogplex/mogplex-cli/internal/cli"
)

func main() { os.Exit(cli.Main()) }
