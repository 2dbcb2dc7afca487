package api

import (
	"net/http"

	"github.com/kontrollrum/kontrollrum"
	"github.com/kontrollrum/kontrollrum/ops"
	"github.com/kontrollrum/kontrollrum/web"
)

func (f *face) partnershipRoutes(at string) []web.Route {
	return []web.Route{
		{Pattern: "GET" + at + "/partnerships", Runs: ops.ViewOrganization{}, Serve: f.listPartnerships, Doc: web.Doc{
			ID: "ListPartnerships", Summary: "List an organization's partnerships, on either side", Response: itemsOf[partnership]{}}},
		{Pattern: "POST" + at + "/partnerships", Runs: ops.AddPartnership{}, Serve: f.addPartnership, Doc: web.Doc{
			Summary: "Let a partner in, or change the kinds and the end of a partnership", Request: newPartnership{}, Response: partnership{}}},
		{Pattern: "DELETE" + at + "/partnerships/{partnerOrgId}", Runs: ops.EndPartnership{}, Serve: f.endPartnership, Doc: web.Doc{
			Summary: "End a partnership", Statuses: []int{http.StatusNoContent}}},
	}
}

// A partnership links a partner organization to a customer.
type partnership struct {
	PartnerOrgID  string `json:"partnerOrgId"`
	CustomerOrgID string `json:"customerOrgId"`
	Managing      bool   `json:"managing"`
	Provisioning  bool   `json:"provisioning"`
	Started       string `json:"started"`
	Ends          string `json:"ends,omitempty"`
}

func showPartnership(p *kontrollrum.Partnership) partnership {
	return partnership{string(p.Partner), string(p.Customer), p.Managing, p.Provisioning, instant(p.Started), instant(p.Ends)}
}

// A newPartnership names the partner by id or plate.
type newPartnership struct {
	PartnerOrgID string `json:"partnerOrgId"`
	Managing     bool   `json:"managing,omitempty"`
	Provisioning bool   `json:"provisioning,omitempty"`
	Ends         string `json:"ends,omitempty"`
}

func (f *face) listPartnerships(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	info, err := ops.Do(r.Context(), f.hub, c, ops.ViewOrganization{Organization: id})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, items(info.Partnerships, showPartnership))
}

func (f *face) addPartnership(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	var made newPartnership
	if err := decode(r, &made); err != nil {
		return err
	}
	if made.PartnerOrgID == "" {
		return kontrollrum.Wrong("partnerOrgId", "", "name the partner organization by id or plate")
	}
	ends, err := timeOf("ends", made.Ends)
	if err != nil {
		return err
	}
	p, err := ops.Do(r.Context(), f.hub, c, ops.AddPartnership{Customer: id, Partner: placeOf(made.PartnerOrgID), Managing: made.Managing,
		Provisioning: made.Provisioning, Ends: ends})
	if err != nil {
		return renamed(err, map[string]string{"partner": "partnerOrgId", "kind": "managing"})
	}
	return answer(w, http.StatusOK, showPartnership(p))
}

func (f *face) endPartnership(c ops.Caller, w http.ResponseWriter, r *http.Request) error {
	id, err := pathOrganization(r)
	if err != nil {
		return err
	}
	partner, err := uuidOf(typeOrganization, "partnerOrgId", r.PathValue("partnerOrgId"))
	if err != nil {
		return err
	}
	if _, err := ops.Do(r.Context(), f.hub, c, ops.EndPartnership{Customer: id, Partner: partner}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
