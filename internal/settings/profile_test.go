package settings

import (
	"slices"
	"testing"
)

func TestSortedProfiles(t *testing.T) {
	t.Parallel()
	got := SortedProfiles([]string{"work", "", "Bad", "default", "a", "work", ".DS_Store"})
	if want := []string{"default", "a", "work"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
