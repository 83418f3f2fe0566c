package login

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/mogplex/mogplex-cli/internal/web"
)

// CheckOrigin returns the canonical form, scheme://host[:port], of an address that
// may be sent tokens, or an error of class [ErrBadOrigin] that does not quote it.
// The scheme is https or, with allowLoopbackHTTP, http for localhost and loopback
// addresses. CheckOrigin refuses user info, a path other than "/", a query, a
// fragment, percent escapes and anything that is not ASCII: an internationalized
// name must be in its xn-- form, in which it can't imitate another.
func CheckOrigin(origin string, allowLoopbackHTTP bool) (canonical string, err error) {
	bad := func(why string) (string, error) {
		return "", &Error{Op: "check origin", Kind: ErrBadOrigin, Err: errors.New(why)}
	}
	if !web.VisibleASCII(origin) || strings.ContainsAny(origin, `\%@?#`) {
		return bad("it must be scheme://host[:port] in plain ASCII and nothing more")
	}
	scheme, rest, _ := strings.Cut(origin, "://")
	rest = strings.TrimSuffix(rest, "/")
	if strings.Contains(rest, "/") {
		return bad("it must have no path")
	}
	u, err := url.Parse("https://" + rest)
	if err != nil || strings.HasSuffix(rest, ":") {
		return bad("its host or port is malformed")
	}
	host, loopback := canonicalHost(u.Hostname())
	if host == "" || strings.HasPrefix(rest, "[") != strings.HasPrefix(host, "[") {
		return bad("its host is malformed")
	}
	scheme = strings.ToLower(scheme)
	switch {
	case scheme == "https":
	case scheme != "http":
		return bad("it must begin with https://")
	case !allowLoopbackHTTP || !loopback:
		return bad("plain http is not allowed there")
	}
	canonical = scheme + "://" + host
	if u.Port() == "" {
		return canonical, nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return bad("its port is not between 1 and 65535")
	}
	if scheme == "https" && port == 443 || scheme == "http" && port == 80 {
		return canonical, nil
	}
	return canonical + ":" + strconv.FormatUint(port, 10), nil
}

// canonicalHost returns a host name or address in the form of an origin, or "" if
// host is neither. It also reports whether it is a loopback address.
func canonicalHost(host string) (canonical string, loopback bool) {
	if addr, err := netip.ParseAddr(host); err == nil {
		canonical = addr.String()
		if addr.Is6() {
			canonical = "[" + canonical + "]"
		}
		return canonical, addr.IsLoopback()
	}
	host = strings.ToLower(host)
	label := ""
	for label = range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
		for i := range len(label) {
			if c := label[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return "", false
			}
		}
	}
	// Some resolvers read a name whose last label is a number as an address:
	// 2130706433 and 0x7f.1 are 127.0.0.1 to them.
	if strings.Trim(label, "0123456789") == "" || strings.HasPrefix(label, "0x") || len(host) > 253 {
		return "", false
	}
	return host, host == "localhost"
}

// sameOrigin reports whether an endpoint is an absolute address on origin, without
// user info or fragment.
func sameOrigin(endpoint, origin string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.User != nil || u.Opaque != "" || strings.Contains(endpoint, "#") || !web.VisibleASCII(endpoint) {
		return false
	}
	got, err := CheckOrigin(u.Scheme+"://"+u.Host, true)
	return err == nil && got == origin
}

func loopbackAddress(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
