package ui

import (
	"net/url"

	"github.com/kontrollrum/kontrollrum/policy"
)

// hubSamples are the pages of the shell itself.
func hubSamples(p *Page) []sample {
	service := inside(p, "full", "service_admin")
	service.Name, service.Email, service.At = "Elin Sandberg", "elin.sandberg@sundvik.example", "customers"
	lock := service.lock(policy.CustomersCreate)
	finds := inside(p, "full", "full_admin")
	finds.customers = 43
	hits := []Found{
		{"people", []Hit{{Icon: "user", Word: "Nora Widmark", Aside: "nora.widmark@sundvik.example", Path: "/o/SUN/users/1"}, {Icon: "user", Word: "Eleonora Strand", Aside: "eleonora.strand@sundvik.example", Path: "/o/SUN/users/2"}}},
		{"organizations", []Hit{{Word: "Norrholms Energi", Plate: "NOR", External: true, Path: "/o/NOR"}}},
	}
	receipt := inside(p, "full", "full_admin")
	receipt.Done, receipt.Undo, receipt.about, receipt.here = "language", "UI_1", url.Values{}, "/o/SUN/find?q=nora&done=language&undo=UI_1"
	return []sample{
		{"locked", LockedPage{Inside: service, Lock: *lock}.View()},
		{"find", FindPage{Inside: finds, Query: "nora", Found: hits}.View()},
		{"find-none", FindPage{Inside: receipt, Query: "zzz"}.View()},
		{"keys", KeysPage{inside(p, "read", "read_only_admin")}.View()},
	}
}
