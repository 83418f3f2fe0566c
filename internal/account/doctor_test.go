package account

import (
	"testing"
	"time"
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
