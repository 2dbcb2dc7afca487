// Package mail writes the letters that the hub owes people and takes them to a
// mail server, or to a folder where there is none. It asks for letters by ops,
// as the operator, and decides nothing about who gets one.
package mail

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/words"
)

// A writer makes letters of what the outbox holds.
type writer struct {
	book *words.Book
	from string // RFC 5322 §3.4: Name <address>
	url  string // public
}

// A page is what a letter says, in one language.
type page struct {
	Language, Product, Organization string
	Subject, Greeting               string
	Text                            string
	Button, URL, LinkText           string // empty: no link
	After                           string
	Sender                          string
}

// page says a letter in its reader's language.
func (w *writer) page(l *ops.CollectedLetter) page {
	say := w.book.In(l.Language)
	kind := string(l.Kind)
	fields := []any{"Name", l.Data["Name"], "Organization", l.Data["Organization"], "Address", string(l.Address), "Factor", l.Data["Factor"],
		"At", when(l.Data["At"], l.Data["TimeZone"]), "Expires", when(l.Expires.Format(time.RFC3339), l.Data["TimeZone"]), "URL", w.url}
	p := page{Language: say.Language(), Product: say.Say("product.name"), Organization: l.Data["Organization"],
		Subject: say.Say("letter.subject."+kind, fields...), Greeting: say.Say("letter.greeting", fields...), Text: say.Say("letter.text."+kind, fields...),
		Sender: say.Say("letter.sender", fields...)}
	if l.URL.Empty() {
		p.After = say.Say("letter.notice", fields...)
		if l.Kind == kontrollrum.AddressChanged { // whoever reads it signs in no more
			p.After = say.Say("letter.after.address_changed", fields...)
		}
		return p
	}
	p.Button, p.After = say.Say("letter.button."+kind, fields...), say.Say("letter.after."+kind, fields...)
	p.URL, p.LinkText = l.URL.Reveal(), say.Say("letter.link")
	return p
}

// when is an instant as its reader's clock shows it, to the minute; as it
// stands where it is none.
func when(text, zone string) string {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return text
	}
	if place, err := time.LoadLocation(zone); err == nil {
		at = at.In(place)
	}
	return at.Format("2006-01-02 15:04 MST")
}

// text is the page in plain text.
func (p *page) text() string {
	parts := []string{p.Greeting, p.Text}
	if p.URL != "" {
		parts = append(parts, p.Button+":\n"+p.URL)
	}
	return strings.Join(append(parts, p.After, "-- \n"+p.Sender), "\n\n") + "\n"
}

// html is the page with its looks: inline, since mail programs read nothing
// else, and without anything that is fetched from elsewhere.
func (p *page) html() (string, error) {
	var out bytes.Buffer
	err := looks.Execute(&out, p)
	return out.String(), err
}

// looks are the tokens of the product's own pages, in light colours.
var looks = template.Must(template.New("letter").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<title>{{.Subject}}</title>
</head>
<body style="margin:0;padding:0;background:#edf2ef;color:#11221d;font-family:'Atkinson Hyperlegible Next',system-ui,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:24px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#edf2ef">
<tr><td align="center" style="padding:32px 16px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;text-align:left">
<tr><td style="padding:0 0 12px;font-size:13px;line-height:18px;color:#43544e"><strong style="color:#124032">{{.Product}}</strong> &middot; {{.Organization}}</td></tr>
<tr><td style="background:#fbfdfc;border:1px solid #d3dcd8;border-radius:6px;padding:24px">
<h1 style="margin:0 0 16px;font-size:24px;line-height:32px;font-weight:600;color:#11221d">{{.Subject}}</h1>
<p style="margin:0 0 12px">{{.Greeting}}</p>
<p style="margin:0 0 24px">{{.Text}}</p>
{{- if .URL}}
<p style="margin:0 0 24px"><a href="{{.URL}}" style="display:inline-block;background:#124032;color:#ffffff;text-decoration:none;font-weight:600;padding:10px 20px;border-radius:3px">{{.Button}}</a></p>
<p style="margin:0 0 24px;font-size:13px;line-height:18px;color:#43544e">{{.LinkText}}<br><a href="{{.URL}}" style="color:#005971;word-break:break-all">{{.URL}}</a></p>
{{- end}}
<p style="margin:0;font-size:13px;line-height:18px;color:#43544e">{{.After}}</p>
</td></tr>
<tr><td style="padding:12px 0 0;font-size:13px;line-height:18px;color:#576861">{{.Sender}}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`))

// compose writes a letter, the same each time it is asked to: its id and date
// are those of the outbox, so that whoever is sent it twice can tell.
func (w *writer) compose(l *ops.CollectedLetter) (*gomail.Msg, error) {
	p := w.page(l)
	html, err := p.html()
	if err != nil {
		return nil, fmt.Errorf("write letter: %w", err)
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("letter-"+string(l.ID)))
	if err := m.From(w.from); err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	if err := m.AddToFormat(l.Data["Name"], string(l.Address)); err != nil {
		return nil, fmt.Errorf("address: %w", err)
	}
	m.Subject(p.Subject)
	m.SetMessageIDWithValue(l.MessageID)
	m.SetDateWithValue(l.Created)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834 §5
	m.SetGenHeader("X-Auto-Response-Suppress", "All")
	m.SetGenHeader("Content-Language", p.Language)
	m.SetBodyString(gomail.TypeTextPlain, p.text())
	m.AddAlternativeString(gomail.TypeTextHTML, html)
	return m, nil
}
