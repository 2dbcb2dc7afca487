package main

import (
	"errors"
	"html/template"
	"net"
	"net/http"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/mail"
	"github.com/kontrollrum/kontrollrum/words"
)

// shownLetters is how many letters the mail room lists.
const shownLetters = 200

// A mailroom is the operator's page of the letters in the data folder. Whoever
// reads them may come in as anybody: it is on the admin address alone, and
// answers to no name that a page elsewhere could be made to stand for (DNS
// rebinding).
type mailroom struct {
	folder mail.Folder
	book   *words.Book
	admin  string // host:port that it listens on
}

// A mailPage is what the page shows: a list, or one letter.
type mailPage struct {
	words   *words.Speaker
	Folder  mail.Folder
	Letters []mail.Filed
	All     int
	Letter  *mail.Filed
	Frame   string // the letter's HTML, for a frame of its own
}

// Say says a text of the page.
func (p mailPage) Say(key string) string {
	return p.words.Say("mailroom."+key, "Shown", len(p.Letters), "Folder", string(p.Folder))
}

// Language is that of the page.
func (p mailPage) Language() string { return p.words.Language() }

func (m *mailroom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cache-Control", "no-store")
	if !m.ours(r.Host) {
		http.Error(w, "ask by the admin address itself, such as http://127.0.0.1:9090/mail", http.StatusMisdirectedRequest)
		return
	}
	p := mailPage{words: m.book.Negotiate(r.Header.Get("Accept-Language")), Folder: m.folder}
	var err error
	if name := r.PathValue("letter"); name != "" {
		if p.Letter, err = m.folder.Open(name); err == nil {
			// Links in it open outside of the frame.
			p.Frame = strings.Replace(p.Letter.HTML, "<head>", `<head><base target="_blank">`, 1)
		}
	} else {
		p.Letters, p.All, err = m.folder.List(shownLetters)
	}
	switch {
	case errors.Is(err, kontrollrum.NotFound):
		http.NotFound(w, r)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	default:
		header.Set("Content-Type", "text/html; charset=utf-8")
		_ = mailPages.Execute(w, p) // the reader is gone where this fails
	}
}

// ours reports whether a request names this machine, or where the page is.
func (m *mailroom) ours(host string) bool {
	if host == m.admin {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

var mailPages = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Language}}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{with .Letter}}{{.Subject}} – {{end}}{{.Say "title"}} – Kontrollrum</title>
<style>
:root { color-scheme: light dark; --room: light-dark(#edf2ef, #0c1512); --panel: light-dark(#fbfdfc, #131e1a); --line: light-dark(#d3dcd8, #27332f);
  --ink: light-dark(#11221d, #e3ece7); --ink-2: light-dark(#43544e, #abbab3); --link: light-dark(#005971, #7dcfe3); --lamp: #f6d236; --lamp-edge: light-dark(#a77f19, #f6d236);
  --pine: light-dark(#124032, #b2dccb); --on-pine: light-dark(#ffffff, #0c1512); }
body { margin: 0; background: var(--room); color: var(--ink); font: 14px/20px "Atkinson Hyperlegible Next", system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 24px; line-height: 32px; font-weight: 620; margin: 0 0 8px; overflow-wrap: anywhere; }
p, dl { margin: 0 0 16px; color: var(--ink-2); max-width: 70ch; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid var(--lamp-edge); outline-offset: 2px; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; margin: 0 0 24px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 8px 12px; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--ink-2); font-weight: 500; font-size: 13px; }
time { white-space: nowrap; font-variant-numeric: tabular-nums; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; } dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
.btn { display: inline-block; background: var(--pine); color: var(--on-pine); padding: 8px 16px; border-radius: 3px; text-decoration: none; font-weight: 560; }
h2 { font-size: 16px; line-height: 24px; font-weight: 620; margin: 0 0 8px; }
iframe { display: block; width: 100%; height: 640px; border: 0; background: #edf2ef; }
pre { margin: 0; padding: 16px; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/20px "Atkinson Hyperlegible Mono", ui-monospace, Menlo, monospace; }
</style>
</head>
<body><main>
{{- with .Letter}}
<p><a href="/mail">{{$.Say "back"}}</a></p>
<h1>{{.Subject}}</h1>
<dl><dt>{{$.Say "to"}}</dt><dd>{{.To}}</dd><dt>{{$.Say "date"}}</dt><dd><time>{{.Date.UTC.Format "2006-01-02 15:04:05 MST"}}</time></dd></dl>
{{- if .Link}}
<p><a class="btn" rel="noreferrer" href="{{.Link}}">{{$.Say "open"}}</a></p>
{{- end}}
<h2>{{$.Say "html"}}</h2>
<div class="panel"><iframe title="{{$.Say "html"}}" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{{$.Frame}}"></iframe></div>
<h2>{{$.Say "text"}}</h2>
<div class="panel"><pre>{{.Text}}</pre></div>
{{- else}}
<h1>{{.Say "title"}}</h1>
<p>{{.Say "intro"}}</p>
{{- if .Letters}}
<div class="panel"><table>
<thead><tr><th scope="col">{{.Say "date"}}</th><th scope="col">{{.Say "to"}}</th><th scope="col">{{.Say "subject"}}</th></tr></thead>
<tbody>
{{- range .Letters}}
<tr><td><time>{{.Date.UTC.Format "2006-01-02 15:04:05 MST"}}</time></td><td>{{.To}}</td><td><a href="/mail/{{.File}}">{{.Subject}}</a></td></tr>
{{- end}}
</tbody></table></div>
{{- if gt .All (len .Letters)}}
<p>{{.Say "more"}}</p>
{{- end}}
{{- else}}
<p>{{.Say "none"}}</p>
{{- end}}
{{- end}}
</main></body>
</html>
`))
