package ui

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"
)

// atOnce is how many users are added by hand at once, at the most.
const atOnce = 25

// A NewUser is a line of the form by which users are added.
type NewUser struct {
	Email, First, Last, License string
	Wrong                       map[string]string // by field: what to do
}

// blank reports whether nothing is written on the line.
func (n *NewUser) blank() bool { return n.Email == "" && n.First == "" && n.Last == "" }

// newUsers asks who is to be added.
func (f *face) newUsers(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	if lock := v.lock(policy.UsersAdd); lock != nil {
		return f.show(w, r, http.StatusForbidden, LockedPage{Inside: v.Inside, Lock: *lock}.View())
	}
	lines, err := atoi(r.URL.Query().Get("lines"))
	if err != nil || lines < 1 {
		lines = 3
	}
	page, err := f.newUsersPage(c, r, v)
	if err != nil {
		return err
	}
	page.Users = make([]NewUser, min(lines, atOnce))
	return f.show(w, r, http.StatusOK, page.View())
}

func (f *face) newUsersPage(c ops.Caller, r *http.Request, v *visit) (*NewUsersPage, error) {
	page := &NewUsersPage{Inside: v.Inside, Mails: v.desk.Organization.AutomaticMails, Invite: v.desk.Organization.AutomaticMails}
	if !v.may(policy.AccountViewSubscriptions) {
		return page, nil
	}
	all, err := do(r.Context(), f, c, ops.ListLicenses{Organization: v.org()})
	for _, l := range all {
		if l.Ended || !l.Product.ContactCenter() || !v.may(policy.LicensesContactCenterEdit) {
			continue
		}
		free := max(l.Bought+v.desk.Organization.Overage-l.Used, 0)
		word := v.Say("product." + string(l.Product))
		page.Licenses = append(page.Licenses, Assignable{ID: string(l.ID), Word: word, Free: free})
		if l.Product == kontrollrum.PremiumAgent {
			page.Licenses = append(page.Licenses, Assignable{ID: string(l.ID) + supervising, Word: v.Say("product.supervisor", "Name", word), Free: free})
		}
	}
	return page, err
}

// supervising marks a Premium licence that is given with its option.
const supervising = "+supervisor"

// addUsers adds them, all or none. What is wrong is told beside each field, and
// nothing that was written is lost.
func (f *face) addUsers(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	v, err := f.desk(c, w, r, "users")
	if v == nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	page, err := f.newUsersPage(c, r, v)
	if err != nil {
		return err
	}
	page.Invite = r.PostFormValue("invite") != ""
	at := func(name string, i int) string {
		if values := r.PostForm[name]; i < len(values) {
			return strings.TrimSpace(values[i])
		}
		return ""
	}
	add := ops.AddPeople{Organization: v.org()}
	var lines []int // of those who are added
	for i := range min(len(r.PostForm["email"]), atOnce) {
		u := NewUser{Email: at("email", i), First: at("first", i), Last: at("last", i), License: at("license", i)}
		if page.Users = append(page.Users, u); u.blank() {
			continue
		}
		p := ops.AddPerson{AddUser: ops.AddUser{Email: u.Email, Details: ops.Details{FirstName: u.First, LastName: u.Last}, Silent: !page.Invite}}
		if id, option := strings.CutSuffix(u.License, supervising); id != "" {
			p.Licenses = []ops.LicenseChange{{License: kontrollrum.LicenseID(id), Supervisor: &option}}
		}
		add.People, lines = append(add.People, p), append(lines, i)
	}
	if len(r.PostForm["email"]) > atOnce {
		page.Wrong = v.Say("users.new.too_many", "N", atOnce)
	} else if len(add.People) == 0 {
		page.Wrong = v.Say("users.new.nobody")
	}
	if page.Wrong != "" {
		return f.show(w, r, http.StatusUnprocessableEntity, page.View())
	}
	added, err := do(r.Context(), f, c, add)
	if err == nil {
		to := v.In + "/users?done=added&n=" + itoa(len(added))
		if len(added) == 1 {
			to = v.In + "/users/" + string(added[0].ID) + "?done=added&n=1"
		}
		return leadOn(w, to)
	}
	if !mendable(err) {
		return f.locked(w, r, v, err)
	}
	page.blame(err, lines)
	return f.show(w, r, http.StatusUnprocessableEntity, page.View())
}

// leadOn leads on after a change.
func leadOn(w http.ResponseWriter, path string) error { return to(w, path) }

// ofLine is the field of an error that speaks of one of several people.
var ofLine = regexp.MustCompile(`^people\[(\d+)\]\.?(.*)$`)

// blame puts each error beside the field it speaks of.
func (p *NewUsersPage) blame(err error, lines []int) {
	p.Wrong = p.Say("users.new.wrong")
	for _, e := range kontrollrum.All(err) {
		m := ofLine.FindStringSubmatch(e.Field)
		if m == nil {
			p.Wrong = p.fault(e)
			continue
		}
		n, _ := atoi(m[1])
		if n >= len(lines) {
			continue
		}
		field := "email"
		switch m[2] {
		case "firstName", "displayName":
			field = "first"
		case "lastName":
			field = "last"
		case "license", "licenses", "supervisor":
			field = "license"
		}
		if e.Code == "no_seats_left" || e.Code == "subscription_ended" {
			field = "license"
		}
		u := &p.Users[lines[n]]
		if u.Wrong == nil {
			u.Wrong = map[string]string{}
		}
		said := p.say(nil, "fault."+e.Code, "fault.users."+m[2])
		if said == "" {
			said = p.fault(e)
		}
		u.Wrong[field] = said
	}
}
