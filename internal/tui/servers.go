package tui

import (
	"fmt"
	"strings"
	"time"
)

// serversText tells the remote MCP servers, one below the other.
func serversText(s Servers, explain func(error) Problem, now time.Time) string {
	var b strings.Builder
	if s.Stale != nil {
		b.WriteString(staleText(s.Fetched, s.Stale, explain, now) + "\n")
	}
	if len(s.List) == 0 {
		return b.String() + "The account has no remote MCP servers."
	}
	for _, server := range s.List {
		state := "enabled"
		if !server.Enabled {
			state = "disabled"
		}
		fmt.Fprintf(&b, "%s (%s, %s)\n", oneLine(server.Name), oneLine(server.Kind), state)
		for _, line := range append([]string{server.Target}, server.Masked...) {
			fmt.Fprintf(&b, "  %s\n", oneLine(line))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// staleText says that a kept copy serves, how old it is, and why.
func staleText(fetched time.Time, why error, explain func(error) Problem, now time.Time) string {
	return fmt.Sprintf("This is the copy kept %s ago. %s", age(now.Sub(fetched)), explain(why).Text)
}

// age puts a time into words: one number is enough.
func age(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / unit.size); n == 1 {
			return "1 " + unit.name
		} else if n > 1 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		}
	}
	return "a moment"
}
