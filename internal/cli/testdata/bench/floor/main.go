// Command floor links the four libraries that mogplex has to use, and prints a
// variable: what mogplex costs at least.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/pkg/browser"
	"github.com/urfave/cli/v2"
	"github.com/zalando/go-keyring"
	"golang.org/x/oauth2"
)

func main() {
	app := &cli.App{Name: "floor", Commands: []*cli.Command{{
		Name: "token",
		Action: func(*cli.Context) error {
			_, err := fmt.Println(os.Getenv("MOGPLEX_API_KEY"))
			return err
		},
	}, {
		Name: "login", // keeps the linker from dropping the other libraries
		Action: func(c *cli.Context) error {
			token, err := new(oauth2.Config).Exchange(context.Background(), c.Args().First())
			if err != nil {
				return browser.OpenURL(err.Error())
			}
			return keyring.Set("mogplex", "mogplex", token.AccessToken)
		},
	}}}
	if app.Run(os.Args) != nil {
		os.Exit(1)
	}
}
