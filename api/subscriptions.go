package api

import (
	"net/http"
	"slices"
	"time"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) subscriptionRoutes(at string) []web.Route {
	return []web.Route{
		{Pattern: "GET" + at + "/subscriptions", Runs: ops.ListSubscriptions{}, Serve: f.listSubscriptions, Doc: web.Doc{
			Summary: "List what an organization bought or tries, with usage", Response: itemsOf[subscription]{},
			Query: []web.Param{{Name: "search", Text: "substring of name or id, without case and accents"}}}},
		{Pattern: "GET" + at + "/usage", Runs: ops.ListUsage{}, Serve: f.listUsage, Doc: web.Doc{
			Summary: "List how many seats were bought and in use at the end of each day", Response: itemsOf[usage]{}, Query: []web.Param{
				{Name: "from", Text: "first day, such as 2026-11-23; 89 days before the last if absent"},
				{Name: "to", Text: "last day, in UTC; today if absent, 399 days after the first at most"}}}},
	}
}

// A usage is a product's seats over some days, each of them, in order.
type usage struct {
	Product string     `json:"product"`
	Days    []usageDay `json:"days"`
}

type usageDay struct {
	Day           string `json:"day"`
	TotalUnits    int    `json:"totalUnits"`
	ConsumedUnits int    `json:"consumedUnits"`
}

func showUsage(u *ops.Usage) usage {
	out := usage{Product: string(u.Product)}
	for _, d := range u.Days {
		out.Days = append(out.Days, usageDay{d.Day.Format(time.DateOnly), d.Bought, d.Used})
	}
	return out
}

func (f *face) listUsage(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	op := ops.ListUsage{Organization: id}
	for name, into := range map[string]*time.Time{"from": &op.From, "to": &op.To} {
		if given := q.Get(name); given != "" {
			if *into, err = time.Parse(time.DateOnly, given); err != nil {
				return kontrollrum.Wrong(name, given, "give a day, such as 2026-11-23")
			}
		}
	}
	all, err := ops.Do(r.Context(), f.hub, c, op)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showUsage))
}

// A subscription is what was bought or is tried; its licences as /v1/licenses calls them.
type subscription struct {
	ID       string                `json:"id"`
	Name     string                `json:"name"`
	Trial    bool                  `json:"trial"`
	Starts   string                `json:"starts"`
	Ends     string                `json:"ends,omitempty"`
	Ended    bool                  `json:"ended"`
	Licenses []subscriptionLicense `json:"licenses"`
}

type subscriptionLicense struct {
	ID            string `json:"id"`
	Product       string `json:"product"`
	TotalUnits    int    `json:"totalUnits"`
	ConsumedUnits int    `json:"consumedUnits"`
}

func showSubscription(s *kontrollrum.Subscription) subscription {
	out := subscription{ID: string(s.ID), Name: s.Name, Trial: s.Trial, Starts: instant(s.Starts), Ends: instant(s.Ends), Ended: s.Ended,
		Licenses: []subscriptionLicense{}}
	products := kontrollrum.Products()
	for _, l := range slices.SortedFunc(slices.Values(s.Licenses), func(a, b kontrollrum.License) int {
		return slices.Index(products, a.Product) - slices.Index(products, b.Product)
	}) {
		out.Licenses = append(out.Licenses, subscriptionLicense{licenseWireID(l.Organization, l.Product, l.ID), string(l.Product), l.Bought, l.Used})
	}
	return out
}

func (f *face) listSubscriptions(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	q, err := queryOf(r)
	if err != nil {
		return err
	}
	all, err := ops.Do(r.Context(), f.hub, c, ops.ListSubscriptions{Organization: id, Search: q.Get("search")})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(all, showSubscription))
}
