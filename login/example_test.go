package login_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"golang.org/x/oauth2"

	"github.com/mogplex/mogplex-cli/login"
)

// A sign-in with the browser. Save stores the tokens before the browser shows that
// it worked.
func ExampleClient_SignIn() {
	client := &login.Client{Origin: "https://mogplex.com"}
	grant, err := client.SignIn(context.Background(), login.Flow{
		Open:   login.OpenBrowser,
		Show:   func(p login.Prompt) { fmt.Fprintln(os.Stderr, "If no browser opens, go to", p.URL) },
		Notice: func(line string) { fmt.Fprintln(os.Stderr, line) },
		Save: func(ctx context.Context, g *login.Grant) (where string, err error) {
			return "in the keychain", store(ctx, g)
		},
	})
	switch {
	case errors.Is(err, login.ErrSave):
		log.Fatal("the tokens are in grant, and nowhere else: ", err)
	case err != nil:
		log.Fatal(err)
	}
	fmt.Println("Signed in as", grant.Identity.Name)
}

// Only ErrInvalidGrant means that a person has to sign in again.
func ExampleClient_Refresh() {
	client := &login.Client{Origin: "https://mogplex.com"}
	grant, err := client.Refresh(context.Background(), "the refresh token")
	switch {
	case errors.Is(err, login.ErrInvalidGrant):
		log.Fatal("sign in again")
	case err != nil:
		log.Fatal("try again later: ", err) // the token that is stored may still be good
	}
	if err := store(context.Background(), grant); err != nil { // before it is used
		log.Fatal(err)
	}
}

// Each rotated token is stored before a request uses it.
func ExampleClient_TokenSource() {
	ctx := context.Background()
	client := &login.Client{Origin: "https://mogplex.com", HTTP: login.NewHTTPClient("my-program/1.0")}
	stored := &oauth2.Token{RefreshToken: "the refresh token"} // loaded from where store stored it
	source := client.TokenSource(ctx, stored, func(ctx context.Context, t *oauth2.Token) error {
		return store(ctx, &login.Grant{Token: t})
	})
	resp, err := oauth2.NewClient(ctx, source).Get("https://mogplex.com/api/v1/mogplex/models")
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
}

func ExampleCheckOrigin() {
	for _, origin := range []string{"https://Mogplex.com:443/", "http://mogplex.com", "https://mogplex.com@evil.example"} {
		canonical, err := login.CheckOrigin(origin, false)
		fmt.Println(canonical, err)
	}
	// Output:
	// https://mogplex.com <nil>
	//  check origin: unusable account service address: plain http is not allowed there
	//  check origin: unusable account service address: it must be scheme://host[:port] in plain ASCII and nothing more
}

// store stands for a keychain.
func store(context.Context, *login.Grant) error { return nil }
