// Command get reads one item of the keychain, with this module's keyring or with go-keyring alone, so that both can be
// timed as whole programs: get keyring|go-keyring SERVICE ACCOUNT.
package main

import (
	"context"
	"fmt"
	"os"

	gokeyring "github.com/zalando/go-keyring"

	"github.com/mogplex/mogplex-cli/keyring"
)

func main() {
	how, service, account := os.Args[1], os.Args[2], os.Args[3]
	var value string
	var err error
	if how == "keyring" {
		k := keyring.Open(service, keyring.Options{Schema: "com.mogplex.Test"})
		var b []byte
		b, _, err = k.Get(context.Background(), account)
		value = string(b)
	} else {
		value, err = gokeyring.Get(service, account)
	}
	if err != nil || value == "" {
		fmt.Fprintln(os.Stderr, "nothing read:", err)
		os.Exit(1)
	}
}
