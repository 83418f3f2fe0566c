package sessionlog

import (
	"bytes"
	"maps"
	"slices"
)

const (
	redacted  = "[redacted]"
	wholeWord = 8 // a shorter secret counts only as a word of its own
	noSecret  = 4 // a shorter one is none
)

// rules is all that is known of secrets. It does not change once it is in use.
type rules struct {
	prefixes []string
	secrets  []string          // wholeWord bytes or more
	words    []string          // shorter ones
	pieces   map[string][]spot // where the secrets have each piece of minPiece bytes
	traces   *traces           // of the secrets and their encodings
	hints    *hints            // of what has the shape of a secret
}

// spot is a place in a secret.
type spot struct{ secret, offset int }

func newRules(prefixes []string) *rules {
	prefixes = slices.DeleteFunc(slices.Clone(prefixes), func(p string) bool { return len(p) < 4 })
	return &rules{prefixes: prefixes, traces: newTraces(nil, nil, nil), hints: newHints(prefixes)}
}

// with returns rules that know more secrets, or nil where these are no news.
func (r *rules) with(secrets []string) *rules {
	next := &rules{prefixes: r.prefixes, secrets: slices.Clone(r.secrets), words: slices.Clone(r.words),
		pieces: maps.Clone(r.pieces), hints: r.hints}
	if next.pieces == nil {
		next.pieces = map[string][]spot{}
	}
	var news []string
	for _, secret := range spelled(secrets) {
		switch {
		case len(secret) < noSecret, slices.Contains(next.secrets, secret), slices.Contains(next.words, secret):
			continue
		case len(secret) < wholeWord:
			next.words = append(next.words, secret)
		default:
			for i := 0; i+minPiece <= len(secret); i++ {
				piece := secret[i : i+minPiece]
				next.pieces[piece] = append(slices.Clip(next.pieces[piece]), spot{len(next.secrets), i})
			}
			next.secrets = append(next.secrets, secret)
		}
		news = append(news, secret)
	}
	if len(news) == 0 {
		return nil
	}
	next.traces = newTraces(r.traces, news, slices.Concat(next.secrets, next.words))
	return next
}

// line returns a line of JSON without the secrets. Most lines show no trace of
// one and are returned as they are, the same bytes, after one quick look.
func (r *rules) line(line []byte) []byte {
	if !r.suspect(line[messageAt(line):], r.traces.stride) {
		return line
	}
	return r.cleanLine(line)
}

// messageAt is where the message begins, or the level, after the time that slog
// begins a line with.
func messageAt(line []byte) int {
	const begin, shortest, level = `{"time":"`, len(`{"time":"2026-11-23T12:00:00`), `","level":"`
	if len(line) < 64 || string(line[:len(begin)]) != begin {
		return 0
	}
	at := shortest + bytes.IndexByte(line[shortest:64], '"')
	if at >= shortest && string(line[at:min(at+len(level), len(line))]) == level {
		return at + len(level)
	}
	return 0
}

// suspect reports that a text may hold a secret. It may be wrong about that, and
// must never be wrong the other way.
func (r *rules) suspect(text []byte, stride int) bool {
	return r.traces.in(text, stride) || r.hints.in(text) || escapes(text) || hasLongRun(text)
}
