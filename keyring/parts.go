package keyring

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A value that one item can't hold begins in parts and ends in the account's own item, which is written last. A part
// has two items, which take turns: the one that the account's item names stays until that is written, so that a reader
// and a crash see the old value or the new one. A part whose text did not change is not written. Items are updated in
// place, because macOS ties the permission that a person gave to the item.
const (
	partMark = ".." // no account's item has it in its name
	// readTries bounds how often a reader that met a concurrent write reads again.
	readTries = 5
)

func partName(name string, i int, second bool) string {
	if second {
		return name + partMark + strconv.Itoa(i) + "b"
	}
	return name + partMark + strconv.Itoa(i) + "a"
}

// owner returns the name of the account's item to which an item belongs; part is false for that item itself.
func owner(name string) (account string, part bool) {
	account, _, part = strings.Cut(name, partMark)
	return account, part
}

// stored is an account's value as it was read.
type stored struct {
	found   bool
	payload string // of the account's item
	header  header
	parts   []string // texts
	value   []byte   // nil if the item stands for nothing, or is another program's
}

// foreign reports an item under our name that another program wrote.
func (s stored) foreign() bool { return s.found && s.payload != "" && !isOurs(s.payload) }

// present reports that a value is stored.
func (s stored) present() bool { return s.found && !s.foreign() && !s.header.deleted }

// readStored reads an account's value. Parts that do not fit their header mean that a writer came in between: the
// account's item is read again, and only one that stays the same is corrupt. With ErrCorrupt, what could be read is
// returned, too.
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

// load decodes s.payload and reads the parts that it names.
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

// writeParts writes the parts of a value that differ from those before, verifies each, and returns the payload of the
// account's item, which the caller writes. An item holds limit bytes; 0 is no limit.
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

var errNotKept = fail(ErrDenied, "it took the value and did not keep it; was a prompt dismissed?")

// split cuts a value's text into the parts' texts and the tail. The tail has at least a quarter of the limit: a change
// near the end of the value changes no part. As long as the tail has room the parts end where they ended before.
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

// sweepParts removes the items of an account's parts from the one numbered from on, the last first: what an
// interruption leaves is without a gap, too, and found by the next sweep.
func sweepParts(ctx context.Context, v Vault, name string, from, atLeast int) (removed bool, err error) {
	var left []string
	for i := from; ; i++ {
		any := false
		for _, second := range []bool{false, true} {
			_, found, err := v.Get(ctx, partName(name, i, second))
			if err != nil {
				return false, err
			}
			if found {
				any, left = true, append(left, partName(name, i, second))
			}
		}
		if !any && i >= atLeast {
			break
		}
	}
	for _, part := range slices.Backward(left) {
		if err := v.Delete(ctx, part); err != nil {
			return true, err
		}
		if _, still, err := v.Get(ctx, part); err != nil || still {
			if err == nil {
				err = errNotRemoved
			}
			return true, err
		}
	}
	return len(left) > 0, nil
}

var errNotRemoved = fail(ErrDenied, "it still holds the item; was a prompt dismissed?")
