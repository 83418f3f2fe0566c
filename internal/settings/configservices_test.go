package settings

import (
	"fmt"
	"strings"
	"testing"
)

// A wrong service is an error that names its line. Keys of other programs are ignored.
func TestServices(t *testing.T) {
	t.Parallel()
	const mistyped, shape = "did you mean [[service]]?", "a service is a table"
	const origin, id = "origin = 'https://id.example'\n", "client_id = 'c'\n"
	testConfig(t, []configCase{
		{"[[service]]\n" + origin + id, "", "https://id.example c default default"},
		{"[[service]]\norigin = 'HTTPS://Id.Example:443/'\n" + id + "scopes = ['a', 'b:c']\nredirect_ports = [0, 8_085]", "", "https://id.example c [a b:c] [0 8085]"},
		{"[[service]]\n" + origin + id + "scopes = []", "", "https://id.example c [] default"},
		{"service = [{origin = 'http://localhost:9', client_id = 'c', redirect_ports = [0]}]", "", "http://localhost:9 c default [0]"},
		{"[[service]]\n" + origin + id + "[[profile_rule]]\nname = 'w'\ndirs = ['/w']\n[[service]]\norigin = 'https://b.example'\n" + id, "", "https://id.example c default default; https://b.example c default default"},
		{"service = []", "", ""},
		{"\n[service]\n" + origin + id, shape, ""},
		{"\nservice = 'https://id.example'", shape, ""},
		{"\nservice = ['https://id.example']", shape, ""},
		{"\nservice.origin = 'https://id.example'", shape, ""},
		{"\n[[service]]", shape, ""},
		{"\n[[service]]\n" + origin, shape, ""},
		{"\n[[service]]\n" + id, shape, ""},
		{"[[service]]\norigin = 1", "origin must be a string", ""},
		{"[[service]]\nclient_id = ['c']", "client_id must be a string", ""},
		{"[[service]]\nscopes = 'a b'", "scopes must be a list", ""},
		{"[[service]]\nscopes = ['a b']", "scopes must be a list", ""},
		{"[[service]]\nscopes = [1]", "scopes must be a list", ""},
		{"[[service]]\nredirect_ports = 0", "redirect_ports must be a list", ""},
		{"[[service]]\nredirect_ports = []", "redirect_ports must be a list", ""},
		{"[[service]]\nredirect_ports = ['0']", "redirect_ports must be a list", ""},
		{"[[service]]\nredirect_ports = [-1]", "redirect_ports must be a list", ""},
		{"[[service]]\nredirect_ports = [65536]", "redirect_ports must be a list", ""},
		{"[[service]]\nredirect_port = [0]", `"redirect_port" is not a key`, ""},
		{"[[service]]\nclient_secret = 's'", `"client_secret" is not a key`, ""},
		{"[[service]]\norigin.x = 's'", `"origin.x" is not a key`, ""},
		{"[[service]]\norigin = 'https://id.example/realm'\n" + id, "origin can't be used: it must have no path", ""},
		{"[[service]]\norigin = 'http://id.example'\n" + id, "origin can't be used: plain http", ""},
		{"[[service]]\norigin = 'https://mogplex.com/'\n" + id, "https://mogplex.com is built in", ""},
		{"[[service]]\nclient_id = 'c d'\n" + origin, "client_id must be the id", ""},
		{"[[service]]\nclient_id = ''\n" + origin, "client_id must be the id", ""},
		{"service = [{origin = 'https://id.example', client_id = 'c'},\n{origin = 'https://id.example:443', client_id = 'c'}]", "a second service has the origin https://id.example", ""},
		{"\n[[services]]\n" + origin, mistyped, ""},
		{"\n[[Service]]\n" + origin, mistyped, ""},
		{"\n[[auth.service]]\n" + origin, "must not be below [auth]", ""},
		{"service_tier = 'fast'\n[services]\nx = 1\n[mcp_servers.service]\nurl = 'x'\n[mcp_servers.a.env]\nservice = '1'\n[[servers]]\nx = 1", "", ""},
	}, func(c config) string { return describeServices(c.services) })
}

func describeServices(services []oauthService) string {
	var all []string
	for _, s := range services {
		scopes, ports := fmt.Sprint(s.scopes), fmt.Sprint(s.ports)
		if s.scopes == nil {
			scopes = "default"
		}
		if s.ports == nil {
			ports = "default"
		}
		all = append(all, strings.Join([]string{s.origin.value, s.clientID.value, scopes, ports}, " "))
	}
	return strings.Join(all, "; ")
}
