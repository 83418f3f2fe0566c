package settings

// UsageError is invalid usage, or an invalid setting.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// HintError is an error with its own hint, which replaces that of its class.
type HintError struct {
	Err  error
	Hint string // sentences that name the next step
}

func (e HintError) Error() string { return e.Err.Error() }

func (e HintError) Unwrap() error { return e.Err }

// Reworded is an error with a text of its own, for people.
type Reworded struct {
	Err  error
	Text string
}

func (e Reworded) Error() string { return e.Text }

func (e Reworded) Unwrap() error { return e.Err }
