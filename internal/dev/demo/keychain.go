package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/dev/keyringtest"
)

// keychainService is the service name of mogplex' items in a keychain.
const keychainService = "mogplex"

// key is the demo's own: its state directory has an id, so a sign-in of the user's
// own is another item in the keychain.
func (d *demo) key() auth.Key {
	dir := auth.Directory{Path: d.home, UserHome: func() string { return "" }}
	return auth.Key{Dir: d.home, DirID: dir.ID(), Provider: auth.Mogplex, Origin: d.origin}
}

// account names the demo's item in the keychain.
func (d *demo) account() string { return d.key().Account() }

// pickStore takes the machine's own keychain where it can be used, else a
// private one for the demo's time, else the file. What mogplex itself says of
// the keychain decides.
func (d *demo) pickStore(ctx context.Context) {
	if d.file {
		d.settings = append(d.settings, "MOGPLEX_CREDENTIAL_STORE=file")
		d.say("- a file in the state directory, as --file asks")
		return
	}
	own := d.keychainLayer(ctx)
	if own.State == "absent" { // it was asked, and has no such item yet
		d.keychain = own.Backend
		d.say("- this machine's keychain: %s", own.Backend)
		return
	}
	why := "this machine has no keychain running"
	if own.State != "unavailable" {
		why = "this machine's keychain can't be used now (" + own.State + ")"
	}
	if keyringtest.Available() == "" {
		err := d.startKeychain(ctx)
		if err == nil {
			d.say("- a private gnome-keyring for the demo's time: %s", why)
			return
		}
		why += fmt.Sprintf(", and a private one can't be started: %v", err)
	}
	if own.State != "unavailable" || d.session != nil { // mogplex would try that one each time
		d.settings = append(d.settings, "MOGPLEX_CREDENTIAL_STORE=file")
	}
	d.say("- a file in the state directory: %s", why)
}

// keychainLayer is what the status says of the keychain.
func (d *demo) keychainLayer(ctx context.Context) layer { return d.status(ctx).layer("keychain") }

// startKeychain runs a gnome-keyring of the demo's own, and has mogplex use it.
func (d *demo) startKeychain(ctx context.Context) (err error) {
	dir := filepath.Join(d.dir, "keyring")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if d.session, err = keyringtest.Start(ctx, dir, keyringtest.Options{}); err != nil {
		return err
	}
	// The bus alone: a browser needs the person's own home and display.
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+d.session.Address())
	own := d.keychainLayer(ctx)
	if own.State != "absent" {
		return fmt.Errorf("the private keychain is %s", own.State)
	}
	d.keychain = own.Backend
	return nil
}

// inKeychain checks that the keychain holds the token: by another program's
// eyes where there is one, else by what the status says.
func (d *demo) inKeychain(ctx context.Context) {
	if !d.canLookUp() {
		d.check(d.keychainLayer(ctx).State == "present", "The keychain holds it, `auth status` says.")
		return
	}
	item := d.lookUp(ctx)
	d.check(item.AccessToken != "" && item.AccessToken == d.access, "Another program finds that token in the keychain.")
}

// notInKeychain checks that the keychain holds nothing of the demo's.
func (d *demo) notInKeychain(ctx context.Context) {
	if !d.canLookUp() {
		d.check(d.keychainLayer(ctx).State == "absent", "The keychain holds nothing of it, `auth status` says.")
		return
	}
	item := d.lookUp(ctx)
	d.check(item == entry{}, "There is no such item in the keychain.")
}

// canLookUp reports whether secret-tool is there to look into the keychain.
func (d *demo) canLookUp() bool {
	_, err := exec.LookPath("secret-tool")
	return err == nil && strings.HasPrefix(d.keychain, "Secret Service")
}

// entry is what the demo reads of a stored credential.
type entry struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
}

// lookUp has secret-tool read the demo's item, and shows it masked. The result
// is zero where there is none.
func (d *demo) lookUp(ctx context.Context) (item entry) {
	if d.err != nil {
		return item
	}
	ctx, cancel := context.WithTimeout(ctx, commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "secret-tool", "lookup", "service", keychainService, "username", d.account())
	cmd.Env = d.env
	d.typed(cmd.Args...)
	text, _ := cmd.Output() // fails where there is no such item
	if ctx.Err() != nil {
		d.stop(fmt.Errorf("secret-tool: %w", ctx.Err()))
		return item
	}
	if len(text) == 0 {
		d.output("(nothing)")
		return item
	}
	d.output(masked(string(text)))
	// It reads kr1:COUNT:LENGTH:CHECKSUM:PARTS:BASE64URL, with no parts on Linux.
	_, encoded, _ := strings.Cut(string(text), ":")
	text, err := base64.RawURLEncoding.DecodeString(encoded[strings.LastIndex(encoded, ":")+1:])
	if err == nil {
		err = json.Unmarshal(text, &item)
	}
	if err != nil {
		d.stop(fmt.Errorf("the keychain's item can't be read: %w", err))
	}
	d.keepSecret(item.RefreshToken)
	return item
}
