package main

import (
	"context"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

const exitNotSignedIn = 64 // of mogplex

// steps are what is shown, in order.
var steps = []struct {
	title string
	run   func(*demo, context.Context)
}{
	{"Nobody is signed in", (*demo).signedOut},
	{"Sign in", (*demo).signIn},
	{"What is in force now", (*demo).signedIn},
	{"The token, as a script gets it", (*demo).printToken},
	{"Where it is kept", (*demo).findToken},
	{"An environment variable comes first", (*demo).override},
	{"Models and MCP servers", (*demo).lists},
	{"Renew the token", (*demo).refresh},
	{"Move it between keychain and file", (*demo).migrate},
	{"Sign out", (*demo).signOut},
	{"Nothing is left", (*demo).nothingLeft},
}

func (d *demo) signedOut(ctx context.Context) {
	r := d.mogplex(ctx, nil, "auth", "status")
	d.check(r.code == exitNotSignedIn, "Exit code %d: not signed in.", r.code)
}

func (d *demo) signedIn(ctx context.Context) {
	r := d.mogplex(ctx, nil, "auth", "status", "--check")
	report := d.status(ctx)
	d.check(r.code == 0 && report.SignedIn, "Signed in, and the service agrees.")
	got := report.Active
	d.check(got.Source == d.store(), "The credential comes from the %s.", got.Source)
	if d.email == "" { // a person chose the account
		d.email = got.Account.Email
	}
	d.check(d.email != "" && got.Account.Email == d.email, "The account is %s.", got.Account.Email)
}

// store is the layer in which the credential belongs.
func (d *demo) store() string {
	if d.keychain == "" {
		return "file"
	}
	return "keychain"
}

func (d *demo) printToken(ctx context.Context) {
	d.access = d.token(ctx)
	d.check(d.service.Valid(d.access), "The service accepts this token.")
}

func (d *demo) findToken(ctx context.Context) {
	if d.keychain == "" {
		d.inFile()
		return
	}
	d.inKeychain(ctx)
	d.inNoFile()
}

// override has a personal access token in the environment of two commands.
func (d *demo) override(ctx context.Context) {
	personal := d.service.IssuePAT(accountserver.DefaultAccounts()[1].Email)
	d.keepSecret(personal)
	variable := "MOGPLEX_API_KEY=" + personal
	d.mogplex(ctx, []string{variable}, "auth", "status")
	report := d.status(ctx, variable)
	stored := report.layer(d.store())
	d.check(report.Active.Source == "env" && stored.State == "present" && stored.ShadowedBy == "env",
		"The variable is in force, and hides what is stored.")
	d.check(d.token(ctx, variable) == personal, "It is the variable's token.")
	d.check(d.token(ctx) == d.access, "Without the variable it is the stored one again.")
}

func (d *demo) refresh(ctx context.Context) {
	r := d.mogplex(ctx, nil, "auth", "refresh")
	before := d.access
	d.access = d.token(ctx)
	d.check(r.code == 0 && d.access != before, "It is another token than before.")
	d.check(d.service.Valid(d.access), "The service accepts it.")
	asked := d.service.Count("refresh_token")
	d.check(asked == 1, "The service was asked once.")
}

func (d *demo) signOut(ctx context.Context) {
	r := d.mogplex(ctx, nil, "logout")
	d.check(r.code == 0, "Exit code %d: signed out.", r.code)
	d.check(!d.service.Valid(d.access), "The service accepts the token no more.")
}

func (d *demo) nothingLeft(ctx context.Context) {
	d.signedOut(ctx)
	if d.keychain != "" {
		d.notInKeychain(ctx)
	}
	d.inNoFile()
	d.noLists()
}
