package auth

import (
	"context"
	"encoding/json"
)

// A renewed token whose store failed after the refresh token was spent lies in
// displaced.json, sealed with the key of the claim. The record in the store,
// which still carries that claim, is what gives it meaning: whoever reads that
// record next opens it, and whoever writes brings it home. It never outranks
// anything.

// sealed is an entry of displaced.json.
type sealed struct {
	Type string `json:"type"` // "sealed"
	Data string `json:"data"`
}

// displace keeps a renewed record for later. The caller holds the key's lock.
func (r *Resolver) displace(ctx context.Context, key Key, claim *Mark, renewed Record) error {
	text, err := renewed.encode(key, true)
	if err != nil {
		return err
	}
	data, err := claim.Key.seal(key.inHome(), text)
	if err != nil {
		return err
	}
	entry, err := json.Marshal(sealed{"sealed", data})
	if err != nil {
		return err
	}
	return r.Displaced.Update(ctx, key.inHome(), func([]byte) ([]byte, error) { return entry, nil })
}

// displaced returns the renewed record that waits for the claim on rec.
func (r *Resolver) displaced(ctx context.Context, key Key, rec Record) (Record, bool) {
	if rec.Mark == nil || len(rec.Mark.Key) == 0 || r.Displaced == nil {
		return Record{}, false
	}
	entry, found, err := r.Displaced.Get(ctx, key.inHome())
	if err != nil || !found {
		return Record{}, false
	}
	var s sealed
	if json.Unmarshal(entry, &s) != nil {
		return Record{}, false
	}
	text, err := rec.Mark.Key.open(key.inHome(), s.Data)
	if err != nil {
		return Record{}, false // of another claim
	}
	renewed, err := decodeRecord(key, text)
	return renewed, err == nil
}

// dropDisplaced removes what displaced.json holds for a key: it is home, or its
// claim is gone. The caller holds the key's lock.
func (r *Resolver) dropDisplaced(ctx context.Context, key Key) {
	if r.Displaced == nil {
		return
	}
	_ = r.Displaced.Update(ctx, key.inHome(), func([]byte) ([]byte, error) { return nil, nil })
}
