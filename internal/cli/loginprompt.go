package cli

import (
	"bufio"
	"context"
	"io"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/login"
)

// showPrompt prints where to sign in. The address is alone on its line, so that it is
// easy to copy.
func (p *program) showPrompt(prompt login.Prompt, opt signInOptions) {
	switch {
	case opt.open && p.canOpenBrowser():
		p.say("Opening the browser to sign in. If nothing opens, go to this address:")
	case opt.open:
		p.say("%s Open this address to sign in:", p.env.Site().WhyNoBrowser())
	default:
		p.say("Open this address to sign in:")
	}
	p.say("\n%s\n", prompt.URL)
	if d := prompt.Device; d != nil {
		p.say("Or open %s on any device and type the code %s", d.VerificationURL, d.UserCode)
	}
	if !prompt.Listening {
		p.say("The callback ports 24816 and 24818 are in use: expect the browser to end at a page that does not load.")
	}
	if !opt.open || p.isTerminal(p.stdin) {
		p.say("On another machine: sign in there, then paste the address of the last page here.")
	}
	p.say("Waiting for you until %s. Press Ctrl-C to stop.", prompt.Deadline.Local().Format("15:04:05"))
}

// canOpenBrowser reports whether a person could see a browser. Without a display, Linux
// would open a text browser in this terminal.
func (p *program) canOpenBrowser() bool { return p.env.Site().Browser }

// pasteGap is the longest pause between the lines of one paste: a terminal breaks a long
// address into lines.
const pasteGap = 150 * time.Millisecond

// pastes reads pasted text from r, and joins lines that arrive together. It closes the
// channel at the end of the input.
func pastes(ctx context.Context, r io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		scan := bufio.NewScanner(r)
		for scan.Scan() {
			select {
			case lines <- scan.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	pasted := make(chan string)
	go func() {
		defer close(pasted)
		for line := range lines {
			text := gather(line, lines)
			if strings.TrimSpace(text) == "" {
				continue
			}
			select {
			case pasted <- text:
			case <-ctx.Done():
				return
			}
		}
	}()
	return pasted
}

// gather appends the lines that follow within pasteGap to a line.
func gather(line string, lines <-chan string) string {
	for {
		select {
		case next, open := <-lines:
			if !open {
				return line
			}
			line += "\n" + next
		case <-time.After(pasteGap):
			return line
		}
	}
}
