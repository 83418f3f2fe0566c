package accountserver

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// ParseConfig returns a Config from words such as "strict" and "access-ttl=1m": the flags
// of DefineConfig, without their dash.
func ParseConfig(words ...string) (c Config, err error) {
	err = parseWords(words, func(flags *flag.FlagSet) { DefineConfig(flags, &c) })
	return c, err
}

// DefineConfig defines the flags of a Config.
func DefineConfig(flags *flag.FlagSet, c *Config) {
	flags.DurationVar(&c.AccessTTL, "access-ttl", 0, "lifetime of an access token")
	flags.BoolVar(&c.OfferDevice, "device", false, "offer the device grant")
	flags.BoolVar(&c.TellRefreshLifetime, "lifetime", false, "name the lifetime of refresh tokens")
	flags.BoolVar(&c.NoRefreshTokens, "norefresh", false, "issue no refresh tokens")
	flags.BoolVar(&c.PATOnlyInference, "pat-only", false, "redirect prompts that come with an OAuth token")
	flags.BoolVar(&c.RedirectUnauthenticated, "redirects", false, "redirect unauthorized API calls")
	flags.BoolVar(&c.OfferRevocation, "revocation", false, "offer token revocation")
	flags.BoolVar(&c.StrictRotation, "strict", false, "end a sign-in if an old refresh token is used again")
}

// FaultUsage lists the words of ParseFault.
const FaultUsage = "path=PREFIX grant=TYPE times=N delay=DURATION status=N body=TEXT type=MIME retry-after=TEXT " +
	"x-retry-after=TEXT redirect=ADDRESS html truncate drop lost endless mid-stream"

// ParseFault returns a Fault from words such as "path=/api/v1", "status=503" and "lost",
// which is DropAfterProcessing.
func ParseFault(words ...string) (f Fault, err error) {
	err = parseWords(words, func(flags *flag.FlagSet) {
		flags.StringVar(&f.Path, "path", "", "")
		flags.StringVar(&f.Grant, "grant", "", "")
		flags.IntVar(&f.Times, "times", 0, "")
		flags.DurationVar(&f.Delay, "delay", 0, "")
		flags.IntVar(&f.Status, "status", 0, "")
		flags.StringVar(&f.Body, "body", "", "")
		flags.StringVar(&f.ContentType, "type", "", "")
		flags.StringVar(&f.RetryAfter, "retry-after", "", "")
		flags.StringVar(&f.XRetryAfter, "x-retry-after", "", "")
		flags.StringVar(&f.Redirect, "redirect", "", "")
		flags.BoolVar(&f.HTML, "html", false, "")
		flags.BoolVar(&f.Truncate, "truncate", false, "")
		flags.BoolVar(&f.Drop, "drop", false, "")
		flags.BoolVar(&f.DropAfterProcessing, "lost", false, "")
		flags.BoolVar(&f.Endless, "endless", false, "")
		flags.BoolVar(&f.MidStream, "mid-stream", false, "")
	})
	if err == nil && f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		err = fmt.Errorf("status %d is not from 200 to 599", f.Status)
	}
	return f, err
}

func parseWords(words []string, define func(*flag.FlagSet)) error {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	define(flags)
	for _, word := range words {
		if err := flags.Parse([]string{"-" + word}); err != nil {
			return err
		}
		if flags.NArg() > 0 {
			return errors.New("empty word")
		}
	}
	return nil
}
