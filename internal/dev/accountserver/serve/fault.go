package main

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/mogplex/mogplex-cli/internal/dev/accountserver"
)

const faultUsage = "misbehave, as a query `string`; may be given more than once. Which requests: path (a prefix, or a pattern with *), " +
	"grant, times. How: delay, status, body, type, retry-after, x-retry-after, redirect, and " +
	"how=html|truncate|drop|drop-after-processing|endless|mid-stream. " +
	"Example: 'path=/api/auth/mcp/token&grant=refresh_token&status=503&retry-after=2&times=1'"

// parseFault reads the value of --fault.
func parseFault(text string) (accountserver.Fault, error) {
	var fault accountserver.Fault
	values, err := url.ParseQuery(text)
	if err != nil {
		return fault, err
	}
	for key := range values {
		if err := setFault(&fault, key, values.Get(key)); err != nil {
			return fault, fmt.Errorf("%s: %w", key, err)
		}
	}
	return fault, nil
}

func setFault(fault *accountserver.Fault, key, value string) (err error) {
	switch key {
	case "path":
		fault.Path = value
	case "grant":
		fault.Grant = value
	case "times":
		fault.Times, err = strconv.Atoi(value)
	case "delay":
		fault.Delay, err = time.ParseDuration(value)
	case "status":
		fault.Status, err = strconv.Atoi(value)
		if err == nil && (fault.Status < 200 || fault.Status > 599) {
			err = fmt.Errorf("%d is not from 200 to 599", fault.Status)
		}
	case "body":
		fault.Body = value
	case "type":
		fault.ContentType = value
	case "retry-after":
		fault.RetryAfter = value
	case "x-retry-after":
		fault.XRetryAfter = value
	case "redirect":
		fault.Redirect = value
	case "how":
		err = setHow(fault, value)
	default:
		err = fmt.Errorf("no such key")
	}
	return err
}

func setHow(fault *accountserver.Fault, how string) error {
	switch how {
	case "html":
		fault.HTML = true
	case "truncate":
		fault.Truncate = true
	case "drop":
		fault.Drop = true
	case "drop-after-processing":
		fault.DropAfterProcessing = true
	case "endless":
		fault.Endless = true
	case "mid-stream":
		fault.MidStream = true
	default:
		return fmt.Errorf("%q is not a way to misbehave", how)
	}
	return nil
}
