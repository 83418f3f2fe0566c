package keyring

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A value that is too long for one item is split: it begins in parts and ends in the account's own item, which is
// written last. Each part has two items. A write uses the one that the account's item does not name, so that readers
// see the old value or the new one, even after a crash. It skips a part whose text did not change. It updates items in
// place, because macOS ties a person's "Always Allow" to the item.
const (
	partMark = ".." // not in the name of any account's item
	// readTries bounds how often a reader retries after a concurrent write.
	readTries = 5
)

func partName(name string, i int, second bool) string {
	if second {
		return name + partMark + strconv.Itoa(i) + "b"
	}
	return name + partMark + strconv.Itoa(i) + "a"
}

// itemOf returns the account's item that a part belongs to, and the name itself if it is not a part's.
func itemOf(name string) (item string, isPart bool) {
	item, _, isPart = strings.Cut(name, partMark)
	return item, isPart
}

// stored is an account's item and parts as they were read.
type stored struct {
	found   bool
	payload string // of the account's item
	header  header
	parts   []string // texts
	value   []byte   // nil if the item is marked as deleted, or another program's
}

// foreign reports whether another program wrote the item.
func (s stored) foreign() bool { return s.found && s.payload != "" && !isOurs(s.payload) }

// present reports whether a value of ours is stored.
func (s stored) present() bool { return s.found && !s.foreign() && !s.header.deleted }

// readStored reads an account's value. If the parts do not fit the header, a write may have come in between: it reads
// again, and returns ErrCorrupt only if the account's item stayed the same. With ErrCorrupt it returns what it could
// read.
func readStored(ctx context.Context, v Vault, name string) (stored, error) {
	last := ""
	for try := 0; ; try++ {
		s, err := readOnce(ctx, v, name)
		if !errors.Is(err, ErrCorrupt) || len(s.header.slots) == 0 || s.payload == last || try == readTries {
			return s, err
		}
		last = s.payload
	}
}

func readOnce(ctx context.Context, v Vault, name string) (s stored, err error) {
	s.payload, s.found, err = v.Get(ctx, name)
	if err != nil || !s.found || s.foreign() {
		return s, err
	}
	return s, s.load(ctx, v, name)
}

// load decodes s.payload and reads its parts.
func (s *stored) load(ctx context.Context, v Vault, name string) error {
	h, tail, err := decode(s.payload)
	s.header = h
	if err != nil || h.deleted {
		return err
	}
	for i, second := range h.slots {
		part, found, err := v.Get(ctx, partName(name, i, second))
		if err != nil {
			return err
		}
		if !found {
			return fail(ErrCorrupt, "part %d of %d is missing", i+1, len(h.slots))
		}
		s.parts = append(s.parts, part)
	}
	s.value, err = h.verify(strings.Join(s.parts, "") + tail)
	return err
}

// writeParts writes and reads back the parts of a value that differ from those before, and returns the payload of the
// account's item for the caller to write. An item holds limit bytes; 0 is no limit.
func writeParts(ctx context.Context, v Vault, limit int, name string, before stored, value []byte) (payload string, err error) {
	h := header{count: before.header.count + 1, length: len(value), sum: checksum(value)}
	text := encodeText(value)
	chunks, tail, err := split(text, limit, h, before)
	if err != nil {
		return "", err
	}
	h.slots = make([]bool, len(chunks))
	for i, chunk := range chunks {
		if i < len(before.header.slots) {
			h.slots[i] = before.header.slots[i]
			if i < len(before.parts) && before.parts[i] == chunk {
				continue
			}
			h.slots[i] = !h.slots[i]
		}
		part := partName(name, i, h.slots[i])
		if err := v.Set(ctx, part, chunk); err != nil {
			return "", err
		}
		if got, found, err := v.Get(ctx, part); err != nil || !found || got != chunk {
			if err == nil {
				err = errNotKept
			}
			return "", err
		}
	}
	return h.encode(tail), nil
}

var errNotKept = fail(ErrDenied, "it reported success but did not store the value; was a prompt dismissed?")

// split cuts a value's text into the parts' texts and the tail. The tail is at least a quarter of the limit, so that a
// change near the end of the value changes no part. If the tail has room, the parts end where they ended before.
func split(text string, limit int, h header, before stored) (chunks []string, tail string, err error) {
	if limit <= 0 || len(h.encode(text)) <= limit {
		return nil, text, nil
	}
	least := limit / 4
	h.slots = make([]bool, max(0, len(text)-least+limit-1)/limit)
	room := limit - len(h.encode(""))
	if room < least || len(h.slots) > maxParts {
		return nil, "", fail(ErrUnavailable, "its items are too small for %d bytes", h.length)
	}
	end := len(text) - min(limit/2, room)
	if was := len(strings.Join(before.parts, "")); was > 0 && len(text)-was >= least && len(text)-was <= room {
		end = was
	}
	for chunk := range slices.Chunk([]byte(text[:end]), limit) {
		chunks = append(chunks, string(chunk))
	}
	return chunks, text[end:], nil
}

// sweepParts removes an account's parts from number from on. It looks for parts up to the first number at or above
// atLeast that has none. It removes the last first, so that an interruption leaves no gap that would hide parts from
// the next sweep.
func sweepParts(ctx context.Context, v Vault, name string, from, atLeast int) error {
	var left []string
	for i := from; ; i++ {
		before := len(left)
		for _, second := range []bool{false, true} {
			_, found, err := v.Get(ctx, partName(name, i, second))
			if err != nil {
				return err
			}
			if found {
				left = append(left, partName(name, i, second))
			}
		}
		if len(left) == before && i >= atLeast {
			break
		}
	}
	for _, part := range slices.Backward(left) {
		if err := v.Delete(ctx, part); err != nil {
			return err
		}
		if _, still, err := v.Get(ctx, part); err != nil || still {
			if err == nil {
				err = errNotRemoved
			}
			return err
		}
	}
	return nil
}

var errNotRemoved = fail(ErrDenied, "it reported success but did not delete the item; was a prompt dismissed?")
