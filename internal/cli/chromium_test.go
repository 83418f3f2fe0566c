package cli

import (
	"bytes"
	"context"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
	"github.com/mogplex/mogplex-cli/internal/dev/deep"
)

// chromium starts a headless Chromium. Its sandbox needs privileges that CI
// machines withhold; it visits pages of this test alone.
func chromium(t *testing.T) context.Context {
	t.Helper()
	deep.Only(t)
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		deep.Missing(t, "chromium is not installed")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, closeAllocator := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(900, 600), chromedp.WSURLReadTimeout(2*time.Minute))...)
	t.Cleanup(closeAllocator)
	ctx, closeBrowser := chromedp.NewContext(ctx)
	t.Cleanup(closeBrowser)
	return ctx
}

// A person signs in with a real browser. The page names where the credential is
// stored, and the browser keeps no trace of the code.
func TestSignInWithChromium(t *testing.T) {
	t.Parallel()
	ctx := chromium(t)
	complaints := listenToConsole(ctx)
	w := fakeWorld(t, accountserver.Config{})
	cmd, address, stderr := w.listeningLogin()
	if err := chromedp.Do(ctx,
		chromedp.Navigate(address),
		chromedp.Click(chromedp.CSS(`button[name="as"][value="`+ada+`"]`)),
		chromedp.WaitVisible(chromedp.CSS("svg.ok")),
	); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	heard.output(cmd.Args[1:], "", stderr.String())
	if !w.service.Valid(w.token()) {
		t.Error("what was stored does not work")
	}
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS("main")))
	if err != nil || !strings.Contains(text, "Ada Lovelace") || !strings.Contains(text, "keychain") {
		t.Errorf("the page says %q, %v", text, err)
	}
	checkHistory(t, ctx)
	for _, scheme := range []string{"light", "dark"} {
		checkPicture(t, ctx, scheme)
	}
	for _, line := range complaints() {
		t.Errorf("the browser complains: %s", line)
	}
}

// listenToConsole collects the browser's complaints about the pages, such as a
// violated policy or a failing script.
func listenToConsole(ctx context.Context) (lines func() []string) {
	var mu sync.Mutex
	var seen []string
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			mu.Lock()
			seen = append(seen, m.String())
			mu.Unlock()
		}
	}()
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

func checkHistory(t *testing.T, ctx context.Context) {
	t.Helper()
	location, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil || strings.Contains(location, "code=") {
		t.Errorf("the address bar holds the code, or %v", err)
	}
	entries, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify(performance.getEntries())`))
	if err != nil || strings.Contains(entries, "code=") {
		t.Errorf("the page's own entries hold the code, or %v", err)
	}
	history, err := chromedp.Run(ctx, chromedp.NavigationEntries())
	if err != nil || len(history.Entries) == 0 {
		t.Fatalf("%d entries of history, %v", len(history.Entries), err)
	}
	for _, entry := range history.Entries {
		if strings.Contains(entry.URL, "code=") || strings.Contains(entry.Title, "code=") {
			t.Error("the history holds the code")
		}
	}
}

// checkPicture takes a screenshot in a colour scheme, saves it in
// MOGPLEX_SCREENSHOTS, and checks that it is not blank.
func checkPicture(t *testing.T, ctx context.Context, scheme string) {
	t.Helper()
	emulate := chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
	if err := chromedp.Do(ctx, emulate); err != nil {
		t.Fatal(err)
	}
	shot, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("MOGPLEX_SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "login-"+scheme+".png"), shot, 0o600); err != nil {
			t.Error(err)
		}
	}
	picture, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[[4]uint32]bool{}
	for y := picture.Bounds().Min.Y; y < picture.Bounds().Max.Y; y++ {
		for x := picture.Bounds().Min.X; x < picture.Bounds().Max.X; x++ {
			r, g, b, a := picture.At(x, y).RGBA()
			colours[[4]uint32{r, g, b, a}] = true
		}
	}
	corner, _, _, _ := picture.At(picture.Bounds().Min.X, picture.Bounds().Min.Y).RGBA()
	if len(colours) < 10 || (corner < 0x8000) != (scheme == "dark") {
		t.Errorf("%s: %d colours, the corner is %#x", scheme, len(colours), corner)
	}
}
