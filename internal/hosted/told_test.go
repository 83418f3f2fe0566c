package hosted

import (
	"strconv"
	"testing"
)

// A run that goes on for weeks is told event by event, and what was told does
// not fill the memory.
func TestFollowForgetsWhatItToldLongAgo(t *testing.T) {
	s := following{told: map[string]bool{}}
	told := 0
	const last = 5 * toldKept
	for end := 1; end <= last; end += 50 {
		var now Update
		for i := max(0, end-EventLimit); i < end; i++ {
			now.Events = append(now.Events, Event{ID: strconv.Itoa(i)})
		}
		s.hear(&now)
		for _, e := range now.Events {
			if e.ID != strconv.Itoa(told) {
				t.Fatalf("event %s was told after %d others", e.ID, told)
			}
			told++
		}
	}
	if told < last-50 || len(s.told) > toldKept || len(s.order) != len(s.told) {
		t.Errorf("told %d, kept %d and %d", told, len(s.told), len(s.order))
	}
}
