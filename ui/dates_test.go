package ui

import (
	"testing"
	"time"

	"github.com/kontrollrum/kontrollrum"
)

// TestRenewed: ninety days on, a role still ends with a day, also where clocks
// are put forward or back meanwhile.
func TestRenewed(t *testing.T) {
	t.Parallel()
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	for last, want := range map[string]string{"2026-12-31": "2027-03-31", "2026-08-31": "2026-11-29", "2026-05-01": "2026-07-30"} {
		day, err := time.ParseInLocation(time.DateOnly, last, stockholm)
		if err != nil {
			t.Fatal(err)
		}
		ends := renewed(&kontrollrum.Assignment{Ends: day.AddDate(0, 0, 1).UTC()}, day)
		if got := lastDay(ends, day).Format(time.DateOnly); got != want || !midnight(ends).Equal(ends) {
			t.Errorf("from %s: %s, which ends %s; want %s", last, got, ends, want)
		}
	}
}
