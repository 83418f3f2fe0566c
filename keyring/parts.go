package keyring

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A value that one item can't hold is written as parts, then a manifest under
// the account's own name, then the parts it replaced are removed. Parts are
// named ACCOUNT..GENERATION..INDEX, which no account can be named.
const (
	partMark = ".."
	maxParts = 4096
	// orphanAge is how old a part without a manifest must be before another
	// writer takes it for left behind.
	orphanAge = 10 * time.Minute
	// readTries bounds how often a reader that met a concurrent write reads again.
	readTries = 5
)

func partName(account, gen string, i int) string {
	return account + partMark + gen + partMark + strconv.Itoa(i)
}

// splitPart undoes partName; ok is false for an account's own item.
func splitPart(name string) (account, gen string, ok bool) {
	account, rest, ok := strings.Cut(name, partMark)
	if !ok {
		return name, "", false
	}
	gen, _, _ = strings.Cut(rest, partMark)
	return account, gen, true
}

// newGeneration names the parts of one write: its time in seconds, so that
// what a killed writer left can be told from what another is writing now.
func newGeneration(now time.Time) string {
	var b [6]byte
	rand.Read(b[:])
	return fmt.Sprintf("%010x", now.Unix()) + hex.EncodeToString(b[:])
}

func validGeneration(gen string) bool {
	_, err := hex.DecodeString(gen)
	return err == nil && len(gen) == 22
}

func generationTime(gen string) time.Time {
	if !validGeneration(gen) {
		return time.Time{}
	}
	sec, _ := strconv.ParseInt(gen[:10], 16, 64)
	return time.Unix(sec, 0)
}

// readValue reads an account's value, whole or in parts. Parts that do not fit
// their manifest mean that a writer came in between: the manifest is read
// again, and only one that stays the same is corrupt.
func readValue(ctx context.Context, v Vault, account string) ([]byte, bool, error) {
	last := ""
	for try := 0; ; try++ {
		payload, found, err := v.Get(ctx, account)
		if err != nil || !found {
			return nil, false, err
		}
		value, m, err := decode(payload)
		if err == nil && m != nil {
			value, err = readParts(ctx, v, account, *m)
		}
		if err == nil {
			return value, true, nil
		}
		if !errors.Is(err, ErrCorrupt) || m == nil || payload == last || try == readTries {
			return nil, false, err
		}
		last = payload
	}
}

func readParts(ctx context.Context, v Vault, account string, m manifest) ([]byte, error) {
	var text strings.Builder
	for i := range m.parts {
		part, found, err := v.Get(ctx, partName(account, m.gen, i))
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, fail(ErrCorrupt, "part %d of %d is missing", i+1, m.parts)
		}
		text.WriteString(part)
	}
	return verify(strconv.Itoa(m.length), m.sum, text.String())
}

// writeValue stores a value and reads it back. The account's own item is
// replaced by one write, last, so that a reader and a crash see old or new.
func writeValue(ctx context.Context, v Vault, limit int, account string, value []byte) error {
	before, found, err := v.Get(ctx, account)
	if err != nil {
		return err
	}
	payload, gen := encodeWhole(value), ""
	if limit > 0 && len(payload) > limit {
		gen = newGeneration(time.Now())
		payload, err = writeParts(ctx, v, limit, account, gen, value)
		if err != nil {
			return err
		}
	}
	if err := setVerified(ctx, v, account, before, payload); err != nil {
		return err
	}
	replaced := ""
	if _, m, _ := decode(before); found && m != nil {
		replaced = m.gen
	}
	if gen != "" || replaced != "" {
		// What was stored is safe by now; parts left behind here are swept by
		// the next write or delete.
		_ = sweepParts(ctx, v, account, func(g string) bool {
			return g == replaced || g != gen && time.Since(generationTime(g)) > orphanAge
		})
	}
	return nil
}

func writeParts(ctx context.Context, v Vault, limit int, account, gen string, value []byte) (payload string, err error) {
	text := base64.RawURLEncoding.EncodeToString(value)
	if len(text) > limit*maxParts {
		return "", fail(ErrUnavailable, "its items are too small for %d bytes", len(value))
	}
	m := manifest{length: len(value), sum: checksum(value), gen: gen}
	for chunk := range slices.Chunk([]byte(text), limit) {
		if err := setVerified(ctx, v, partName(account, gen, m.parts), "", string(chunk)); err != nil {
			return "", err
		}
		m.parts++
	}
	return m.encode(), nil
}

// setVerified writes one item and reads it back: a prompt that was dismissed
// makes go-keyring's set return nil with nothing stored. A third value there,
// neither the one before nor ours, is a later write of another process.
func setVerified(ctx context.Context, v Vault, account, before, payload string) error {
	if err := v.Set(ctx, account, payload); err != nil {
		return err
	}
	got, found, err := v.Get(ctx, account)
	if err != nil {
		return err
	}
	if !found || got != payload && (got == before || got == "") {
		return fail(ErrDenied, "it took the value and did not keep it; was a prompt dismissed?")
	}
	return nil
}

// deleteValue removes the account's own item first, so that no reader meets a
// manifest without its parts, then every part of any generation.
func deleteValue(ctx context.Context, v Vault, account string) (removed bool, err error) {
	_, found, err := v.Get(ctx, account)
	if err != nil {
		return false, err
	}
	if found {
		if err := deleteVerified(ctx, v, account); err != nil {
			return false, err
		}
	}
	err = sweepParts(ctx, v, account, func(string) bool { removed = true; return true })
	return found || removed, err
}

func deleteVerified(ctx context.Context, v Vault, account string) error {
	if err := v.Delete(ctx, account); err != nil {
		return err
	}
	if _, still, err := v.Get(ctx, account); err != nil || still {
		if err == nil {
			err = fail(ErrDenied, "it still holds the item; was a prompt dismissed?")
		}
		return err
	}
	return nil
}

// sweepParts removes the account's parts whose generation unwanted reports.
func sweepParts(ctx context.Context, v Vault, account string, unwanted func(gen string) bool) error {
	names, err := v.List(ctx)
	if err != nil {
		return err
	}
	for _, name := range names {
		owner, gen, isPart := splitPart(name)
		if !isPart || owner != account || !unwanted(gen) {
			continue
		}
		if err := deleteVerified(ctx, v, name); err != nil {
			return err
		}
	}
	return nil
}

func listAccounts(ctx context.Context, v Vault) ([]string, error) {
	names, err := v.List(ctx)
	accounts := make([]string, 0, len(names))
	for _, name := range names {
		account, _, _ := splitPart(name)
		accounts = append(accounts, account)
	}
	return accounts, err
}
