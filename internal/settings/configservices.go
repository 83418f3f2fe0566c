package settings

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/mogplex/mogplex-cli/internal/auth"
	"github.com/mogplex/mogplex-cli/internal/text"
	"github.com/mogplex/mogplex-cli/internal/web"
	"github.com/mogplex/mogplex-cli/login"
)

// serviceKey is the name of the array of tables with the OAuth services.
const serviceKey = "service"

// How a service and its lists are written.
const (
	serviceShape = `a service is a table [[service]] with origin = "https://HOST" and client_id = "ID"`
	scopesShape  = `scopes must be a list of scopes such as ["openid", "offline_access"]`
	portsShape   = "redirect_ports must be a list of ports such as [8085], in which 0 is any free port"
)

// oauthService is an OAuth service other than mogplex.com.
type oauthService struct {
	origin   setting // canonical after checkServices
	clientID setting
	scopes   []string // nil: those of package login
	ports    []int    // nil: those of package login
	line     int
}

// serviceKinds are the keys of a service, with the kinds of their values.
var serviceKinds = map[string]unstable.Kind{
	"origin": unstable.String, "client_id": unstable.String, "scopes": unstable.Array, "redirect_ports": unstable.Array,
}

// wrongServiceKey returns the mistake in a path that is meant to be service or one of its
// keys. It returns "" for the correct paths and for keys of other programs, in which the
// word is common: outside the top level only [[service]] itself is taken for ours.
func wrongServiceKey(path []string, kind unstable.Kind) string {
	joined := text.Printable(strings.Join(path, "."))
	last := len(path) - 1
	switch {
	case path[0] == serviceKey && last == 0:
		if kind == unstable.ArrayTable || kind == unstable.Array {
			return ""
		}
		return serviceShape
	case path[0] == serviceKey:
		return wrongInService(text.Printable(strings.Join(path[1:], ".")), kind)
	case kind != unstable.ArrayTable:
		return ""
	case path[last] == serviceKey:
		return fmt.Sprintf("[[%s]] must not be below [%s]", serviceKey, text.Printable(strings.Join(path[:last], ".")))
	case last == 0 && near(joined, serviceKey, 2):
		return fmt.Sprintf("%q is not a setting; did you mean [[%s]]?", joined, serviceKey)
	}
	return ""
}

// wrongInService returns the mistake in a key of a service, or "".
func wrongInService(name string, kind unstable.Kind) string {
	switch want, known := serviceKinds[name]; {
	case !known:
		return fmt.Sprintf("%q is not a key of a service; it has origin, client_id, scopes and redirect_ports", name)
	case kind == want:
		return ""
	case name == "scopes":
		return scopesShape
	case name == "redirect_ports":
		return portsShape
	}
	return name + " must be a string"
}

// serviceValue reads a key of a service, or the services in an array of inline tables.
func (r *configReader) serviceValue(path []string, node *unstable.Node) error {
	line := r.line(node)
	switch {
	case len(path) == 1:
		return r.inlineTables(path, node, serviceShape)
	case len(r.services) == 0: // service.origin = "x"
		return r.wrong(line, serviceShape)
	}
	s := &r.services[len(r.services)-1]
	switch path[1] {
	case "origin":
		s.origin = setting{string(node.Value().Data), line}
		return nil
	case "client_id":
		s.clientID = setting{string(node.Value().Data), line}
		return nil
	case "scopes":
		return r.scopes(s, node)
	}
	return r.ports(s, node)
}

func (r *configReader) scopes(s *oauthService, node *unstable.Node) error {
	list, err := r.list(node, unstable.String, scopesShape)
	s.scopes = []string{}
	for _, scope := range list {
		if !isScope(scope.value) {
			return r.wrong(scope.line, scopesShape)
		}
		s.scopes = append(s.scopes, scope.value)
	}
	return err
}

func (r *configReader) ports(s *oauthService, node *unstable.Node) error {
	list, err := r.list(node, unstable.Integer, portsShape)
	for _, port := range list {
		number, err := strconv.ParseUint(port.value, 0, 16)
		if err != nil {
			return r.wrong(port.line, portsShape)
		}
		s.ports = append(s.ports, int(number))
	}
	if err == nil && len(list) == 0 {
		return r.wrong(r.line(node), portsShape)
	}
	return err
}

// isScope reports whether text is a scope-token of RFC 6749 section 3.3.
func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' })
}

// checkServices checks that every service is complete and makes its origin canonical. A
// plain http origin is correct here; MOGPLEX_URL must allow it.
func (c config) checkServices() error {
	for i := range c.services {
		s := &c.services[i]
		if s.origin.line == 0 || s.clientID.line == 0 {
			return c.wrong(s.line, serviceShape)
		}
		canonical, err := login.CheckOrigin(s.origin.value, true)
		var why *login.Error
		switch sameOrigin := func(o oauthService) bool { return o.origin.value == canonical }; {
		case errors.As(err, &why):
			return c.wrong(s.origin.line, "origin can't be used: "+why.Err.Error())
		case canonical == auth.DefaultOrigin:
			return c.wrong(s.origin.line, canonical+" is built in and can't be described here")
		case slices.ContainsFunc(c.services[:i], sameOrigin):
			return c.wrong(s.origin.line, "a second service has the origin "+canonical)
		case !web.VisibleASCII(s.clientID.value):
			return c.wrong(s.clientID.line, "client_id must be the id that the service gave to this client")
		}
		s.origin.value = canonical
	}
	return nil
}

// serviceAt returns the service with a canonical origin, or nil if the file has none.
func (c config) serviceAt(origin string) *oauthService {
	for i := range c.services {
		if c.services[i].origin.value == origin {
			return &c.services[i]
		}
	}
	return nil
}

// ServiceAt returns the client id and the scopes that config.toml has for the service
// with a canonical origin. No scopes stand for those of package login.
func (s Settings) ServiceAt(origin string) (clientID string, scopes []string, found bool) {
	service := s.config.serviceAt(origin)
	if service == nil {
		return "", nil, false
	}
	return service.clientID.value, service.scopes, true
}
