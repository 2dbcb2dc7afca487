package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/kontrollrum/kontrollrum/ops"
)

// A Chart shows a product's seats over some days: those in use as an area, those
// bought as steps. What is drawn is told in words and in figures too.
type Chart struct {
	ID      string // of its figure; unique in the page
	Product string // as words are keyed
	Title   string // what it shows, in a sentence
	Used    string // now
	Bought  string
	Seats   Seats
	Ticks   []string // of the axis, from above
	Grid    []int    // their lines, from above
	Days    []string // below: the first, the last and, where there is room, one between
	Line    string   // path of those in use
	Area    string   // the same, down to nothing
	Steps   string   // path of those bought
	Rows    []ChartRow
}

// A ChartRow is a day on which something was otherwise than the day before.
type ChartRow struct{ Day, Used, Bought string }

// The drawing's own measures; it is stretched to the room there is.
const (
	chartWide = 1000
	chartHigh = 100
)

// chart draws a usage of a day at least.
func (p *Page) chart(u *ops.Usage) Chart {
	first, last := u.Days[0], u.Days[len(u.Days)-1]
	c := Chart{ID: "usage-" + string(u.Product), Product: string(u.Product), Used: p.number(last.Used), Bought: p.number(last.Bought), Seats: seats(last.Used, last.Bought)}
	c.Title = upperFirst(p.Say("usage.title", "Product", p.Say("product.of."+c.Product), "From", p.daily(first.Day), "To", p.daily(last.Day),
		"First", p.number(first.Used), "Last", c.Used, "Bought", c.Bought))
	most := 0
	for _, d := range u.Days {
		most = max(most, d.Used, d.Bought)
	}
	step, n := scale(most)
	for i := n; i >= 0; i-- {
		c.Ticks = append(c.Ticks, p.number(i*step))
		c.Grid = append(c.Grid, chartHigh*(n-i)/n)
	}
	c.draw(u.Days, step*n)
	c.Days = []string{p.daily(first.Day)}
	if len(u.Days) > 2 {
		c.Days = append(c.Days, p.daily(u.Days[len(u.Days)/2].Day))
	}
	if len(u.Days) > 1 {
		c.Days = append(c.Days, p.daily(last.Day))
	}
	for i := len(u.Days) - 1; i >= 0; i-- { // the newest first
		if d := u.Days[i]; i == 0 || d.Used != u.Days[i-1].Used || d.Bought != u.Days[i-1].Bought {
			c.Rows = append(c.Rows, ChartRow{p.onDay(d.Day), p.number(d.Used), p.number(d.Bought)})
		}
	}
	return c
}

// scale is a step of an axis that people count in, and how many of them hold a
// number.
func scale(most int) (step, n int) {
	for size := 1; ; size *= 10 {
		for _, by := range []int{1, 2, 5} {
			if step = by * size; most <= 4*step {
				return step, max((most+step-1)/step, 1)
			}
		}
	}
}

// draw makes the paths, on an axis from nothing to top.
func (c *Chart) draw(days []ops.UsageDay, top int) {
	if len(days) == 1 {
		days = append(days, days[0]) // so that there is a line
	}
	at := func(i, n int) (x, y float64) {
		return float64(i) * chartWide / float64(len(days)-1), chartHigh - float64(n)*chartHigh/float64(top)
	}
	var line, steps strings.Builder
	for i, d := range days {
		x, y := at(i, d.Used)
		sign := "L"
		if i == 0 {
			sign = "M"
		}
		if i == 0 || i == len(days)-1 || d.Used != days[i-1].Used || d.Used != days[i+1].Used { // what is flat needs no points between
			fmt.Fprintf(&line, "%s%.1f %.1f", sign, x, y)
		}
		x, y = at(i, d.Bought)
		switch {
		case i == 0:
			fmt.Fprintf(&steps, "M%.1f %.1f", x, y)
		case d.Bought != days[i-1].Bought:
			fmt.Fprintf(&steps, "H%.1fV%.1f", x, y)
		}
	}
	fmt.Fprintf(&steps, "H%d", chartWide)
	c.Line, c.Steps = line.String(), steps.String()
	c.Area = fmt.Sprintf("%sL%d %dL0 %dZ", c.Line, chartWide, chartHigh, chartHigh)
}

// daily tells a day of usage, which is UTC's wherever it is read.
func (p *Page) daily(t time.Time) string {
	return p.Say("usage.day", "Day", t.Day(), "Month", p.Say("time.month."+itoa(int(t.Month()))))
}

// onDay tells a day of the calendar, in the zone that t is in.
func (p *Page) onDay(t time.Time) string {
	return p.Say("time.date", "Day", t.Day(), "Month", p.Say("time.month."+itoa(int(t.Month()))), "Year", t.Year())
}

// dated tells the day of an instant, in the page's zone; empty for none.
func (p *Page) dated(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return p.onDay(t.In(p.now.Location()))
}

// until tells the last day before an end.
func (p *Page) until(ends time.Time) string {
	if ends.IsZero() {
		return ""
	}
	return p.dated(ends.Add(-time.Microsecond))
}

// daysTo is how many days the last one before an end is from today.
func (p *Page) daysTo(ends time.Time) int {
	noon := func(t time.Time) time.Time { // of a day, in a zone without daylight-saving time
		y, m, d := t.In(p.now.Location()).Date()
		return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	}
	return max(int(noon(ends.Add(-time.Microsecond)).Sub(noon(p.now)).Hours())/24, 0)
}

// Seats is how full a product is: for its meter.
type Seats struct {
	State   string // of the meter: empty, warn or bad
	Percent int
	Left    int // below nothing: over
}

// seats says how full: it is nearly so where a twentieth or less is left.
func seats(used, bought int) Seats {
	s := Seats{Percent: percent(used, bought), Left: bought - used}
	switch {
	case used > bought:
		s.State, s.Percent = "bad", 100
	case used > 0 && 20*s.Left <= bought:
		s.State = "warn"
	}
	return s
}
