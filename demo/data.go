package demo

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/policy"

	"github.com/kontrollrum/kontrollrum"
)

//go:embed data/*.json
var data embed.FS

// A Person is one of those whom documents and tests name.
type Person struct {
	Column     string              `json:"column"` // of the matrix, in SUN or at home; – for none
	Home       string              `json:"home"`   // plate
	Email      string              `json:"email"`
	Name       string              `json:"name"` // first and last
	Title      string              `json:"title"`
	Department string              `json:"department"`
	Invited    bool                `json:"invited"` // not verified; everyone else is active
	Role       string              `json:"role"`
	In         string              `json:"in"` // plate, where the role is held elsewhere than at home
	Reach      kontrollrum.Reach   `json:"reach"`
	License    kontrollrum.Product `json:"license"`
	Supervisor bool                `json:"supervisor"`
	Profile    *profile            `json:"profile"`
	Holds      string              `json:"holds"` // in words
}

// A profile is a user profile: view, edit or nothing on each kind of object.
type profile struct {
	Name        string `json:"name"`
	WorkingHour access `json:"working_hour"`
	HolidayList access `json:"holiday_list"`
	Override    access `json:"override"`
}

type access policy.Access

// UnmarshalText reads view or edit.
func (a *access) UnmarshalText(text []byte) error {
	switch string(text) {
	case "view":
		*a = access(policy.View)
	case "edit":
		*a = access(policy.Edit)
	default:
		return fmt.Errorf("%q is neither view nor edit", text)
	}
	return nil
}

// A content is everything the data files hold.
type content struct {
	organizations []ops.NewOrganization
	subscriptions []ops.BuySubscription
	enlargement   ops.ChangeSubscription // of one of them, named by its name
	partnerships  []ops.AddPartnership
	people        []Person
	customers     []string // names of the small ones
	crowd         crowd
	password      password
}

// A password is everyone's in the demo world, and its hash.
type password struct {
	Password string `json:"password"`
	Hash     string `json:"hash"` // argon2id, in PHC form: made once, so that loading takes no time
}

func read() (c content, err error) {
	for name, into := range map[string]any{
		"organizations": &c.organizations, "subscriptions": &c.subscriptions, "enlargement": &c.enlargement, "partnerships": &c.partnerships,
		"people": &c.people, "customers": &c.customers, "crowd": &c.crowd, "password": &c.password,
	} {
		text, err := data.ReadFile("data/" + name + ".json")
		if err != nil {
			return c, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return c, fmt.Errorf("read %s.json: %w", name, err)
		}
	}
	return c, nil
}

// Password is the password of everyone in the demo world who is active.
func Password() (string, error) {
	c, err := read()
	return c.password.Password, err
}

// People lists the named people of the demo world, in the order of its documents.
func People() ([]Person, error) {
	c, err := read()
	return c.people, err
}
