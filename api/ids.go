package api

import (
	"encoding/base64"
	"strings"

	"github.com/kontrollrum/kontrollrum"
)

// Identifiers on the wire are base64url("ciscospark://us/<TYPE>/<id>") without
// padding; clients take them apart. A plain UUID is understood wherever one of
// them is.
const idPrefix = "ciscospark://us/"

// The types of wire identifiers.
const (
	typePerson       = "PEOPLE"
	typeOrganization = "ORGANIZATION"
	typeLicense      = "LICENSE"
	typeRole         = "ROLE"
	typeJob          = "JOB_ID"
)

func wireID(kind, id string) string {
	if id == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(idPrefix + kind + "/" + id))
}

// plainID is the inverse of wireID. What is neither a wire identifier of that
// type nor a UUID comes back as false.
func plainID(kind, text string) (string, bool) {
	if id := strings.ToLower(text); kontrollrum.IsID(id) {
		return id, true
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return "", false
	}
	id, ok := strings.CutPrefix(string(raw), idPrefix+kind+"/")
	if !ok || id == "" {
		return "", false
	}
	if inner, wrapped := plainID(kind, id); wrapped {
		return inner, true // one client wraps what was wrapped already
	}
	return id, true
}

// personID understands an identifier of a person, or fails with Invalid.
func personID(field, text string) (string, error) { return uuidOf(typePerson, field, text) }

// organizationID understands an identifier of an organization; empty stays empty.
func organizationID(field, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	return uuidOf(typeOrganization, field, text)
}

func uuidOf(kind, field, text string) (string, error) {
	id, ok := plainID(kind, text)
	if id = strings.ToLower(id); !ok || !kontrollrum.IsID(id) {
		return "", kontrollrum.Wrong(field, text, "give a UUID or an identifier of type "+kind)
	}
	return id, nil
}

// licensePrefixes are the ones clients know products by.
var licensePrefixes = map[kontrollrum.Product]string{
	kontrollrum.StandardAgent: "CJPSTD", kontrollrum.PremiumAgent: "CJPPRM",
	kontrollrum.MessagingUser: "MS", kontrollrum.MeetingsHost: "EE", kontrollrum.CallingUser: "BCSTD",
}

// licenseWireID is <organization>:<prefix>_<license>.
func licenseWireID(o kontrollrum.OrganizationID, p kontrollrum.Product, id kontrollrum.LicenseID) string {
	return wireID(typeLicense, string(o)+":"+licensePrefixes[p]+"_"+string(id))
}

// licenseID understands an identifier of a licence, and whose it is where it says so.
func licenseID(field, text string) (organization string, license kontrollrum.LicenseID, err error) {
	id, ok := plainID(typeLicense, text)
	if owner, behind, found := strings.Cut(id, ":"); found {
		organization = strings.ToLower(owner)
		_, id, _ = strings.Cut(behind, "_")
		id, _, _ = strings.Cut(id, "_") // a site may follow
	}
	if id = strings.ToLower(id); !ok || !kontrollrum.IsID(id) || organization != "" && !kontrollrum.IsID(organization) {
		return "", "", kontrollrum.Wrong(field, text, "give a licence's id as /v1/licenses lists it")
	}
	return organization, kontrollrum.LicenseID(id), nil
}

// licenseIDs understands several.
func licenseIDs(field string, given []string) ([]kontrollrum.LicenseID, error) {
	out := []kontrollrum.LicenseID{}
	for _, text := range commas(given) {
		_, id, err := licenseID(field, text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}
