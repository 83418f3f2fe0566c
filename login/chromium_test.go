package login_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
	"github.com/mogplex/mogplex-cli/login"
)

// chromium returns the path of a Chromium, or skips the test.
func chromium(t *testing.T) string {
	t.Helper()
	deep.Only(t)
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	deep.Missing(t, "no Chromium is installed")
	return ""
}

// browser starts a headless Chromium, without its sandbox, which needs privileges
// that CI machines withhold: it only visits pages of this test.
func browser(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, closeAllocator := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(900, 600), chromedp.WSURLReadTimeout(2*time.Minute))...)
	t.Cleanup(closeAllocator)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	return ctx
}

// A real browser signs in. The page it ends on is readable in light and dark,
// its policy lets its style through, and neither the address bar nor the history
// holds the code.
func TestChromium(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	a := newAccount(t, accountserver.Config{})
	flow := login.Flow{Save: func(context.Context, *login.Grant) (string, error) {
		return "in the keychain (Secret Service)", nil
	}}
	_, err := a.signIn(t, flow, func(p login.Prompt) {
		if err := chromedp.Do(ctx,
			chromedp.Navigate(p.URL),
			chromedp.Click(chromedp.CSS(`button[name="as"][value="`+ada+`"]`)),
			chromedp.WaitVisible(chromedp.CSS("svg.ok")),
		); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("main")))
	if err != nil || !strings.Contains(text, "Ada Lovelace") || !strings.Contains(text, "in the keychain") {
		t.Errorf("page %q, %v", text, err)
	}
	history, err := chromedp.Run(ctx, chromedp.NavigationEntries())
	if err != nil || len(history.Entries) == 0 {
		t.Fatalf("%d entries, %v", len(history.Entries), err)
	}
	for _, entry := range history.Entries {
		if strings.Contains(entry.URL, "code=") {
			t.Errorf("the code is left behind in %s", entry.URL)
		}
	}
	checkScheme(t, ctx, "light", "rgb(246, 247, 249)")
	checkScheme(t, ctx, "dark", "rgb(17, 20, 24)")
}

// checkScheme checks the page in a color scheme, and saves a picture of it in the
// directory $MOGPLEX_SCREENSHOTS if that is set.
func checkScheme(t *testing.T, ctx context.Context, scheme, background string) {
	t.Helper()
	emulate := chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
	if err := chromedp.Do(ctx, emulate); err != nil {
		t.Fatal(err)
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`getComputedStyle(document.body).backgroundColor`))
	if err != nil || got != background {
		t.Errorf("%s: the background is %s, %v", scheme, got, err)
	}
	dir := os.Getenv("MOGPLEX_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "signed-in-"+scheme+".png"), png, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}
