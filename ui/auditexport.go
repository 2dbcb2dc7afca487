package ui

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// An exported is an entry as it is exported: what the visitor may see of it, and
// the words of the policy as they stand, since programs read it.
type exported struct {
	Time              string          `json:"time"`
	Outcome           string          `json:"outcome"`
	Action            string          `json:"action"`
	Description       string          `json:"description"`
	Actor             string          `json:"actor"`
	ActorEmail        string          `json:"actorEmail"`
	ActorOrganization string          `json:"actorOrganization"`
	ActorRole         string          `json:"actorRole"`
	Target            string          `json:"target"`
	TargetEmail       string          `json:"targetEmail"`
	Role              string          `json:"role"`
	Code              string          `json:"code"`
	Rule              string          `json:"rule"`
	Cell              string          `json:"cell"`
	Reason            string          `json:"reason"`
	IP                string          `json:"ip"`
	UserAgent         string          `json:"userAgent"`
	TrackingID        string          `json:"trackingId"`
	ID                string          `json:"id"`
	Before            json.RawMessage `json:"before"`
	After             json.RawMessage `json:"after"`
}

// exportColumns are the heads of the CSV file, in the order of cells.
var exportColumns = []string{"time", "outcome", "action", "description", "actor", "actorEmail", "actorOrganization", "actorRole", "target", "targetEmail",
	"role", "code", "rule", "cell", "reason", "ip", "userAgent", "trackingId", "id", "before", "after"}

func (e *exported) cells() []string {
	return []string{e.Time, e.Outcome, e.Action, e.Description, e.Actor, e.ActorEmail, e.ActorOrganization, e.ActorRole, e.Target, e.TargetEmail,
		e.Role, e.Code, e.Rule, e.Cell, e.Reason, e.IP, e.UserAgent, e.TrackingID, e.ID, string(e.Before), string(e.After)}
}

func (p *Inside) exported(e *kontrollrum.Entry) exported {
	return exported{Time: e.At.In(p.now.Location()).Format(time.RFC3339Nano), Outcome: string(e.Outcome), Action: e.Action, Description: p.happened(e),
		Actor: p.doer(e), ActorEmail: string(e.ActorEmail), ActorOrganization: e.ActorHome, ActorRole: e.ActorRole, Target: e.TargetName, TargetEmail: string(e.TargetEmail),
		Role: e.Role, Code: e.Code, Rule: e.Rule, Cell: e.Cell, Reason: e.Reason, IP: e.IP, UserAgent: e.UserAgent, TrackingID: e.TrackingID, ID: string(e.ID),
		Before: e.Before, After: e.After}
}

// A sink takes entries one by one and writes them in a format.
type sink struct {
	entry func(*exported) error
	page  func() error // what was taken so far goes out
	end   func() error
}

// exportCSV and exportJSON give what the filters of the log leave as a file.
func (f *face) exportCSV(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.export(c, w, r, "csv", "text/csv; charset=utf-8; header=present", csvSink)
}

func (f *face) exportJSON(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	return f.export(c, w, r, "json", "application/json", jsonSink)
}

// export reads the log page by page and sends each as soon as it is read, so
// that a long one takes little memory. What fails before the first page is an
// error like any; what fails later ends the file before its end, and the
// connection with it, so that nobody takes the part for the whole.
func (f *face) export(c ops.Caller, w http.ResponseWriter, r *http.Request, ending, kind string, open func(io.Writer) (sink, error)) error {
	v, err := f.desk(c, w, r, "audit")
	if v == nil {
		return err
	}
	choice := chooseLog(r.URL.Query())
	choice.after = ""
	filter, err := choice.filter(v.now)
	if err != nil {
		return err
	}
	filter.Limit = ops.MaxPage
	var out sink
	for began := false; ; began = true {
		found, err := do(r.Context(), f, c, ops.ReadAudit{Organization: v.org(), EntryFilter: filter})
		switch {
		case err != nil && began:
			f.Log.ErrorContext(r.Context(), "export broken off", "trackingId", c.TrackingID, "error", err)
			panic(http.ErrAbortHandler)
		case err != nil:
			return f.locked(w, r, v, err)
		case !began:
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Disposition", `attachment; filename="`+strings.ToLower(v.Plate)+"-audit-"+v.now.Format(time.DateOnly)+"."+ending+`"`)
			if out, err = open(w); err != nil {
				return err
			}
		}
		for i := range found.Items {
			e := v.exported(&found.Items[i])
			if err := out.entry(&e); err != nil {
				return err
			}
		}
		if !found.More {
			return out.end()
		}
		if err := out.page(); err != nil {
			return err
		}
		if filter.To.IsZero() { // what happens meanwhile is newer, and not asked for
			filter.To = found.Items[0].At.Add(time.Microsecond)
		}
		filter.After = found.Next
	}
}

// csvSink writes CSV (RFC 4180), with a mark by which spreadsheets know the text
// for UTF-8.
func csvSink(w io.Writer) (sink, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return sink{}, err
	}
	out := csv.NewWriter(w)
	flush := func() error { out.Flush(); return out.Error() }
	return sink{func(e *exported) error {
		cells := e.cells()
		for i, cell := range cells {
			cells[i] = harmless(cell)
		}
		return out.Write(cells)
	}, flush, flush}, out.Write(exportColumns)
}

// jsonSink writes an array.
func jsonSink(w io.Writer) (sink, error) {
	_, err := io.WriteString(w, "[")
	between := "\n"
	return sink{func(e *exported) error {
		for _, side := range []*json.RawMessage{&e.Before, &e.After} {
			if len(*side) == 0 {
				*side = json.RawMessage("null")
			}
		}
		text, err := json.Marshal(e)
		if err == nil {
			_, err = io.WriteString(w, between+string(text))
		}
		between = ",\n"
		return err
	}, func() error { return nil }, func() error {
		_, err := io.WriteString(w, "\n]\n")
		return err
	}}, err
}
