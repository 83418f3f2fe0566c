package account

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/keyring"
)

func TestTheClockIsJudgedBothWays(t *testing.T) {
	for ahead, want := range map[time.Duration]CheckState{
		0: CheckOK, 30 * time.Second: CheckOK, -time.Minute: CheckOK,
		2 * time.Minute: CheckWarning, -2 * time.Minute: CheckWarning,
		time.Hour: CheckFailure, -time.Hour: CheckFailure,
	} {
		if got := clockRow(ahead); got.State != want || (want == CheckOK) != (got.Fix == "") {
			t.Errorf("%s: %+v", ahead, got)
		}
	}
}

func TestDamagedItemsAreReported(t *testing.T) {
	d := &doctor{items: items{limit: time.Now(), entries: []keyring.Entry{
		{Account: "groq", Value: []byte("{}")},
		{Account: "mogplex", Err: keyring.Failure(keyring.ErrCorrupt, "part 1 of 2 is missing")},
		{Account: "doctor.d_0"},
	}}}
	rows := d.checkItems(t.Context())
	if len(rows) != 2 || !strings.Contains(rows[0].Message, "mogplex can't be read: the keychain item is damaged: part 1") || rows[1].repair == nil {
		t.Errorf("rows: %+v", rows)
	}
}

func TestFaultsOfALayer(t *testing.T) {
	locked := keyring.Failure(keyring.ErrLocked, "")
	for _, c := range []struct {
		finding auth.Finding
		items   error
		want    CheckState // empty: no fault
	}{
		{auth.Finding{Layer: auth.InKeychain, State: auth.Present}, nil, ""},
		{auth.Finding{Layer: auth.InFile, State: auth.Present, Stray: true}, nil, CheckWarning},
		{auth.Finding{Layer: auth.InDisplaced, State: auth.Present, Path: "displaced.json"}, nil, CheckWarning},
		{auth.Finding{Layer: auth.InKeychain, State: auth.Locked, Err: locked}, locked, ""}, // has its own row
		{auth.Finding{Layer: auth.InKeychain, State: auth.Corrupt, Err: auth.ErrDamaged}, nil, CheckFailure},
		{auth.Finding{Layer: auth.InFile, State: auth.Denied, Err: errors.New("refused")}, locked, CheckFailure},
	} {
		d := &doctor{items: items{err: c.items}}
		got, found := d.fault(c.finding)
		if got.State != c.want || found != (c.want != "") || found && got.Fix == "" && got.Err == nil {
			t.Errorf("%+v: %+v", c.finding, got)
		}
	}
}
