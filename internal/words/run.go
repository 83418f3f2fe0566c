package words

import (
	"errors"
	"fmt"
	"time"

	"github.com/mogplex/mogplex-cli/internal/hosted"
	"github.com/mogplex/mogplex-cli/internal/text"
)

// RunNotice returns a notice for a person about an update of a run. It may be empty.
func RunNotice(u hosted.Update) string {
	switch {
	case u.Err != nil:
		return fmt.Sprintf("%s; retrying in %s", Sentence(u.Err), u.Wait.Round(time.Second))
	case u.Missed:
		return fmt.Sprintf("only the latest %d events are shown; earlier ones may be missing", hosted.EventLimit)
	}
	return ""
}

// RunError adds the run's id to an error that it was not found.
func RunError(id string, err error) error {
	if !errors.Is(err, hosted.ErrNotFound) {
		return err
	}
	return fmt.Errorf("no run %q for this account: %w", text.Printable(id), err)
}
