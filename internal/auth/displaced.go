package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

// If a store fails after the refresh token is spent, the renewed token goes into
// displaced.json, encrypted with the key of the claim. The record in the store still
// carries that claim: the next reader of the record decrypts the token with it, and
// the next writer stores the token in its own layer. Without that record nobody can
// decrypt the entry.

// sealed is an entry of displaced.json.
type sealed struct {
	Type string `json:"type"` // "sealed"
	Data string `json:"data"`
}

// displacedName names the entry for one layer's record of a key.
func displacedName(key Key, layer string) string { return key.inHome() + "." + layer }

func displacedPath(key Key) string { return filepath.Join(key.Home(), "displaced.json") }

// displacedIn opens the displaced.json of a key's home; nil if the key has no
// directory.
func (r *Resolver) displacedIn(key Key) Place {
	if r.Displaced == nil || key.Dir == "" {
		return nil
	}
	return r.Displaced(displacedPath(key))
}

// displace writes a renewed record to displaced.json. The caller holds the key's
// lock.
func (r *Resolver) displace(ctx context.Context, key Key, layer string, claim *Mark, renewed Record) error {
	text, err := renewed.encode(key, true)
	if err != nil {
		return err
	}
	name := displacedName(key, layer)
	data, err := claim.Key.seal(name, text)
	if err != nil {
		return err
	}
	entry, err := json.Marshal(sealed{"sealed", data})
	if err != nil {
		return err
	}
	place := r.displacedIn(key)
	if place == nil {
		return errors.New("the record does not name its state directory")
	}
	return place.Update(ctx, name, func([]byte) ([]byte, error) { return entry, nil })
}

// displaced returns the renewed record in displaced.json that belongs to the claim on
// rec, the layer's record. After an error there may be one.
func (r *Resolver) displaced(ctx context.Context, key Key, layer string, rec Record) (Record, bool, error) {
	place := r.displacedIn(key)
	if rec.Mark == nil || rec.Mark.Key.IsZero() || place == nil {
		return Record{}, false, nil
	}
	name := displacedName(key, layer)
	entry, found, err := place.Get(ctx, name)
	if err != nil {
		return Record{}, false, fmt.Errorf("a renewed token may be in %s, which could not be read: %w", displacedPath(key), err)
	}
	var s sealed
	if !found || json.Unmarshal(entry, &s) != nil {
		return Record{}, false, nil
	}
	text, err := rec.Mark.Key.open(name, s.Data)
	if err != nil {
		return Record{}, false, nil // it belongs to another claim
	}
	renewed, err := decodeRecord(key, text)
	return renewed, err == nil, nil
}

// withDisplaced returns the renewed record for the claim on rec, and rec itself if
// there is none.
func (r *Resolver) withDisplaced(ctx context.Context, key Key, layer string, rec Record) Record {
	if renewed, found, _ := r.displaced(ctx, key, layer, rec); found {
		return renewed
	}
	return rec
}

// dropDisplaced removes the entry for a layer's record of a key, after the renewed
// record was stored or its claim is gone. The caller holds the key's lock.
func (r *Resolver) dropDisplaced(ctx context.Context, key Key, layer string) {
	place := r.displacedIn(key)
	if place == nil {
		return
	}
	name := displacedName(key, layer)
	if _, found, err := place.Get(ctx, name); found || err != nil {
		_ = place.Update(ctx, name, func([]byte) ([]byte, error) { return nil, nil })
	}
}

// displaceAnswer writes the service's answer to displaced.json, because its store did
// not take it.
func (r *renewal) displaceAnswer(ctx context.Context, answer Record, cause error) {
	h := &r.res.held
	r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("the renewed token could not be stored in the %s: %v", h.layer.Name, cause))
	// The renewal's deadline bounds stores that hang. This is one small file.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveReserve)
	defer cancel()
	if err := r.displace(ctx, h.key, h.layer.Name, h.record.Mark, answer); err != nil {
		r.res.Warnings = append(r.res.Warnings,
			fmt.Sprintf("it could not be stored in %s either (%v) and is lost when this command ends; sign in again", displacedPath(h.key), err))
		return
	}
	h.displaced = true
	r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("it is stored in %s, encrypted, until the %s works again", displacedPath(h.key), h.layer.Name))
}

// restoreDisplaced stores a displaced token in its own layer.
func (r *renewal) restoreDisplaced(ctx context.Context, renewed Record) error {
	h := &r.res.held
	renewed.Revision = h.record.Revision.next()
	switch err := h.layer.Store.Swap(ctx, h.key, h.record.Revision, renewed); {
	case errors.Is(err, ErrConflict):
		return r.reload(ctx)
	case err != nil && renewed.Expired(r.Now()):
		return fmt.Errorf("not refreshed: %w", err)
	case err != nil: // it works from displaced.json
		r.res.Credential = renewed.Credential
		r.res.Warnings = append(r.res.Warnings, fmt.Sprintf("the renewed token is still in %s: %v", displacedPath(h.key), err))
		return nil
	}
	r.dropDisplaced(ctx, h.key, h.layer.Name)
	r.announce(h.key)
	h.record, h.displaced, r.res.Credential = renewed, false, renewed.Credential
	if r.due(renewed.Credential) && renewed.Refreshable() {
		return errAgain
	}
	return nil
}
