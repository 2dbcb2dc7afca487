package ui

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// customersFile is the list that the address asks for, all of it, as a file for
// a spreadsheet: dates as ISO 8601 writes them, and nothing that it would run.
func (f *face) customersFile(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "customers")
	if v == nil {
		return err
	}
	choice := chooseCustomers(r.URL.Query())
	choice.after = ""
	op := choice.op(v.org())
	op.Limit = ops.MaxPage
	var out bytes.Buffer
	out.WriteString("\ufeff") // by which spreadsheets know that it is UTF-8
	to := csv.NewWriter(&out)
	var head []string
	for _, name := range []string{"plate", "name", "state", "platform", "kinds", "until", "standard_used", "standard_bought", "premium_used", "premium_bought", "trial", "renewal", "access", "administrators", "acted"} {
		head = append(head, v.Say("customers.file."+name))
	}
	_ = to.Write(head) // into memory, which does not fail
	for {
		found, err := do(r.Context(), f, c, op)
		if err != nil {
			return f.locked(w, r, v, err)
		}
		for i := range found.Items {
			_ = to.Write(v.customerLine(&found.Items[i]))
		}
		if op.After = found.Next; found.Next.ID == "" {
			break
		}
	}
	to.Flush()
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+v.Say("customers.file")+`-`+strings.ToLower(v.Plate)+`-`+v.now.Format(time.DateOnly)+`.csv"`)
	return send(w, r, http.StatusOK, out.String())
}

// customerLine is a customer as a line of the file. What is left out of the
// list is empty.
func (p *Page) customerLine(c *kontrollrum.Customer) []string {
	date := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(p.now.Location()).Format(time.DateOnly)
	}
	line := []string{c.Plate, harmless(c.Name), "", string(c.Platform), p.kinds(c.Partnership.Managing, c.Partnership.Provisioning), p.lastDate(c.Partnership.Ends),
		"", "", "", "", date(c.Trial), date(c.Renewal), "", itoa(c.Administrators), ""}
	if len(c.Access) == 0 {
		return line
	}
	_, line[2], _ = p.customerState(c)
	line[6], line[7], line[8], line[9] = itoa(c.Standard.Used), itoa(c.Standard.Bought), itoa(c.Premium.Used), itoa(c.Premium.Bought)
	var access []string
	for _, r := range c.Access {
		access = append(access, p.Say("customers.access."+r.String()))
	}
	line[12] = strings.Join(access, ", ")
	if !c.Acted.IsZero() {
		line[14] = c.Acted.In(p.now.Location()).Format("2006-01-02 15:04")
	}
	return line
}

// harmless is a text that no spreadsheet takes for a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
