package demo

import (
	"fmt"
	"iter"
	"strings"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
)

// What Sundvik has when all are in, the named people among them.
const (
	sundvikUsers    = 1284
	sundvikStandard = 640 // seats in use
	sundvikPremium  = 168
)

// arrivals is how many of the crowd come in on each working day of a week: a few
// to begin with, then whole departments, then those who were away.
var arrivals = [...]int{6, 12, 22, 36, 46, 44, 36, 26, 18, 12}

// enlarged is the working day on which the seats of the first order run out.
const enlarged = 30

// days tells a crowd apart by the working day, from 0, on which they come in.
func days(all []member) iter.Seq2[int, []member] {
	return func(yield func(int, []member) bool) {
		for day := 0; len(all) > 0; day++ {
			n := min(arrivals[min(day/5, len(arrivals)-1)], len(all))
			if !yield(day, all[:n]) {
				return
			}
			all = all[n:]
		}
	}
}

// A crowd is what the unnamed users of Sundvik are made of.
type crowd struct {
	First       []string `json:"first"`
	Last        []string `json:"last"` // one less, so that it takes long for a pair to come back
	Locations   []string `json:"locations"`
	Departments []struct {
		Name   string   `json:"name"`
		Titles []string `json:"titles"`
	} `json:"departments"`
}

// A member is one of the crowd.
type member struct {
	ops.AddPerson
	leaves bool // deactivated after a while
}

// members makes the users that are wanting beside the named people, always the
// same; licenses are Sundvik's.
func (c *crowd) members(named []Person, licenses map[kontrollrum.Product]kontrollrum.LicenseID) (out []member) {
	taken := map[string]bool{}
	wanting, standard, premium := sundvikUsers, sundvikStandard, sundvikPremium
	for _, p := range named {
		if p.Home != sundvik {
			continue
		}
		taken[p.Email] = true
		wanting--
		switch p.License {
		case kontrollrum.StandardAgent:
			standard--
		case kontrollrum.PremiumAgent:
			premium--
		}
	}
	others := 0 // those without a Standard licence
	for i := 0; len(out) < wanting; i++ {
		first, last := c.First[i%len(c.First)], c.Last[i%len(c.Last)]
		email := ascii(first) + "." + ascii(last) + "@sundvik.example"
		if taken[email] {
			continue
		}
		taken[email] = true
		n := len(out)
		m := c.member(n)
		m.Email, m.FirstName, m.LastName = email, first, last
		if spread(n, standard, wanting) {
			m.give(licenses[kontrollrum.StandardAgent], false)
		} else {
			if spread(others, premium, wanting-standard) {
				m.give(licenses[kontrollrum.PremiumAgent], others%11 == 0)
			}
			others++
		}
		if n%3 == 0 {
			m.give(licenses[kontrollrum.MessagingUser], false)
		}
		if n%5 == 0 {
			m.give(licenses[kontrollrum.MeetingsHost], false)
		}
		if n%8 == 0 {
			m.give(licenses[kontrollrum.CallingUser], false)
		}
		out = append(out, m)
	}
	return out
}

// member is the nth of the crowd, without name and licences.
func (c *crowd) member(n int) member {
	department := c.Departments[n%len(c.Departments)]
	m := member{leaves: n%29 == 11}
	m.Activate, m.Silent = n%17 != 5, true
	m.Department, m.Title = department.Name, department.Titles[n/len(c.Departments)%len(department.Titles)]
	m.Location = c.Locations[n/3%len(c.Locations)]
	m.Phone = fmt.Sprintf("+46 8 465 004 %02d", n%100) // numbers kept free for fiction
	return m
}

func (m *member) give(license kontrollrum.LicenseID, supervisor bool) {
	change := ops.LicenseChange{License: license}
	if supervisor {
		change.Supervisor = &supervisor
	}
	m.Licenses = append(m.Licenses, change)
}

// spread reports whether i is one of n that are spread evenly over the first of numbers.
func spread(i, n, of int) bool { return (i+1)*n/of > i*n/of }

// ascii is a name as it stands in an address.
func ascii(name string) string {
	return strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e").Replace(strings.ToLower(name))
}
