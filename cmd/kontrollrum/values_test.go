package main

import (
	"net"
	"testing"
	"time"
)

func TestTerm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"30d": 720 * time.Hour, "12h": 12 * time.Hour, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute,
		"": 0, "0d": 0, "-1d": 0, "-5h": 0, "1d-24h": 0, "d": 0, "30": 0, "1w": 0, "1d1d": 0, "99999999d": 0, "soon": 0,
	} {
		var got term
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want > 0) || err == nil && time.Duration(got) != want {
			t.Errorf("%q is %v, %v; want %v", text, time.Duration(got), err, want)
		}
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2027-12-31":                "2027-12-31T23:59:59.999999Z",
		"2028-02-29":                "2028-02-29T23:59:59.999999Z",
		"2027-12-31T18:00:00+01:00": "2027-12-31T17:00:00Z",
		"2027-02-29":                "", "31/12/2027": "", "": "",
	} {
		var got date
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want != "") || err == nil && got.at.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is %v, %v; want %s", text, got.at, err, want)
		}
	}
}

func TestPublicURL(t *testing.T) {
	t.Parallel()
	local := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	for _, c := range []struct {
		given string
		at    net.Addr
		want  string
	}{
		{"", local, "http://localhost:8080"},
		{"", &net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, "http://localhost:80"},
		{"", &net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "http://localhost:80"},
		{"https://hub.example.com", local, "https://hub.example.com"},
		{"https://hub.example.com:8443/", local, "https://hub.example.com:8443"},
		{"hub.example.com", local, ""},
		{"ftp://hub.example.com", local, ""},
		{"https://hub.example.com/path", local, ""},
		{"https://hub.example.com?q", local, ""},
		{"https://me@hub.example.com", local, ""},
	} {
		if got, err := publicURL(c.given, c.at); got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q at %v is %q, %v; want %q", c.given, c.at, got, err, c.want)
		}
	}
}
