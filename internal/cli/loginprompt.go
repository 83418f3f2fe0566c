package cli

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/mogplex/mogplex-cli/internal/words"
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
	if opt.clipboard {
		p.copyAddress(prompt.URL)
	}
	if d := prompt.Device; d != nil {
		p.say("Or open %s on any device and type the code %s", d.VerificationURL, d.UserCode)
	}
	if !prompt.Listening {
		p.say("%s Expect the browser to end at a page that does not load.", words.Finished(p.account.WhyNoPort()))
	}
	if p.takesPastes(opt) {
		p.say("On another machine: sign in there, then paste the address of the last page here.")
	}
	if hint := p.siteHint(prompt); hint != "" {
		p.say("%s", hint)
	}
	p.say("Waiting for you until %s. Press Ctrl-C to stop.", prompt.Deadline.Local().Format("15:04:05"))
}

// siteHint returns how to sign in without pasting at a place where no browser opens.
func (p *program) siteHint(prompt login.Prompt) string {
	u, err := url.Parse(prompt.RedirectURL)
	if err != nil || !prompt.Listening || p.canOpenBrowser() {
		return ""
	}
	return p.env.Site().SignInHint(u.Port())
}

// takesPastes reports whether a person or a program can paste an address: stdin is a
// terminal or a pipe, or --no-browser leaves no other way.
func (p *program) takesPastes(opt signInOptions) bool {
	if !opt.open || p.isTerminal(p.stdin) {
		return true
	}
	f, ok := p.stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// copyAddress asks the terminal to copy an address to its clipboard (OSC 52), which also
// works over SSH. A terminal does not answer, so mogplex can't know whether it did.
func (p *program) copyAddress(address string) {
	if !p.isTerminal(p.stderr) || p.env.Getenv("TERM") == "dumb" {
		p.say("There is no terminal whose clipboard could take the address.")
		return
	}
	fmt.Fprintf(p.stderr, "\x1b]52;c;%s\a", base64.StdEncoding.EncodeToString([]byte(address)))
	p.say("The address was handed to the clipboard of this terminal; not every terminal takes it.")
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
