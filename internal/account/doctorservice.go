package account

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/login"
)

// soon is how long before its end a sign-in is reported.
const soon = 3 * 24 * time.Hour

// checkCredential resolves as every command does, and reports when the sign-in ends.
func (d *doctor) checkCredential(ctx context.Context) []Check {
	if d.Store == "" || d.Origin == "" {
		return skip(noSettings)
	}
	res, err := d.manager(d.Profile).Resolve(ctx, auth.Query{All: true})
	if err == nil {
		d.active, err = res, d.unusable(res)
	}
	switch {
	case errors.Is(err, auth.ErrNotSignedIn):
		return []Check{{State: CheckWarning, Message: explain("", res, err).Error(), Err: err}}
	case err != nil:
		return []Check{{State: CheckFailure, Message: explain("", res, err).Error(), Err: explain("", res, err)}}
	}
	c, now := res.Credential, d.env.Now()
	row := Check{State: CheckOK, Message: fmt.Sprintf("%s (%s) from the %s", c.Provider, c.Type, layerNoun(res.Source))}
	switch end := c.SignInExpiresAt; {
	case c.Type != auth.OAuth:
		return []Check{row}
	case res.Rejected():
		row.State, row.Message = CheckWarning, row.Message+"; the service has rejected its refresh token, so it ends with the token"
		row.Fix = "Sign in again with `mogplex login`."
	case end.IsZero():
		row.Message += "; the service does not say when the sign-in ends"
	case end.Before(now):
		row.State, row.Message, row.Fix = CheckFailure, row.Message+"; the sign-in has ended", "Sign in again with `mogplex login`."
	default:
		row.Message += "; the sign-in ends in " + text.Duration(end.Sub(now))
		if end.Sub(now) < soon {
			row.State, row.Fix = CheckWarning, "Sign in again with `mogplex login`."
		}
	}
	return []Check{row}
}

func layerNoun(source string) string {
	if source == auth.Env {
		return "environment"
	}
	return source
}

// serviceAnswer is what the network said.
type serviceAnswer struct {
	discovery login.Discovery
	err       error
	asked     bool // about the token
	tokenErr  error
}

// checkService asks the service for its metadata and, at the same time, about the token.
// The rows after it report the other answers.
func (d *doctor) checkService(ctx context.Context) []Check {
	if d.Origin == "" {
		return skip(noSettings)
	}
	defer d.begin(AskService)()
	ctx, cancel := context.WithTimeout(ctx, networkLimit)
	defer cancel()
	var both sync.WaitGroup
	start, took := time.Now(), time.Duration(0)
	both.Go(func() {
		d.service.discovery, d.service.err = d.loginClient(d.Origin).Discover(ctx)
		took = roundTrip(start)
	})
	if c := d.active.Credential; d.active.Found && c.Provider == auth.Mogplex && !c.Expired(d.env.Now()) {
		d.service.asked = true
		both.Go(func() { d.service.tokenErr = d.api().Check(ctx, c.Token.Reveal()) })
	}
	both.Wait()
	found, err := d.service.discovery, d.service.err
	switch {
	case err != nil:
		why := strings.TrimPrefix(err.Error(), "sign in: ") // no sign-in was tried
		return []Check{{State: CheckFailure, Message: d.Origin + ": " + why, Err: err}}
	case !found.Metadata && d.Origin != auth.DefaultOrigin:
		return []Check{{State: CheckWarning, Message: d.Origin + " has no usable OAuth metadata, so a sign-in uses the addresses of mogplex.com's service there",
			Fix: "Check MOGPLEX_URL."}}
	}
	return ok("%s answered in %s; device code: %s, revocation: %s", d.Origin, took, yes(found.Device), yes(found.Revoke))
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// The differences of the clocks that are reported. Half a minute is the slowest answer.
const clockWarning, clockFailure = time.Minute, 5 * time.Minute

// setClock returns how to set the clock on the system named by goos.
func setClock(goos string) string {
	switch goos {
	case "darwin":
		return "Set the clock with `sudo sntp -sS time.apple.com`."
	case "windows":
		return "Set the clock with `w32tm /resync`, as an administrator."
	}
	return "Set the clock, on Linux with `sudo timedatectl set-ntp true`."
}

func (d *doctor) checkClock(context.Context) []Check {
	found := d.service.discovery
	if found.Date.IsZero() {
		return skip("the service sent no time")
	}
	return []Check{clockRow(found.Asked.Sub(found.Date))}
}

// clockRow judges how far this machine's clock is ahead of the service's.
func clockRow(ahead time.Duration) Check {
	row := Check{State: CheckOK, Message: "within a minute of the service's"}
	if ahead.Abs() <= clockWarning {
		return row
	}
	row.State, row.Fix = CheckWarning, setClock(runtime.GOOS)
	if ahead.Abs() > clockFailure {
		row.State = CheckFailure
	}
	where := "ahead of"
	if ahead < 0 {
		where = "behind"
	}
	row.Message = fmt.Sprintf("%s %s the service's: tokens are renewed at the wrong time", text.Duration(ahead.Abs()), where)
	return row
}

func (d *doctor) checkToken(context.Context) []Check {
	c, err := d.active.Credential, d.service.tokenErr
	switch {
	case !d.active.Found:
		return skip("no credential is active")
	case c.Provider != auth.Mogplex:
		return skip("only a Mogplex credential can be checked at the service")
	case !d.service.asked && c.Refreshable():
		return ok("the token has expired; the next command renews it")
	case !d.service.asked:
		return skip("the service was not asked")
	case err == nil:
		return ok("the service accepts it")
	case d.service.err != nil && !errors.Is(err, hosted.ErrUnauthorized):
		return skip("the service could not be asked")
	}
	row := Check{State: CheckFailure, Message: err.Error(), Err: err}
	switch {
	case errors.Is(err, hosted.ErrUnauthorized) && d.active.Source == auth.Env:
		row.Fix = "Correct MOGPLEX_API_KEY, or unset it."
	case errors.Is(err, hosted.ErrUnauthorized) && c.Refreshable():
		row.Fix = "Renew it with `mogplex auth refresh`; if that fails too, sign in again with `mogplex login`."
	}
	return []Check{row}
}

// checkProxy names the proxy for the service, never with its password.
func (d *doctor) checkProxy(ctx context.Context) []Check {
	if d.Origin == "" {
		return skip(noSettings)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Origin, nil)
	if err != nil {
		return skip(noSettings)
	}
	proxy, err := http.ProxyFromEnvironment(req)
	switch {
	case err != nil: // it quotes the address
		return []Check{{State: CheckFailure, Message: "the proxy's variable has no address of a proxy", Fix: "Correct HTTPS_PROXY, or unset it."}}
	case proxy == nil:
		return ok("none for %s", d.Origin)
	case proxy.User != nil:
		return ok("%s://%s, with a user name", proxy.Scheme, proxy.Host)
	}
	return ok("%s://%s", proxy.Scheme, proxy.Host)
}

func (d *doctor) checkCertificates(context.Context) []Check {
	path := d.env.Getenv("SSL_CERT_FILE")
	if path == "" {
		return ok("those of the system")
	}
	bad := func(why string) []Check {
		return []Check{{State: CheckFailure, Message: "SSL_CERT_FILE: " + path + " " + why, Fix: "Correct SSL_CERT_FILE, or unset it."}}
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() { // a pipe would block
		return bad("is not a file that can be read")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return bad("can't be read")
	}
	certificates := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if _, err := x509.ParseCertificate(block.Bytes); err == nil && block.Type == "CERTIFICATE" {
			certificates++
		}
	}
	if certificates == 0 {
		return bad("has no certificate in PEM form")
	}
	return ok("%s in SSL_CERT_FILE, %s", count(certificates, "certificate", "certificates"), path)
}
