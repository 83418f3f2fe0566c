package login

// SetPorts replaces the callback ports, for tests of package login_test.
func (f *Flow) SetPorts(ports ...int) { f.ports = ports }
