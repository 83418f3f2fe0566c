package accountserver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ConfigWords and FaultWords are the words that ParseConfig and ParseFault understand,
// for a usage text.
const (
	ConfigWords = "access-ttl=DURATION, device, lifetime, norefresh, pat-only, redirects, revocation, strict"
	FaultWords  = "path=PREFIX-OR-PATTERN, grant=TYPE, times=N, delay=DURATION, status=N, body=TEXT, type=MIME, " +
		"retry-after=TEXT, x-retry-after=TEXT, redirect=ADDRESS, html, truncate, drop, lost, endless, mid-stream"
)

var errWord = errors.New("unknown word, or a value missing or too many")

// ParseConfig makes a Config from words such as "strict" and "access-ttl=1m".
func ParseConfig(words ...string) (c Config, err error) {
	p := parser{
		flags: map[string]*bool{
			"device": &c.OfferDevice, "lifetime": &c.TellRefreshLifetime, "norefresh": &c.NoRefreshTokens,
			"pat-only": &c.PATOnlyInference, "redirects": &c.RedirectUnauthenticated,
			"revocation": &c.OfferRevocation, "strict": &c.StrictRotation,
		},
		durations: map[string]*time.Duration{"access-ttl": &c.AccessTTL},
	}
	err = p.parse(words)
	return c, err
}

// ParseFault makes a Fault from words such as "path=/api/v1", "status=503" and "lost",
// which is DropAfterProcessing.
func ParseFault(words ...string) (f Fault, err error) {
	p := parser{
		flags: map[string]*bool{
			"html": &f.HTML, "truncate": &f.Truncate, "drop": &f.Drop, "lost": &f.DropAfterProcessing,
			"endless": &f.Endless, "mid-stream": &f.MidStream,
		},
		texts: map[string]*string{
			"path": &f.Path, "grant": &f.Grant, "body": &f.Body, "type": &f.ContentType,
			"retry-after": &f.RetryAfter, "x-retry-after": &f.XRetryAfter, "redirect": &f.Redirect,
		},
		numbers:   map[string]*int{"times": &f.Times, "status": &f.Status},
		durations: map[string]*time.Duration{"delay": &f.Delay},
	}
	err = p.parse(words)
	if err == nil && f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		err = fmt.Errorf("status %d is not from 200 to 599", f.Status)
	}
	return f, err
}

// parser sets the fields that words name.
type parser struct {
	flags     map[string]*bool
	texts     map[string]*string
	numbers   map[string]*int
	durations map[string]*time.Duration
}

func (p parser) parse(words []string) error {
	for _, word := range words {
		if err := p.set(strings.Cut(word, "=")); err != nil {
			return fmt.Errorf("%q: %w", word, err)
		}
	}
	return nil
}

func (p parser) set(key, value string, hasValue bool) (err error) {
	flag, isFlag := p.flags[key]
	text, isText := p.texts[key]
	number, isNumber := p.numbers[key]
	duration, isDuration := p.durations[key]
	switch {
	case hasValue == isFlag:
		return errWord
	case isFlag:
		*flag = true
	case isText:
		*text = value
	case isNumber:
		*number, err = strconv.Atoi(value)
	case isDuration:
		*duration, err = time.ParseDuration(value)
	default:
		return errWord
	}
	return err
}
