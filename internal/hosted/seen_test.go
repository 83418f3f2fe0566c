package hosted

import (
	"strconv"
	"testing"
)

// A run of weeks is reported event by event, without keeping every key in memory.
func TestFollowForgetsOldEvents(t *testing.T) {
	s := following{seen: map[string]bool{}}
	reported := 0
	const last = 5 * seenLimit
	for end := 1; end <= last; end += 50 {
		var update Update
		for i := max(0, end-EventLimit); i < end; i++ {
			update.Events = append(update.Events, Event{ID: strconv.Itoa(i)})
		}
		s.keepNew(&update)
		for _, e := range update.Events {
			if e.ID != strconv.Itoa(reported) {
				t.Fatalf("event %s was reported after %d others", e.ID, reported)
			}
			reported++
		}
	}
	if reported < last-50 || len(s.seen) > seenLimit || len(s.order) != len(s.seen) {
		t.Errorf("reported %d, remembered %d and %d", reported, len(s.seen), len(s.order))
	}
}
